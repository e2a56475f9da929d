from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects.postgresql import JSONB

db = SQLAlchemy()


class Waiver(db.Model):
    """A waiver says what it is about, its subject, in one JSON value."""

    id = db.Column(db.Integer, primary_key=True)
    subject = db.Column(JSONB, nullable=False)
    testcase = db.Column(db.Text, nullable=False)
    comment = db.Column(db.Text)

    def __init__(self, subject_type: str, subject_identifier: str, **rest):
        super().__init__(subject={'type': subject_type, 'item': subject_identifier}, **rest)

    @property
    def subject_type(self) -> str:
        return self.subject['type']

    @property
    def subject_identifier(self) -> str:
        return self.subject['item']
