"""PieFed: a web that takes posts and a Celery worker that delivers them; PostgreSQL keeps them, Redis is between the two."""

from celery import Celery, Task
from flask import Flask
from flask_migrate import Migrate

from app.cli import init_db
from app.main import main
from app.models import db
from config import Config


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_object(Config)
    db.init_app(app)
    Migrate(app, db)
    app.extensions['celery'] = create_celery(app)
    app.register_blueprint(main)
    app.cli.add_command(init_db)
    return app


def create_celery(app: Flask) -> Celery:
    class TaskOfFlask(Task):
        def __call__(self, *args, **kwargs):
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery(app.name, task_cls=TaskOfFlask, broker=app.config['CELERY_BROKER_URL'], include=['app.tasks'])
    celery.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)
    celery.set_default()
    return celery
