"""The file store: everything too large for a row, under relative keys.

A key is a relative path below ``settings.SLICEWISE_DATA``. Files appear whole or not
at all: they are written beside their place, synced, and renamed into it. What was
written is named by its sha256, which the database records and `read_bytes` checks.
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import fsync
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from inference_worker.contract.errors import StoreFailed
from inference_worker.contract.store import header_path, reference_path, voxels_path

CHUNK = 1 << 20


def root() -> Path:
    """Return the root of the file store."""
    return Path(settings.SLICEWISE_DATA)


def path_of(key: str) -> Path:
    """Return the file under ``key``; a key that leaves the store is refused."""
    parts = PurePosixPath(key)
    if not key or parts.is_absolute() or ".." in parts.parts:
        raise StoreFailed("key", f"{key!r} is no key of the file store.", key=key)
    return root() / parts


def new_key() -> str:
    """Return a random key for a volume."""
    return uuid.uuid4().hex


def revision_key(session: uuid.UUID | str, number: int) -> str:
    """Return the key of a saved mask."""
    return f"revisions/{session}/{number}.npz"


class DigestingFile:
    """A file opened for writing that computes the sha256 of what goes through it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, data: Any) -> int:
        self._digest.update(data)
        return self._file.write(data)

    @property
    def sha256(self) -> str:
        """The digest, in hexadecimal, of everything written so far."""
        return self._digest.hexdigest()


@contextmanager
def speak_of_disk(key: str) -> Iterator[None]:
    """Turn what the operating system says into ``store:*`` errors."""
    try:
        yield
    except FileNotFoundError as error:
        raise StoreFailed("missing", f"{key} is not in the store.", key=key) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFailed(
                "disk-full",
                "The disk of the file store is full; nothing was stored. "
                "Free some space and try again.",
                key=key,
            ) from error
        raise StoreFailed(
            "unreadable", f"{key} cannot be read or written: {error.strerror}.", key=key
        ) from error


@contextmanager
def open_new(key: str) -> Iterator[DigestingFile]:
    """Write the file under ``key``: it replaces an older one at the end, or never.

    Raises
    ------
    StoreFailed
        ``store:disk-full`` where no space is left, ``store:unreadable`` otherwise.
    """
    path = path_of(key)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with speak_of_disk(key):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as file:
                yield DigestingFile(cast("BinaryIO", file))
                file.flush()
                fsync(file.fileno())
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)


def write_bytes(key: str, data: bytes) -> str:
    """Store ``data`` and return its sha256."""
    with open_new(key) as file:
        file.write(data)
        return file.sha256


def read_bytes(key: str, sha256: str | None = None) -> bytes:
    """Return what is stored; with ``sha256`` given, only if it is unaltered.

    Raises
    ------
    StoreFailed
        ``store:missing``, ``store:unreadable``, or ``store:altered``.
    """
    with speak_of_disk(key):
        data = path_of(key).read_bytes()
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise StoreFailed(
            "altered", f"{key} is not what was stored: its sha256 differs.", key=key
        )
    return data


def write_arrays(key: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Store named arrays as a compressed npz and return its sha256."""
    path = path_of(key)
    # np.savez seeks back to fill in sizes, so the digest is taken of the whole file.
    with speak_of_disk(key):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            with partial.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **arrays)  # type: ignore[arg-type]
                file.flush()
                fsync(file.fileno())
            digest = sha256_of(partial)
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)
    return digest


def read_arrays(key: str, sha256: str | None = None) -> dict[str, NDArray[Any]]:
    """Return the arrays of an npz; with ``sha256`` given, only if it is unaltered."""
    if sha256 is not None and digest_of(key) != sha256:
        raise StoreFailed(
            "altered", f"{key} is not what was stored: its sha256 differs.", key=key
        )
    with speak_of_disk(key), np.load(path_of(key), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def digest_of(key: str) -> str:
    """Return the sha256 of the file under ``key``."""
    with speak_of_disk(key):
        return sha256_of(path_of(key))


def sha256_of(path: Path) -> str:
    """Return the sha256 of any file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def write_array(key: str, array: NDArray[Any]) -> str:
    """Store one array as C-order little-endian .npy and return the file's sha256."""
    whole = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    with open_new(key) as file:
        np.lib.format.write_array_header_1_0(
            cast("Any", file), np.lib.format.header_data_from_array_1_0(whole)
        )
        for row in whole.reshape(len(whole), -1):
            file.write(memoryview(row).cast("B"))
        return file.sha256


def write_json(key: str, value: Any) -> str:
    """Store ``value`` as JSON and return the file's sha256."""
    return write_bytes(key, json.dumps(value, indent=1).encode())


def voxels_key(volume: str) -> str:
    """Return the key of the voxels of the volume stored as ``volume``."""
    return voxels_path(Path(), volume).as_posix()


def header_key(volume: str) -> str:
    """Return the key of the header of the volume stored as ``volume``."""
    return header_path(Path(), volume).as_posix()


def reference_key(volume: str) -> str:
    """Return the key of the hidden reference of the volume stored as ``volume``."""
    return reference_path(Path(), volume).as_posix()


def discard_volume(volume: str) -> None:
    """Remove the files of a volume that never became a row; silent where none are."""
    for key in (voxels_key(volume), reference_key(volume)):
        shutil.rmtree(path_of(key).parent, ignore_errors=True)
