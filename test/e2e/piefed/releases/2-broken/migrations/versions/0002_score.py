"""the score of a post, in a table that there is not"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'


def upgrade():
    op.add_column('posts', sa.Column('score', sa.Integer, nullable=False, server_default='0'))
