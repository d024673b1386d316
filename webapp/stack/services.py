"""The database and the broker: embedded, or where DATABASE_URL and REDIS_URL say."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from webapp.settings import env
from webapp.stack.places import Places
from webapp.stack.postgres import database_url, postgres_child, wait_for_postgres
from webapp.stack.supervisor import Supervisor
from webapp.stack.valkey import redis_url, valkey_child, wait_for_valkey


def embedded() -> bool:
    """Whether any service is ours to run."""
    return not (env.read("DATABASE_URL") and env.read("REDIS_URL"))


def start_services(
    supervisor: Supervisor, places: Places, *, throw_away: bool = False
) -> dict[str, str]:
    """Start what is not given; return both addresses by the names of their variables.

    ``throw_away`` trades durability for speed: right for tests, and nothing else.
    """
    inherited = env.inherited()
    urls = {
        "DATABASE_URL": env.read("DATABASE_URL") or database_url(places),
        "REDIS_URL": env.read("REDIS_URL") or redis_url(places),
    }
    if not env.read("REDIS_URL"):
        valkey = supervisor.add(
            lambda: valkey_child(places, inherited, throw_away=throw_away)
        )
    if not env.read("DATABASE_URL"):
        postgres = supervisor.add(
            lambda: postgres_child(places, inherited, throw_away=throw_away)
        )
        wait_for_postgres(postgres, places)
    if not env.read("REDIS_URL"):
        wait_for_valkey(valkey, places)
    return urls


@contextmanager
def announced(urls: dict[str, str]) -> Iterator[None]:
    """Tell ``manage.py`` in other terminals where the services are."""
    path = env.services_file()
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={url}\n" for name, url in urls.items())
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
