"""Which worker holds a session, as Valkey tells it; losing Valkey loses no work."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from inference_worker.contract.names import (
    CANCEL_TTL_S,
    WISH_TTL_S,
    cancel_key,
    heartbeat_key,
    lease_key,
    wish_key,
)

TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Lease:
    """The worker that took a session under ``fence``; ``alive`` while it beats."""

    fence: int
    worker: str
    alive: bool


def lease_read(*, session: UUID | str) -> Lease | None:
    """The lease of a session, or None where no worker holds one."""
    value = valkey_client().get(lease_key(session))
    if value is None:
        return None
    fence, _, worker = value.decode().partition(":")
    alive = bool(valkey_client().exists(heartbeat_key(worker)))
    return Lease(int(fence), worker, alive)


def workers_alive() -> frozenset[str]:
    """Names of all workers that beat."""
    prefix = heartbeat_key("")
    keys = valkey_client().scan_iter(match=f"{prefix}*", count=1000)
    return frozenset(key.decode().removeprefix(prefix) for key in keys)


def valkey_identity() -> str:
    """Changes when Valkey was restarted: what was on its way is then in doubt."""
    return str(valkey_client().info("server")["run_id"])


def turn_abandon(*, session: UUID | str, turn: UUID | str) -> None:
    """Ask the worker to give up ``turn`` at its next yield."""
    valkey_client().set(cancel_key(session), str(turn), ex=CANCEL_TTL_S)


def turn_want(*, session: UUID | str) -> None:
    """Take back what ``turn_abandon`` asked for: a turn may be wanted again."""
    valkey_client().delete(cancel_key(session))


def wish_make(*, session: UUID | str, wish: UUID | str) -> None:
    """Let a worker see ahead for ``wish``, and for none that was made before."""
    valkey_client().set(wish_key(session), str(wish), ex=WISH_TTL_S)


def wish_drop(*, session: UUID | str) -> None:
    """The worker is to do something else: it sees ahead no further."""
    valkey_client().delete(wish_key(session))


def valkey_client() -> redis.Redis:
    """This process's connections; what they say is given up after ``TIMEOUT_S``."""
    return _connected(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _connected(url: str) -> redis.Redis:
    # One more try, at once: the first after a restart meets a closed connection.
    return redis.Redis.from_url(
        url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 1),
        retry_on_error=[redis.exceptions.ConnectionError],
    )


Unreachable = (redis.exceptions.RedisError, OSError)
"""What a call raises while Valkey cannot be reached."""
