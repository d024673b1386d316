"""Cases read in a process of its own: a decoder that crashes takes one case with it.

The codecs are C and C++ of many years and many hands. Given damaged bytes some of them
abort the whole process, loop, or ask for all memory; none of that may end an import.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from annotation.standards.case import Case
from annotation.standards.limits import Limits
from annotation.standards.reading import CaseRead, read_case
from inference_worker.contract.errors import ImportRefused

MEMORY_BESIDE = 4 * 1024**3
"""Address space that libraries and threads take before any image is read."""
MEMORY_PER_BYTE = 6
"""Address space per byte of the largest image: its stored, wide and final forms."""

log = structlog.get_logger(__name__)


class Reader:
    """Reads one case after the other; starts its process when first needed."""

    def __init__(self) -> None:
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def read(
        self, case: Case, limits: Limits, *, modality: str, names: Mapping[str, int]
    ) -> CaseRead:
        """Read a case as `reading.read_case` does; voxels come memory-mapped.

        Raises
        ------
        ImportRefused
            What `read_case` says; and ``import:crashed``, ``import:too-slow``,
            ``import:unexpected`` (which is logged: it is ours to mend).
        """
        line = self._connected(limits)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "voxels.npy"
            try:
                line.send((case, limits, modality, dict(names), path))
                if not line.poll(limits.seconds):
                    raise ImportRefused(
                        "too-slow",
                        f"It took longer than {limits.seconds:g} s to read: given up.",
                    )
                answer = line.recv()
            except (EOFError, ConnectionError) as error:
                self.stop()
                raise ImportRefused(
                    "crashed", "Its pixels crashed their decoder: they are damaged."
                ) from error
            except ImportRefused:
                self.stop()
                raise
            return self._understood(answer, case, path)

    def _understood(self, answer: tuple[str, Any], case: Case, path: Path) -> CaseRead:
        kind, content = answer
        if kind == "refused":
            raise _refusal(content)
        if kind == "failed":
            log.error("reading a case failed", case=case.place, details=content)
            raise ImportRefused(
                "unexpected", "Reading it failed as nobody foresaw; it has been logged."
            )
        read, refusal = content
        # The file is removed on return; its pages live as long as the array does.
        voxels = np.load(path, mmap_mode="r", allow_pickle=False)
        return CaseRead(
            image=replace(read.image, voxels=voxels),
            labels=read.labels,
            refusal=_refusal(refusal) if refusal else None,
        )

    def _connected(self, limits: Limits) -> Connection:
        alive = self._process is not None and self._process.is_alive()
        if self._line is None or not alive:
            self.stop()
            spawn = get_context("spawn")
            self._line, other = spawn.Pipe()
            self._process = spawn.Process(
                target=serve, args=(other, limits.bytes), daemon=True
            )
            self._process.start()
            other.close()
        return self._line

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._line = self._process = None


@cache
def shared_reader() -> Reader:
    """Return this process's reader; its process ends with ours."""
    return Reader()


def serve(line: Connection, largest: int) -> None:
    """Run in the process of its own: read what comes down the line until it closes."""
    logging.disable(logging.CRITICAL)
    # Codecs write to the terminal themselves.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stderr.fileno() if _has_descriptor(sys.stderr) else 2)
    room = MEMORY_BESIDE + MEMORY_PER_BYTE * largest
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            case, limits, modality, names, path = line.recv()
        except EOFError:
            return
        line.send(_answer(case, limits, modality, names, path))


def _has_descriptor(stream: Any) -> bool:
    try:
        stream.fileno()
    except (AttributeError, OSError, ValueError):
        return False
    return True


def _answer(
    case: Case, limits: Limits, modality: str, names: dict[str, int], path: Path
) -> tuple[str, Any]:
    try:
        read = read_case(case, limits, modality=modality, names=names)
        np.save(path, read.image.voxels, allow_pickle=False)
    except ImportRefused as refused:
        return "refused", refused.as_json()
    except Exception:  # noqa: BLE001 - told to the parent, which logs it
        return "failed", traceback.format_exc()
    small = replace(read.image, voxels=read.image.voxels[:0])
    refusal = read.refusal.as_json() if read.refusal else None
    return "read", (CaseRead(small, read.labels, None), refusal)


def _refusal(content: dict[str, Any]) -> ImportRefused:
    """An exception of ours as it came down the line."""
    reason = content["code"].partition(":")[2]
    return ImportRefused(reason, content["message"], **content["extra"])
