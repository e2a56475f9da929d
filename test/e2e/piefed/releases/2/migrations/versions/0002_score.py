"""the score of a post"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'


def upgrade():
    op.add_column('post', sa.Column('score', sa.Integer, nullable=False, server_default='0'))
