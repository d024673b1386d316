"""The only reader of the process environment.

Every variable a person may set stands in `VARIABLES`; asking for another is an error,
so that the list in the README and in docker-compose.yml can be checked against it.
"""

import hashlib
import os
import secrets
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

CHECKOUT = Path(__file__).resolve().parents[2]

VARIABLES = {
    "ALLOWED_HOSTS": "names the site may be called by, comma separated",
    "BROKER_URL": "the message broker, if it is not the one at REDIS_URL",
    "DATABASE_URL": "PostgreSQL 15 or later; absent: embedded",
    "DJANGO_SETTINGS_MODULE": "webapp.settings.local; .production behind TLS",
    "HOST": "address to listen on, 127.0.0.1",
    "LOG_LEVEL": "INFO",
    "PORT": "port to listen on, 8000",
    "PYTEST_XDIST_WORKER": "set by the tests",
    "REDIS_URL": "Valkey or Redis 7 or later; absent: embedded",
    "SECRET_KEY": "Django's signing key; absent: made once and kept with the data",
    "SLICEWISE_ADMIN_PASSWORD": "the demo administrator's; absent: made and printed",
    "SLICEWISE_DATA": "the directory of volumes, masks and embedded services",
    "SLICEWISE_READER_PASSWORD": "the demo reader's; absent: made and printed",
    "SLICEWISE_PG_BIN": "directory of PostgreSQL's programs; absent: searched for",
    "SLICEWISE_VALKEY_SERVER": "valkey-server or redis-server; absent: searched for",
    "TRUSTED_PROXY": "1 where a proxy sets X-Forwarded-Proto",
    "WORKERS": "inference workers to start, 1",
}


def read(name: str, default: str = "") -> str:
    """Return a declared variable; unset and empty are the same."""
    if name not in VARIABLES:
        raise LookupError(f"{name} is not declared in webapp/settings/env.py")
    return os.environ.get(name) or default


def read_list(name: str) -> list[str]:
    return [part.strip() for part in read(name).split(",") if part.strip()]


def inherited() -> dict[str, str]:
    """Return a copy of the whole environment, for the children of the supervisor."""
    return dict(os.environ)


def data_directory() -> Path:
    """Return the root of everything kept.

    For root it lies outside the checkout, because the embedded PostgreSQL then runs as
    another user who could not reach, say, /root.
    """
    given = read("SLICEWISE_DATA")
    if given:
        return Path(given).resolve()
    if os.geteuid() == 0:
        place = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
        return Path("/var/lib/slicewise") / f"{CHECKOUT.name}-{place}"
    return CHECKOUT / "var"


def services_file() -> Path:
    """Return the file in which a running supervisor writes its services' addresses."""
    return data_directory() / "stack" / "services.env"


def service_url(name: str) -> str:
    """Return DATABASE_URL or REDIS_URL: as given, else of the supervisor now running.

    So ``manage.py`` in a second terminal works on what ``make run`` has started.
    """
    if given := read(name):
        return given
    try:
        lines = services_file().read_text().splitlines()
    except OSError:
        return ""
    return dict(line.split("=", 1) for line in lines).get(name, "")


def secret_key() -> str:
    """Return SECRET_KEY, or the one kept in the data directory, made at first need."""
    if given := read("SECRET_KEY"):
        return given
    path = data_directory() / "stack" / "secret_key"
    try:
        return path.read_text()
    except FileNotFoundError:
        # As webapp.stack.places makes it, whichever comes first.
        path.parents[1].mkdir(mode=0o711, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o711, exist_ok=True)
    key = secrets.token_urlsafe(50)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    return key


def database(url: str) -> dict[str, object]:
    """Turn a PostgreSQL URL, as libpq reads it, into Django's DATABASES entry."""
    given = conninfo_to_dict(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password"}
    names |= {"HOST": "host", "PORT": "port"}
    entry = {django: given.pop(libpq, "") for django, libpq in names.items()}
    return {"ENGINE": "django.db.backends.postgresql", **entry, "OPTIONS": given}


def broker(redis_url: str) -> str:
    """Return the broker's address: BROKER_URL, else Valkey as kombu writes its URL."""
    if given := read("BROKER_URL"):
        return given
    if not redis_url.startswith("unix://"):
        return redis_url
    path, _, query = redis_url.removeprefix("unix://").partition("?")
    database_number = query.removeprefix("db=") or "0"
    return f"redis+socket://{path}?virtual_host={database_number}"


def numbered(redis_url: str, number: int) -> str:
    """Return the address of another of the same server's numbered databases."""
    if redis_url.startswith("unix://"):
        return f"{redis_url.partition('?')[0]}?db={number}"
    scheme, _, rest = redis_url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{number}"


def test_worker() -> int:
    """Return which of pytest's parallel workers this is, from 0."""
    return int(read("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
