"""What sleeps in the store wakes to the bit, or not at all."""

import json
import os

import numpy as np
import pytest

from inference_worker.canvas import Canvas
from inference_worker.contract.engine import Snapshot
from inference_worker.contract.errors import StoreFailed
from inference_worker.contract.prompts import Click
from inference_worker.contract.store import snapshot_key
from inference_worker.messages import Log, SessionHeader, TakeTurns
from inference_worker.snapshots import (
    SnapshotStore,
    StoredState,
    pack_state,
    read_state,
)
from tests.inference_worker.webside import WebSide

ARRAYS = {
    "matrix": np.arange(6, dtype=np.float32).reshape(2, 3).T,
    "number": np.array(2.5),
    "nothing": np.zeros((0, 4), np.int64),
    "bits": np.array([np.nan, -0.0, np.inf], np.float16),
    "flags": np.array([True, False]),
}


@pytest.fixture
def header(tmp_path) -> SessionHeader:
    return TakeTurns.read(WebSide(tmp_path, "ct", session="s").tell_all()).header


@pytest.fixture
def store(tmp_path) -> SnapshotStore:
    return SnapshotStore(tmp_path, {"device": "cpu"})


def state(digest: str) -> StoredState:
    canvas = Canvas((2, 4, 4))
    canvas.say([Click(1, (0, 1, 1))])
    return StoredState(digest, Snapshot(ARRAYS, {"step": 3}), canvas)


def test_every_bit_comes_back(store, header):
    store.write(header, state("d1"))
    woken = store.read(header, "d1")
    assert woken is not None
    assert woken.snapshot.header == {"step": 3}
    for name, array in ARRAYS.items():
        found = woken.snapshot.arrays[name]
        assert (found.shape, found.dtype) == (array.shape, array.dtype)
        assert found.tobytes() == np.asarray(array, order="C").tobytes()
    assert woken.canvas.labels()[0, 1, 1] == 1


def test_the_same_state_makes_the_same_file(store, header, tmp_path):
    first = store.write(header, state("d1"))
    assert store.write(header, state("d1")) == first
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "text"])
def test_an_altered_file_is_not_used(store, header, tmp_path, harm):
    key, _ = store.write(header, state("d1"))
    path = tmp_path / key
    whole = path.read_bytes()
    path.write_bytes(
        {
            "flip": whole[:-1] + bytes([whole[-1] ^ 1]),
            "cut": whole[:-3],
            "empty": b"",
            "text": b"no safetensors",
        }[harm]
    )
    assert store.read(header, "d1") is None
    with pytest.raises(StoreFailed, match="not what was written"):
        read_state(path)


def test_a_changed_header_is_noticed(store, header, tmp_path):
    key, _ = store.write(header, state("d1"))
    path = tmp_path / key
    path.write_bytes(path.read_bytes().replace(b'step\\": 3', b'step\\": 4'))
    assert store.read(header, "d1") is None


def test_a_state_of_other_settings_is_not_used(store, header, tmp_path):
    store.write(header, state("d1"))
    other = WebSide(tmp_path, "ct", session="s", seed=99)
    assert store.read(TakeTurns.read(other.tell_all()).header, "d1") is None


def test_a_file_under_a_wrong_name_is_not_used(store, header, tmp_path):
    key, _ = store.write(header, state("d1"))
    os.rename(tmp_path / key, tmp_path / snapshot_key("s", "d2"))
    assert store.read(header, "d2") is None
    assert store.read(header, "d1") is None


def test_pruning_keeps_fewer_the_further_back(store, header):
    digests = ["", *(f"d{n}" for n in range(1, 41))]
    for digest in digests[1:]:
        store.write(header, state(digest))
        store.prune("s", digests[: digests.index(digest) + 1])
        newest = int(digest[1:])
        kept = sorted(newest - int(digest[1:]) for digest in store.digests("s"))
        assert kept[:3] == [0, 1, 2][:newest]
        assert len(kept) <= 3 + newest.bit_length()
        for back in range(1, newest):
            # Going back so far starts from a state not much further behind, or anew.
            assert min([n for n in kept if n >= back], default=newest) <= 4 * back + 1


def test_pruning_spares_the_newest_of_another_branch(store, header, tmp_path):
    for number, digest in enumerate(("x1", "x2", "x3", "d1")):
        key, _ = store.write(header, state(digest))
        os.utime(tmp_path / key, ns=(number, number))
    store.prune("s", ["", "d1"])
    assert store.digests("s") == {"x2", "x3", "d1"}


def test_forgetting_removes_every_state(store, header):
    store.write(header, state("d1"))
    store.forget("s")
    assert store.digests("s") == set()


def test_sweeping_removes_what_nobody_works_on(store, header, tmp_path):
    for digest in ("d1", "d2"):
        store.write(header, state(digest))
    old = tmp_path / "snapshots" / "old"
    old.mkdir()
    (old / "d.safetensors").write_bytes(b"x")
    os.utime(old / "d.safetensors", (1, 1))
    os.utime(tmp_path / snapshot_key("s", "d1"), (1, 1))
    store.sweep()
    assert not old.exists()
    assert store.digests("s") == {"d1", "d2"}


def test_a_carry_must_be_what_was_written(store, header, tmp_path):
    key, _ = store.write_carry(header, Snapshot(ARRAYS, {}))
    assert store.read_carry(key).arrays.keys() == ARRAYS.keys()
    (tmp_path / key).write_bytes(b"x")
    with pytest.raises(StoreFailed) as altered:
        store.read_carry(key)
    assert altered.value.code == "store:snapshot-altered"
    with pytest.raises(StoreFailed) as missing:
        store.read_carry("carries/none.safetensors")
    assert missing.value.code == "store:carry-missing"


def test_a_header_that_is_no_json_is_refused_before_it_is_stored():
    with pytest.raises(TypeError):
        pack_state(Snapshot({}, {"step": np.float32(1)}), {})


def test_a_log_told_from_a_prefix_is_told_in_full(tmp_path):
    web = WebSide(tmp_path, "ct")
    for index in range(3):
        web.take(Click(1, (index, 1, 1)))
    whole = TakeTurns.read(web.tell_all()).log
    tail = Log.of(whole.digests[2], whole.turns[2:])
    assert tail.digest == whole.digest
    assert tail.after(whole.upto(2)) == whole
    assert tail.after(whole) == whole
    assert tail.after(whole.upto(1)) == tail
    assert json.dumps(whole.digests[0]) == '""'
