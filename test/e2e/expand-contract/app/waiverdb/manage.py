"""The command `waiverdb`: Flask's, with `db` of Flask-Migrate, and what the gate asks."""

import sys

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask.cli import FlaskGroup

from waiverdb.app import MIGRATIONS, VERSION, create_app
from waiverdb.models import db
from waiverdb.schema import missing


@click.group(cls=FlaskGroup, create_app=create_app)
def cli():
    pass


@cli.command('schema-ready')
def schema_ready():
    """End with 0 if the database has every migration of this version; a newer schema will do."""
    with db.engine.connect() as connection:
        pending = missing(MigrationContext.configure(connection), ScriptDirectory(MIGRATIONS))
    if pending:
        sys.exit(f'version {VERSION} waits for {", ".join(pending)}')
    print(f'the schema is what version {VERSION} needs')
