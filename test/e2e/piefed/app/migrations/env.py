"""Runs the migrations when `flask db upgrade` or `flask init-db` asks for it."""

import logging

from alembic import context

from app.models import db

logging.basicConfig(level=logging.INFO, format='%(name)s: %(message)s')

with db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=db.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
