"""The pool process: everything a worker holds, made after the fork."""

from __future__ import annotations

from typing import Any

import psutil
import structlog
from celery import Celery
from redis import Redis

from inference_worker import engines
from inference_worker.config import WorkerConfig
from inference_worker.contract.engine import Engine
from inference_worker.contract.errors import SlicewiseError
from inference_worker.desk import CeleryDesk
from inference_worker.heartbeat import Activity, Heartbeat
from inference_worker.lease import Leases
from inference_worker.messages import SessionHeader
from inference_worker.runtime import Runtime
from inference_worker.sessions import Sessions
from inference_worker.snapshots import SnapshotStore
from inference_worker.work import Policy

VALKEY_TIMEOUT_S = 2.0
_MB = 1 << 20

log = structlog.get_logger(__name__)


class WorkerProcess:
    """One pool process: pinned arithmetic, a runtime and a heartbeat."""

    def __init__(self, config: WorkerConfig, app: Celery) -> None:
        # torch takes seconds to import and must not compute before the fork
        from inference_worker.arithmetic import (
            arithmetic_of,
            chosen_device,
            pin_arithmetic,
        )

        pin_arithmetic(config.threads)
        self._device = chosen_device(config.device)
        self._process = psutil.Process()
        self._client = Redis.from_url(
            config.redis_url,
            socket_timeout=VALKEY_TIMEOUT_S,
            socket_connect_timeout=VALKEY_TIMEOUT_S,
        )
        leases = Leases(self._client, config.worker)
        leases.release_predecessor()
        activity = Activity()
        self.sessions = Sessions(
            config.data,
            SnapshotStore(config.data, arithmetic_of(self._device, config.threads)),
            self._build,
            sessions_max=config.sessions_max,
            bytes_max=config.sessions_bytes_max,
            check_volumes=config.check_volumes,
        )
        self.runtime = Runtime(
            root=config.data,
            sessions=self.sessions,
            leases=leases,
            desk=CeleryDesk(app),
            policy=Policy(
                snapshot_turns=config.snapshot_turns,
                snapshot_compute_s=config.snapshot_compute_s,
                undo_depth=config.undo_depth,
            ),
            activity=activity,
        )
        self.sessions.snapshots.sweep()
        self._engines = engines.available()
        self._warm(config)
        self._heartbeat = Heartbeat(
            self._client,
            leases,
            activity,
            describe=self.describe,
            stuck_s=config.stuck_s,
        )

    def start(self) -> None:
        """Begin to beat: from now on this worker is there."""
        self._heartbeat.start()
        log.info("worker ready", **self.describe())

    def stop(self) -> None:
        """Put every session to sleep and fall silent."""
        self.runtime.put_to_sleep()
        self._heartbeat.stop()
        self._client.close()

    def describe(self) -> dict[str, Any]:
        """What the heartbeat says of this worker."""
        return {
            "engines": self._engines,
            "device": self._device,
            "sessions": len(self.sessions),
            "rss_mb": self._process.memory_info().rss // _MB,
        }

    def _build(self, header: SessionHeader) -> Engine[Any]:
        return engines.build(
            header.engine,
            weights=header.weights,
            config=header.settings(),
            device=self._device,
        )

    def _warm(self, config: WorkerConfig) -> None:
        for name, weights in config.warm:
            try:
                engines.build(name, weights=weights, device=self._device)
            except SlicewiseError as error:
                # A session that needs it will say so to its reader.
                log.warning("engine not warmed", engine=name, code=error.code)


_current: list[WorkerProcess] = []


def start_process(config: WorkerConfig, app: Celery) -> None:
    """Make this process a worker; once, after the fork."""
    process = WorkerProcess(config, app)
    _current.append(process)
    process.start()


def stop_process() -> None:
    """Let this process go in good order."""
    while _current:
        _current.pop().stop()


def this_process() -> WorkerProcess:
    """The worker that this process is."""
    if not _current:
        raise LookupError("this process is no worker: start_process was not called")
    return _current[0]
