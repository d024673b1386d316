"""A worker's settings; the only place in the worker that reads the environment."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLES = {
    "BROKER_URL": "the message broker, if it is not the one at REDIS_URL",
    "LOG_LEVEL": "INFO",
    "OMP_NUM_THREADS": "threads of one worker where SLICEWISE_THREADS is not set",
    "REDIS_URL": "Valkey or Redis 7 or later; needed",
    "SLICEWISE_CHECK_VOLUMES": "0: trust stored voxels without reading them once, 1",
    "SLICEWISE_DATA": "the directory of volumes, snapshots and carries; needed",
    "SLICEWISE_DEVICE": "torch device; auto takes CUDA where there is one, auto",
    "SLICEWISE_SESSIONS": "sessions kept warm, 8",
    "SLICEWISE_SESSIONS_MB": "megabytes of warm sessions, 4096",
    "SLICEWISE_SNAPSHOT_SECONDS": "computing time after which a state is stored, 10",
    "SLICEWISE_SNAPSHOT_TURNS": "turns after which a state is stored, 8",
    "SLICEWISE_STUCK_SECONDS": "silence of a step after which the worker gives up, 300",
    "SLICEWISE_THREADS": "threads of one worker, the same on all for equal masks",
    "SLICEWISE_UNDO_DEPTH": "turns that can be undone without a replay, 4",
    "SLICEWISE_WARM": "engine=weights pairs to build at start, comma separated",
    "SLICEWISE_WORKER": "this worker's name, host-pid",
}


@dataclass(frozen=True)
class WorkerConfig:
    """Everything a worker is told at its start.

    Attributes
    ----------
    worker: name of the worker; its own queue and heartbeat carry it.
    data: root of the file store that web and workers share.
    device: a torch device, or ``auto``.
    threads: threads torch computes with. Sums are split among them, so masks are equal
        bit for bit only between workers of the same number.
    sessions_max, sessions_bytes_max: warm sessions; the least recently used go first.
    snapshot_turns, snapshot_compute_s: a state is stored after so many turns, or after
        so much computing, whichever comes first, and whenever a slice is accepted.
    undo_depth: states of the last turns kept in memory, for undo and failed steps.
    stuck_s: a step that yields nothing for so long ends the process.
    check_volumes: compare a volume's digest before its first use.
    warm: (engine, weights) built before the first message.
    """

    worker: str
    redis_url: str
    broker_url: str
    data: Path
    device: str = "auto"
    threads: int = 1
    sessions_max: int = 8
    sessions_bytes_max: int = 4 << 30
    snapshot_turns: int = 8
    snapshot_compute_s: float = 10.0
    undo_depth: int = 4
    stuck_s: float = 300.0
    check_volumes: bool = True
    warm: tuple[tuple[str, str | None], ...] = ()
    log_level: str = "INFO"

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ
    ) -> WorkerConfig:
        """Read ``VARIABLES``; a ``ValueError`` names the one that is wrong."""

        def read(name: str, default: str = "") -> str:
            if name not in VARIABLES:
                raise LookupError(f"{name} is not declared in VARIABLES")
            return environment.get(name) or default

        def number(name: str, default: float, least: float) -> float:
            try:
                value = float(read(name, str(default)))
            except ValueError as error:
                raise ValueError(f"{name}={read(name)!r} is not a number") from error
            if value < least:
                raise ValueError(f"{name}={value:g} is less than {least:g}")
            return value

        redis_url, data = read("REDIS_URL"), read("SLICEWISE_DATA")
        if not redis_url or not data:
            raise ValueError("a worker needs REDIS_URL and SLICEWISE_DATA")
        threads = number("OMP_NUM_THREADS", _cores(), 1)
        return cls(
            worker=read("SLICEWISE_WORKER", f"{socket.gethostname()}-{os.getpid()}"),
            redis_url=redis_url,
            broker_url=read("BROKER_URL", broker_url(redis_url)),
            data=Path(data),
            device=read("SLICEWISE_DEVICE", "auto"),
            threads=int(number("SLICEWISE_THREADS", threads, 1)),
            sessions_max=int(number("SLICEWISE_SESSIONS", 8, 1)),
            sessions_bytes_max=int(number("SLICEWISE_SESSIONS_MB", 4096, 1)) << 20,
            snapshot_turns=int(number("SLICEWISE_SNAPSHOT_TURNS", 8, 1)),
            snapshot_compute_s=number("SLICEWISE_SNAPSHOT_SECONDS", 10, 0),
            undo_depth=int(number("SLICEWISE_UNDO_DEPTH", 4, 1)),
            stuck_s=number("SLICEWISE_STUCK_SECONDS", 300, 1),
            check_volumes=bool(number("SLICEWISE_CHECK_VOLUMES", 1, 0)),
            warm=_pairs(read("SLICEWISE_WARM")),
            log_level=read("LOG_LEVEL", "INFO"),
        )


def broker_url(redis_url: str) -> str:
    """The address of the Valkey at ``redis_url`` as kombu writes it."""
    if not redis_url.startswith("unix://"):
        return redis_url
    path, _, query = redis_url.removeprefix("unix://").partition("?")
    database = query.removeprefix("db=") or "0"
    return f"redis+socket://{path}?virtual_host={database}"


def prepare_cublas() -> None:
    """Let CUDA's matrix products repeat exactly; must precede the first of them.

    See "Reproducibility" in PyTorch's notes: without a fixed workspace, torch refuses
    these products once deterministic algorithms are asked for.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pairs(text: str) -> tuple[tuple[str, str | None], ...]:
    pairs = (part.strip().partition("=") for part in text.split(",") if part.strip())
    return tuple((engine, weights or None) for engine, _, weights in pairs)
