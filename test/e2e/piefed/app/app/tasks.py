from socket import gethostname

from celery import shared_task

from app.models import Post, db


@shared_task
def deliver(post_id: int) -> None:
    db.session.get(Post, post_id).delivered_by = gethostname()
    db.session.commit()
