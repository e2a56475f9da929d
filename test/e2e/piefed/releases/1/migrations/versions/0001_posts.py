"""the site and its posts"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None


def upgrade():
    op.create_table('site', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.Text, nullable=False))
    op.create_table(
        'post',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('title', sa.Text, nullable=False),
        sa.Column('delivered_by', sa.Text),
    )
