"""Runs the migrations when `waiverdb db upgrade` asks for it."""

import logging

from alembic import context

from waiverdb.models import db
from waiverdb.schema import is_ahead

logging.basicConfig(level=logging.INFO, format='%(name)s: %(message)s')

with db.engine.connect() as connection:
    # Each migration commits together with its revision, so that the next run goes on after the last one that succeeded.
    context.configure(connection=connection, target_metadata=db.metadata, transaction_per_migration=True)
    if is_ahead(context.get_context(), context.script):
        # Alembic itself refuses a revision that it does not know, and with it every rollback to an older image.
        logging.getLogger('waiverdb').info('the schema is newer than this image and stays as it is')
    else:
        with context.begin_transaction():
            context.run_migrations()
