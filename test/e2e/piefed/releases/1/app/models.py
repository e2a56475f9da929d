from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Site(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.Text, nullable=False)


class Post(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.Text, nullable=False)
    delivered_by = db.Column(db.Text)

    def as_json(self) -> dict:
        return {'id': self.id, 'title': self.title, 'delivered_by': self.delivered_by}
