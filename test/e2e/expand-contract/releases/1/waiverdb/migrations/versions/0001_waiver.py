"""waivers"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = '0001'
down_revision = None


def upgrade():
    op.create_table(
        'waiver',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('subject', JSONB, nullable=False),
        sa.Column('testcase', sa.Text, nullable=False),
        sa.Column('comment', sa.Text),
    )
