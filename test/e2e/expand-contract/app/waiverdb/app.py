"""The web application: waivers of failed test results, kept in PostgreSQL."""

import os
from pathlib import Path
from socket import gethostname

from flask import Blueprint, Flask, request
from flask_migrate import Migrate
from sqlalchemy import text

from waiverdb.models import Waiver, db

VERSION = os.environ['WAIVERDB_VERSION']
MIGRATIONS = str(Path(__file__).with_name('migrations'))
api = Blueprint('api', __name__, url_prefix='/api/v1.0')


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_pyfile(os.environ.get('WAIVERDB_CONFIG', '/etc/waiverdb/settings.py'))
    app.config['SQLALCHEMY_DATABASE_URI'] = app.config['DATABASE_URI']
    db.init_app(app)
    Migrate(app, db, directory=MIGRATIONS)
    app.register_blueprint(api)
    app.add_url_rule('/healthcheck', view_func=healthcheck)
    return app


@api.get('/waivers/')
def list_waivers():
    newest = db.session.scalars(db.select(Waiver).order_by(Waiver.id.desc()).limit(10))
    return {'data': [as_json(waiver) for waiver in newest], 'version': VERSION, 'pod': gethostname()}


@api.post('/waivers/')
def create_waiver():
    waiver = Waiver(**request.get_json(force=True))
    db.session.add(waiver)
    db.session.commit()
    return as_json(waiver), 201


def healthcheck():
    db.session.execute(text('select 1 from waiver limit 0'))
    return 'Health check OK'


def as_json(waiver: Waiver) -> dict:
    return {name: getattr(waiver, name) for name in ('id', 'subject_type', 'subject_identifier', 'testcase', 'comment')}
