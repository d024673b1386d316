"""The suite: throw-away services of ``python -m webapp.stack test``.

Each of pytest's parallel workers has its own database (pytest-django sees to it), its
own Valkey database number and its own file store.
"""

from webapp.settings import env
from webapp.settings.logs import logging_settings
from webapp.settings.shared import *  # noqa: F403
from webapp.settings.shared import (
    CHANNEL_LAYERS,
    DATABASES,
    REDIS_URL,
    SLICEWISE_DATA,
)

SECRET_KEY = "only-for-tests"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SLICEWISE_DATA = SLICEWISE_DATA / f"worker-{env.test_worker()}"
REDIS_URL = env.numbered(REDIS_URL, env.test_worker())
CELERY_BROKER_URL = env.broker(REDIS_URL)
CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"] = REDIS_URL
# pytest-django drops the database while a pool would still hold connections to it.
del DATABASES["default"]["OPTIONS"]["pool"]
# The finders would read frontend/dist at every test client's birth.
WHITENOISE_USE_FINDERS = False
LOGGING = logging_settings(machine_readable=False)
