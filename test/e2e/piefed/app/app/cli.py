import os
import sys

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from redis import Redis
from sqlalchemy.exc import OperationalError

from app.models import Site, db


@click.command('init-db')
@with_appcontext
def init_db():
    """Bring the schema up to date, give a new instance its site, and forget what is cached of the old schema. Harmless to repeat."""
    try:
        upgrade()
        if not db.session.get(Site, 1):
            db.session.add(Site(id=1, name='PieFed'))
            db.session.commit()
    except OperationalError as error:
        # A lock that was not to be had, a connection that broke: another try may go well, while a wrong migration stays wrong.
        print(f'not now: {error.orig}')
        sys.exit(os.EX_TEMPFAIL)
    Redis.from_url(current_app.config['CACHE_REDIS_URL']).flushdb()
    print('the database is ready')
