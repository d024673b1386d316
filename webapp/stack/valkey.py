"""The embedded Valkey: a foreground child on a unix socket."""

from collections.abc import Mapping

import redis

from webapp.stack.child import Child, bare_environment, wait_until
from webapp.stack.errors import StackError
from webapp.stack.places import Places, usable_program
from webapp.stack.programs import valkey_program


def valkey_child(
    places: Places, environment: Mapping[str, str], *, throw_away: bool = False
) -> Child:
    """Return the message broker. Nothing in it is the only copy: leases, queues."""
    program = usable_program(valkey_program(), places.user)
    settings = {
        "port": "0",
        "unixsocket": str(places.sockets / "valkey.sock"),
        "unixsocketperm": "700",
        "dir": str(places.valkey),
        "databases": "64",
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
    }
    if not throw_away:
        # So that a message outlives a restart; a lost second is mended by the log.
        settings |= {"appendonly": "yes", "appendfsync": "everysec"}
    command = [str(program)]
    for name, value in settings.items():
        command += [f"--{name}", value]
    return Child(
        "valkey",
        command,
        log=places.logs / "valkey.log",
        environment=bare_environment(environment),
        user=places.user,
        directory=places.valkey,
    )


def redis_url(places: Places) -> str:
    return f"unix://{places.sockets / 'valkey.sock'}"


def wait_for_valkey(child: Child, places: Places) -> None:
    def answers() -> bool:
        try:
            with redis.Redis.from_url(redis_url(places)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    if not wait_until(answers, child=child, seconds=30):
        raise StackError(f"Valkey did not start:\n{child.tail()}")
