"""expand: a subject in two columns, beside the old one

Until 0004 a trigger keeps both in step: the version before writes the old column, this version the new ones, and each reads what the other wrote.
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'


def upgrade():
    op.add_column('waiver', sa.Column('subject_type', sa.Text))
    op.add_column('waiver', sa.Column('subject_identifier', sa.Text))
    op.execute("""
        create function waiver_subject_in_step() returns trigger language plpgsql as $$
        begin
          if new.subject_type is null then
            new.subject_type = new.subject ->> 'type';
            new.subject_identifier = new.subject ->> 'item';
          elsif new.subject is null then
            new.subject = jsonb_build_object('type', new.subject_type, 'item', new.subject_identifier);
          end if;
          return new;
        end $$
    """)
    op.execute("""
        create trigger waiver_subject_in_step before insert or update on waiver
        for each row execute function waiver_subject_in_step()
    """)
