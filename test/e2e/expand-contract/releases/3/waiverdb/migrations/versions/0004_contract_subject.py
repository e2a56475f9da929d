"""contract: the old column goes, which no version writes or reads any more"""

from alembic import op

revision = '0004'
down_revision = '0003'


def upgrade():
    op.execute('drop trigger waiver_subject_in_step on waiver')
    op.execute('drop function waiver_subject_in_step')
    op.alter_column('waiver', 'subject_type', nullable=False)
    op.alter_column('waiver', 'subject_identifier', nullable=False)
    op.drop_column('waiver', 'subject')
