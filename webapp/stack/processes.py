"""The processes of Slicewise itself: the web, the desk, the watch and the workers."""

import os
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from webapp.settings import env
from webapp.stack.child import Child

# A worker opens volumes and answers turns; it has no business in the database.
KEPT_FROM_WORKERS = (
    "DATABASE_URL",
    "SECRET_KEY",
    "SLICEWISE_ADMIN_PASSWORD",
    "SLICEWISE_READER_PASSWORD",
)
SOCKET_BYTES_MAX = 16 << 20
# Starting a pool must not wait a second for neighbours that are not there.
CELERY_ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")


@dataclass(frozen=True)
class Processes:
    """Makes the children; ``environment`` names the services and the data."""

    environment: Mapping[str, str]
    logs: Path
    host: str
    port: int
    workers: int

    def child(self, name: str, *command: str, **changes: str) -> Child:
        return Child(
            name,
            [sys.executable, "-m", *command],
            log=self.logs / f"{name}.log",
            environment={**self.environment, **changes},
            directory=env.CHECKOUT,
        )

    def web(self) -> Child:
        return self.child(
            "web",
            "daphne",
            *("-b", self.host, "-p", str(self.port)),
            *("-v", "0", "--no-server-name"),
            # The application refuses a message over 1 MiB and keeps the connection;
            # Daphne would close it without a word.
            *("--websocket-max-message-size", str(SOCKET_BYTES_MAX)),
            *("--websocket-max-frame-size", str(SOCKET_BYTES_MAX)),
            "webapp.asgi:application",
        )

    def desk(self) -> Child:
        return self.child(
            "desk",
            *("celery", "-A", "webapp.celery", "worker"),
            *("-Q", "desk", "-n", "desk@%h", "-c", "2", "-l", "INFO"),
            *CELERY_ALONE,
        )

    def watch(self) -> Child:
        return self.child("watch", "django", "watch_sessions")

    def worker(self, number: int) -> Callable[[], Child]:
        """Return what makes worker ``number``, under a new name each time.

        The restarted worker is cold and must not pass for the dead one, whose lease
        and heartbeat may outlive it by seconds.
        """
        cores = len(os.sched_getaffinity(0))

        def make() -> Child:
            name = f"{socket.gethostname()}-{number}-{secrets.token_hex(3)}"
            child = self.child(
                f"worker-{number}",
                *("celery", "-A", "inference_worker.app", "worker"),
                *("-Q", f"interactive,worker.{name}", "-n", name),
                *("-c", "1", "-l", "INFO"),
                *CELERY_ALONE,
                SLICEWISE_WORKER=name,
                OMP_NUM_THREADS=str(max(1, cores // self.workers)),
                # Threads that wait by spinning took three quarters of shared cores.
                OMP_WAIT_POLICY="PASSIVE",
            )
            for secret in KEPT_FROM_WORKERS:
                child.environment.pop(secret, None)
            return child

        return make
