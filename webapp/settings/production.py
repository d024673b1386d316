"""Behind a proxy that speaks TLS: cookies travel encrypted only, logs are JSON."""

from webapp.settings import env
from webapp.settings.logs import logging_settings
from webapp.settings.shared import *  # noqa: F403

CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in env.read_list("ALLOWED_HOSTS")]
# The health check comes from inside, without TLS and under this name.
ALLOWED_HOSTS = [*env.read_list("ALLOWED_HOSTS"), "localhost"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]
if env.read("TRUSTED_PROXY") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
LOGGING = logging_settings(machine_readable=True)
