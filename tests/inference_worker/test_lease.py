"""One worker at a time holds a session; a higher fence takes it over."""

import pytest

from inference_worker.contract.names import cancel_key, heartbeat_key, lease_key
from inference_worker.lease import Claim, Leases, Standing


@pytest.fixture
def one(valkey) -> Leases:
    return Leases(valkey, "one")


@pytest.fixture
def two(valkey) -> Leases:
    return Leases(valkey, "two")


def test_a_claim_is_on_record_for_a_while(one, valkey):
    assert one.claim("s", 3) == Claim("taken", "one")
    assert valkey.get(lease_key("s")) == b"3:one"
    assert 0 < valkey.ttl(lease_key("s")) <= 30


def test_a_higher_fence_takes_the_session_from_a_living_worker(one, two, valkey):
    valkey.set(heartbeat_key("one"), "{}")
    one.claim("s", 3)
    assert two.claim("s", 4).taken
    assert one.claim("s", 3) == Claim("stale", "two")


def test_the_same_fence_belongs_to_the_worker_that_breathes(one, two, valkey):
    valkey.set(heartbeat_key("one"), "{}")
    one.claim("s", 3)
    assert two.claim("s", 3) == Claim("elsewhere", "one")
    valkey.delete(heartbeat_key("one"))
    assert two.claim("s", 3).taken


def test_a_worker_claims_its_own_session_again(one):
    assert one.claim("s", 3).taken
    assert one.claim("s", 3).taken
    assert one.claim("s", 4).taken


def test_renewing_keeps_what_is_ours_and_nothing_else(one, two, valkey):
    one.claim("ours", 1)
    one.claim("theirs", 1)
    one.claim("lost", 1)
    two.claim("theirs", 2)
    for key in ("ours", "theirs"):
        valkey.expire(lease_key(key), 5)
    valkey.delete(lease_key("lost"))
    one.renew_all()
    assert valkey.ttl(lease_key("ours")) > 5
    assert valkey.ttl(lease_key("theirs")) <= 5
    assert valkey.get(lease_key("lost")) is None


def test_releasing_leaves_anothers_lease_alone(one, two, valkey):
    one.claim("s", 1)
    two.claim("s", 2)
    one.release("s")
    assert valkey.get(lease_key("s")) == b"2:two"
    two.release("s")
    assert valkey.get(lease_key("s")) is None


def test_a_new_process_gives_back_what_its_predecessor_held(one, two, valkey):
    one.claim("a", 1)
    two.claim("b", 1)
    Leases(valkey, "one").release_predecessor()
    assert valkey.get(lease_key("a")) is None
    assert valkey.get(lease_key("b")) == b"1:two"


def test_a_step_learns_that_it_was_cancelled_or_superseded(one, two, valkey):
    one.claim("s", 1)
    assert one.standing("s", 1) == Standing()
    valkey.set(cancel_key("s"), "turn")
    two.claim("s", 2)
    assert one.standing("s", 1) == Standing(superseded=True, cancelled="turn")


def test_a_lost_lease_supersedes_nobody(one, valkey):
    one.claim("s", 1)
    valkey.flushdb()
    assert one.standing("s", 1) == Standing()
