# /etc/waiverdb/settings.py: how this WaiverDB is set up. The credentials come from a Secret, which is a file beside it.
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

url = urlsplit(Path('/run/secrets/waiverdb/url').read_text())
# WaiverDB's env.py writes its URL into Alembic's configuration, where a % of an escaped password is the beginning of a variable. libpq reads this instead.
os.environ['PGPASSWORD'] = unquote(url.password)
DATABASE_URI = f'postgresql+psycopg2://{url.username}@{url.hostname}:{url.port}{url.path}'
SECRET_KEY = 'only of these tests'
AUTH_METHOD = 'dummy'   # takes the name that a client gives
MESSAGE_BUS_PUBLISH = False
