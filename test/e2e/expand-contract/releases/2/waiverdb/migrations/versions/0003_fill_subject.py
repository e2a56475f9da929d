"""data: the new columns of waivers that were there before

A migration of its own, apart from those that change the schema. It commits each batch, so that no row stays locked for long and a run that was
interrupted goes on where it stopped.
"""

from alembic import op
from sqlalchemy import text

revision = '0003'
down_revision = '0002'

batch = text("""
    update waiver set subject_type = coalesce(subject ->> 'type', ''), subject_identifier = coalesce(subject ->> 'item', '')
    where id in (select id from waiver where subject_type is null limit 1000)
""")


def upgrade():
    with op.get_context().autocommit_block():
        while filled := op.get_bind().execute(batch).rowcount:
            print(f'filled {filled} waivers')
