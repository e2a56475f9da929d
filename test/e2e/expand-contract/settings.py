# /etc/waiverdb/settings.py: how this application is set up. The credentials come from a Secret, which is a file beside it.
from pathlib import Path

DATABASE_URI = Path('/run/secrets/waiverdb/url').read_text().replace('postgresql://', 'postgresql+psycopg2://', 1)
SQLALCHEMY_ENGINE_OPTIONS = {'pool_pre_ping': True}
