"""The file store: whole files or none, and nothing altered goes unnoticed."""

import errno
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from annotation import storage
from inference_worker.contract.errors import StoreFailed


def test_what_is_written_is_read_and_named_by_its_digest(file_store: Path) -> None:
    digest = storage.write_bytes("answers/a.bin", b"mask")
    assert digest == hashlib.sha256(b"mask").hexdigest()
    assert storage.read_bytes("answers/a.bin", digest) == b"mask"


def test_an_array_is_stored_little_endian_and_digested_as_the_file(
    file_store: Path,
) -> None:
    array = np.arange(24, dtype=">i2").reshape(2, 3, 4).transpose(0, 2, 1)
    digest = storage.write_array("volumes/k/voxels.npy", array)
    stored = np.load(file_store / "volumes/k/voxels.npy", mmap_mode="r")
    assert stored.dtype == np.dtype("<i2")
    assert stored.flags.c_contiguous
    assert np.array_equal(stored, array)
    assert storage.digest_of("volumes/k/voxels.npy") == digest


def test_named_arrays_come_back(file_store: Path) -> None:
    labels = np.eye(4, dtype=np.uint8)
    digest = storage.write_arrays("revisions/s/1.npz", {"labels": labels})
    assert np.array_equal(
        storage.read_arrays("revisions/s/1.npz", digest)["labels"], labels
    )


def test_an_altered_file_is_refused(file_store: Path) -> None:
    digest = storage.write_arrays("revisions/s/1.npz", {"labels": np.zeros(3)})
    (file_store / "revisions/s/1.npz").write_bytes(b"other")
    with pytest.raises(StoreFailed) as refused:
        storage.read_arrays("revisions/s/1.npz", digest)
    assert refused.value.code == "store:altered"
    with pytest.raises(StoreFailed) as refused:
        storage.read_bytes("revisions/s/1.npz", digest)
    assert refused.value.code == "store:altered"


def test_a_missing_file_is_named(file_store: Path) -> None:
    with pytest.raises(StoreFailed) as refused:
        storage.read_bytes("answers/none.bin")
    assert refused.value.code == "store:missing"
    assert refused.value.extra == {"key": "answers/none.bin"}


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../out", "a/../../out"])
def test_a_key_cannot_leave_the_store(file_store: Path, key: str) -> None:
    with pytest.raises(StoreFailed) as refused:
        storage.path_of(key)
    assert refused.value.code == "store:key"


def test_a_writer_that_fails_leaves_the_older_file_and_no_other(
    file_store: Path,
) -> None:
    storage.write_bytes("a/b", b"old")
    with pytest.raises(TypeError):
        storage.write_bytes("a/b", "no bytes")  # type: ignore[arg-type]
    assert storage.read_bytes("a/b") == b"old"
    assert [path.name for path in (file_store / "a").iterdir()] == ["b"]


def test_a_full_disk_is_said_and_leaves_nothing(
    file_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(storage, "fsync", full)
    with pytest.raises(StoreFailed) as refused:
        storage.write_array("volumes/k/voxels.npy", np.zeros((1, 2, 2)))
    assert refused.value.code == "store:disk-full"
    with pytest.raises(StoreFailed) as refused:
        storage.write_arrays("revisions/s/1.npz", {"labels": np.zeros(2)})
    assert refused.value.code == "store:disk-full"
    assert [path for path in file_store.rglob("*") if path.is_file()] == []


def test_a_discarded_volume_leaves_no_file(file_store: Path) -> None:
    key = storage.new_key()
    storage.write_array(storage.voxels_key(key), np.zeros((1, 2, 2)))
    storage.write_json(storage.header_key(key), {})
    storage.write_array(storage.reference_key(key), np.zeros((1, 2, 2)))
    storage.discard_volume(key)
    assert [path for path in file_store.rglob("*") if path.is_file()] == []
