"""The worker's heartbeat: a thread in the pool process that says "I live" to Valkey.

It beats in the process that computes, so a killed one falls silent although its parent
lives. A step that yields nothing for too long ends the process: silence hands the
session to another worker, while a process that beats and never answers would keep it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from redis import Redis, RedisError

from inference_worker.contract.names import (
    HEARTBEAT_EVERY_S,
    HEARTBEAT_TTL_S,
    heartbeat_key,
)
from inference_worker.lease import Leases

_TICK_S = 0.5

log = structlog.get_logger(__name__)


class Activity:
    """When the step now running last gave a sign of life; None between steps."""

    def __init__(self) -> None:
        self._since: float | None = None

    def touch(self) -> None:
        """A step has begun, or yielded."""
        self._since = time.monotonic()

    def rest(self) -> None:
        """No step runs."""
        self._since = None

    def silent_s(self) -> float:
        """Seconds since the running step's last sign of life; 0 between steps."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since


class Heartbeat(threading.Thread):
    """Beats every two seconds and renews the leases, until stopped."""

    def __init__(
        self,
        client: Redis,
        leases: Leases,
        activity: Activity,
        *,
        describe: Callable[[], Mapping[str, Any]],
        stuck_s: float,
        end_process: Callable[[int], Any] = os._exit,
    ) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._client = client
        self._leases = leases
        self._activity = activity
        self._describe = describe
        self._stuck_s = stuck_s
        self._end_process = end_process
        self._parent = os.getppid()
        self._stop_asked = threading.Event()

    def run(self) -> None:
        """Beat; end the process where its parent has died or its step is stuck."""
        due = 0.0
        while not self._stop_asked.wait(_TICK_S if due else 0):
            if os.getppid() != self._parent:
                # Nobody would hand this process another message, nor end it.
                self._end_process(1)
                return
            if self._activity.silent_s() > self._stuck_s:
                log.error("step stuck", silent_s=round(self._activity.silent_s()))
                self._end_process(1)
                return
            if time.monotonic() >= due:
                due = time.monotonic() + HEARTBEAT_EVERY_S
                self._beat()

    def stop(self) -> None:
        """Fall silent and say so, for others not to wait for the key to expire."""
        self._stop_asked.set()
        self.join()
        try:
            self._client.delete(heartbeat_key(self._leases.worker))
        except RedisError as error:
            log.warning("heartbeat not withdrawn", error=str(error))

    def _beat(self) -> None:
        try:
            self._client.set(
                heartbeat_key(self._leases.worker),
                json.dumps(self._describe()),
                ex=HEARTBEAT_TTL_S,
            )
            self._leases.renew_all()
        except RedisError as error:
            log.warning("heartbeat not heard", error=str(error))
