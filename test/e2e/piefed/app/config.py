import os


class Config:
    SQLALCHEMY_DATABASE_URI = os.environ['DATABASE_URL'].replace('postgresql://', 'postgresql+psycopg2://', 1)
    SQLALCHEMY_ENGINE_OPTIONS = {'pool_pre_ping': True}
    CELERY_BROKER_URL = os.environ['CELERY_BROKER_URL']
    CACHE_REDIS_URL = os.environ['CACHE_REDIS_URL']
    VERSION = os.environ['PIEFED_VERSION']
