from socket import gethostname

from flask import Blueprint, current_app, request
from sqlalchemy import text

from app.models import Post, db
from app.tasks import deliver

main = Blueprint('main', __name__)


@main.get('/posts')
def list_posts():
    newest = db.session.scalars(db.select(Post).order_by(Post.id.desc()).limit(10))
    return {'posts': [post.as_json() for post in newest], 'version': current_app.config['VERSION'], 'pod': gethostname()}


@main.post('/posts')
def create_post():
    post = Post(title=request.get_json(force=True)['title'])
    db.session.add(post)
    db.session.commit()
    deliver.delay(post.id)
    return post.as_json(), 201


@main.get('/health')
def health():
    db.session.execute(text('select 1'))
    return 'ok'
