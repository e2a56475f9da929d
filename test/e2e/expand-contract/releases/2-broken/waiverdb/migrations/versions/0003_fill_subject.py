"""data: the new columns of waivers that were there before

Fails in its second statement, after it has changed every row.
"""

from alembic import op

revision = '0003'
down_revision = '0002'


def upgrade():
    op.execute("update waiver set subject_type = subject ->> 'type'")
    op.execute("update waiver set subject_identifer = subject ->> 'item'")
