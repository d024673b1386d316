"""Sleeping states in the file store: safetensors, content-hashed, never pickle.

One file holds the engine's arrays and, as JSON in the safetensors metadata, the
engine's own header, the canvas and what the state depends on. ``content`` is the
SHA-256 of all of it: a file that was altered or cut short is refused, and the log is
replayed instead.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from inference_worker.canvas import Canvas
from inference_worker.contract.engine import Carry, Snapshot
from inference_worker.contract.errors import StoreFailed
from inference_worker.contract.store import carry_key, snapshot_key
from inference_worker.messages import SessionHeader

FORMAT = "slicewise-state-1"
UNUSED_S = 14 * 24 * 3600.0
"""Age at which a session's states go; whoever returns later waits for a replay."""

SPARE = 2
"""Snapshots kept of logs that are not the present one: a redo may come back to them."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class StoredState:
    """A state as it was after the log that ``digest`` names."""

    digest: str
    snapshot: Snapshot
    canvas: Canvas


class SnapshotStore:
    """Reads and writes the sleeping states under one root."""

    def __init__(self, root: Path, arithmetic: Mapping[str, Any]) -> None:
        self.root = root
        self._arithmetic = dict(arithmetic)

    def write(self, header: SessionHeader, state: StoredState) -> tuple[str, str]:
        """Store ``state``; its key and the sha256 of the file."""
        key = snapshot_key(header.session, state.digest)
        facts = {
            "session": header.as_json(),
            "log": state.digest,
            "canvas": state.canvas.to_json(),
            "arithmetic": self._arithmetic,
        }
        return key, self._write(key, state.snapshot, facts)

    def read(self, header: SessionHeader, digest: str) -> StoredState | None:
        """The state after ``digest``; None where there is none that can be trusted."""
        key = snapshot_key(header.session, digest)
        try:
            snapshot, facts = read_state(self.root / key)
            if facts["session"] != header.as_json() or facts["log"] != digest:
                raise StoreFailed("snapshot-foreign", f"{key} is of another session.")
            canvas = Canvas.from_json(facts["canvas"])
        except FileNotFoundError:
            return None
        except StoreFailed as error:
            log.warning("snapshot ignored", key=key, code=error.code)
            return None
        if facts["arithmetic"] != self._arithmetic:
            # Still the session's state, but what follows may differ in a last bit.
            log.warning("snapshot from other hardware", key=key, **facts["arithmetic"])
        return StoredState(digest, snapshot, canvas)

    def digests(self, session: str) -> set[str]:
        """Digests of the logs after which a state of ``session`` is stored."""
        return {path.stem for path in self._directory(session).glob("*.safetensors")}

    def prune(self, session: str, digests: Sequence[str]) -> None:
        """Thin out the snapshots of a session whose log has the prefixes ``digests``.

        Of the log's own, the three newest stay and the oldest within every doubling of
        the distance, so that undoing n turns replays no more than a few times n.
        """
        stored = self.digests(session)
        behind = [digest for digest in reversed(digests) if digest in stored]
        distance = {digest: n for n, digest in enumerate(reversed(digests))}
        oldest = {distance[digest].bit_length(): digest for digest in behind[3:]}
        kept = {*behind[:3], *oldest.values()}
        strangers = [snapshot_key(session, digest) for digest in stored - set(digests)]
        strangers.sort(key=self._written_at, reverse=True)
        gone = strangers[SPARE:]
        gone += [snapshot_key(session, digest) for digest in set(behind) - kept]
        for key in gone:
            (self.root / key).unlink(missing_ok=True)

    def forget(self, session: str) -> None:
        """Remove every snapshot of a session that is over."""
        shutil.rmtree(self._directory(session), ignore_errors=True)

    def sweep(self, older_than_s: float = UNUSED_S) -> None:
        """Remove the states of sessions that nobody has worked on for so long."""
        before = time.time_ns() - int(older_than_s * 1e9)
        for directory in self._directory("any").parent.glob("*"):
            files = list(directory.glob("*.safetensors"))
            keys = [snapshot_key(directory.name, path.stem) for path in files]
            if all(self._written_at(key) < before for key in keys):
                self.forget(directory.name)

    def write_carry(self, header: SessionHeader, carry: Carry) -> tuple[str, str]:
        """Store what the next volume may start from; its key and sha256."""
        key = carry_key(header.session)
        facts = {"session": header.as_json(), "arithmetic": self._arithmetic}
        return key, self._write(key, carry, facts)

    def read_carry(self, key: str) -> Carry:
        """Read a carry; ``store:…`` where it is missing or altered.

        A session is pinned to its carry, so unlike a snapshot it cannot be ignored.
        """
        try:
            return read_state(self.root / key)[0]
        except FileNotFoundError as error:
            raise StoreFailed(
                "carry-missing", f"The carry {key} is not in the store.", key=key
            ) from error

    def _write(self, key: str, snapshot: Snapshot, facts: Mapping[str, Any]) -> str:
        body = pack_state(snapshot, facts)
        write_atomically(self.root / key, body)
        return hashlib.sha256(body).hexdigest()

    def _directory(self, session: str) -> Path:
        return (self.root / snapshot_key(session, "any")).parent

    def _written_at(self, key: str) -> int:
        try:
            return (self.root / key).stat().st_mtime_ns
        except FileNotFoundError:
            return 0


def pack_state(snapshot: Snapshot, facts: Mapping[str, Any]) -> bytes:
    """A snapshot and the facts it stands on, as the bytes of a safetensors file."""
    # ascontiguousarray would give an array without axes one
    arrays = {name: np.array(a, order="C") for name, a in snapshot.arrays.items()}
    header = json.dumps({"engine": dict(snapshot.header), "facts": dict(facts)})
    # One entry: safetensors writes several in no particular order.
    metadata = {FORMAT: f"{_content(arrays, header)}\n{header}"}
    return save(arrays, metadata=metadata)


def read_state(path: Path) -> tuple[Snapshot, dict[str, Any]]:
    """Undo ``pack_state``.

    Raises
    ------
    FileNotFoundError: there is no such file.
    StoreFailed: ``store:snapshot-altered``, it is not what was written.
    """
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise
    except (OSError, SafetensorError) as error:
        raise _altered(path) from error
    content, _, header = metadata.get(FORMAT, "").partition("\n")
    if content != _content(arrays, header):
        raise _altered(path)
    body = json.loads(header)
    return Snapshot(arrays, body["engine"]), body["facts"]


def write_atomically(path: Path, body: bytes) -> None:
    """Write a file that others see whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        scratch.write_bytes(body)
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def _altered(path: Path) -> StoreFailed:
    return StoreFailed(
        "snapshot-altered",
        f"{path.name} is not what was written; it is left alone.",
        key=path.name,
    )


def _content(arrays: Mapping[str, NDArray[Any]], header: str) -> str:
    digest = hashlib.sha256(header.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"|{name}|{array.dtype.str}|{array.shape}|".encode())
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()
