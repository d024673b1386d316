"""What every surrounding has in common."""

from webapp.settings import env

SECRET_KEY = env.secret_key()
DEBUG = False
SLICEWISE_DATA = env.data_directory()
REDIS_URL = env.service_url("REDIS_URL") or "redis://localhost:6379/0"

INSTALLED_APPS = [
    "webapp.apps.WiringConfig",
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "annotation.apps.AnnotationConfig",
]
MIGRATION_MODULES = {"annotation": "migrations"}
AUTH_USER_MODEL = "annotation.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "webapp.csp.content_security_policy",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "webapp.urls"
ASGI_APPLICATION = "webapp.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Time and language
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# Storage
DATABASES = {
    "default": env.database(
        env.service_url("DATABASE_URL") or "postgresql:///slicewise"
    )
}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 12}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_PERMISSIONS = 0o600

# Accounts
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Bounds on what `manage.py import_folder` takes; see annotation/standards/limits.py
IMPORT_LIMITS = {
    "voxels": 600_000_000,
    "bytes": 2 * 1024**3,
    "files": 20_000,
    "compression": 100.0,
}

# Of the demo's accounts; without one, `manage.py demo` makes it and prints it once.
DEMO_PASSWORDS = {
    "admin": env.read("SLICEWISE_ADMIN_PASSWORD"),
    "reader": env.read("SLICEWISE_READER_PASSWORD"),
}

# Static files: our own, and what Vite has built, served from where they lie.
STATIC_URL = "/static/"
STATICFILES_DIRS = [("viewer", env.CHECKOUT / "frontend" / "dist")]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Vite puts a hash into the name of everything below assets/.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/viewer/assets/"

# Messages between processes
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # redis-py's new default of 5 s closes idle sockets (channels_redis#422).
            "hosts": [{"address": REDIS_URL, "socket_timeout": None}],
            "capacity": 1000,
        },
    }
}
CELERY_BROKER_URL = env.broker(REDIS_URL)
CELERY_TASK_DEFAULT_QUEUE = "desk"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_ENABLE_UTC = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# What a killed desk had in hand comes back after half a minute instead of an hour. Its
# messages are kept apart: nobody hands out again what a worker is busy with.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 30,
    "unacked_key": "unacked.desk",
    "unacked_index_key": "unacked_index.desk",
    "unacked_mutex_key": "unacked_mutex.desk",
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication"
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "annotation.api.errors.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Slicewise",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
}
