from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Waiver(db.Model):
    """A waiver says what it is about in two columns, which can be searched."""

    id = db.Column(db.Integer, primary_key=True)
    subject_type = db.Column(db.Text, nullable=False)
    subject_identifier = db.Column(db.Text, nullable=False)
    testcase = db.Column(db.Text, nullable=False)
    comment = db.Column(db.Text)
