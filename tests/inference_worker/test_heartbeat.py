"""A worker beats while it computes, and ends itself when it cannot answer any more."""

import json
import time

import pytest

from inference_worker.contract.names import heartbeat_key, lease_key
from inference_worker.heartbeat import Activity, Heartbeat
from inference_worker.lease import Leases


@pytest.fixture
def ended() -> list[int]:
    return []


@pytest.fixture
def beat(valkey, ended):
    """Start a heartbeat; it stops with the test."""
    started = []

    def start(activity: Activity, stuck_s: float = 60.0) -> Heartbeat:
        heartbeat = Heartbeat(
            valkey,
            Leases(valkey, "one"),
            activity,
            describe=lambda: {"sessions": 2},
            stuck_s=stuck_s,
            end_process=ended.append,
        )
        heartbeat.start()
        started.append(heartbeat)
        return heartbeat

    yield start
    for heartbeat in started:
        heartbeat.stop()


def wait_for(condition) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def test_it_says_what_the_worker_holds_and_falls_silent_at_once(beat, valkey):
    heartbeat = beat(Activity())
    assert wait_for(lambda: valkey.get(heartbeat_key("one")))
    assert json.loads(valkey.get(heartbeat_key("one"))) == {"sessions": 2}
    assert 0 < valkey.ttl(heartbeat_key("one")) <= 6
    heartbeat.stop()
    assert valkey.get(heartbeat_key("one")) is None


def test_it_renews_the_leases(beat, valkey):
    heartbeat = beat(Activity())
    heartbeat._leases.claim("s", 1)
    valkey.expire(lease_key("s"), 3)
    assert wait_for(lambda: valkey.ttl(lease_key("s")) > 20)


def test_a_step_that_is_silent_for_too_long_ends_the_process(beat, ended):
    activity = Activity()
    activity.touch()
    beat(activity, stuck_s=0.1)
    assert wait_for(lambda: ended == [1])


def test_a_worker_that_rests_is_not_stuck(beat, ended, valkey):
    activity = Activity()
    activity.touch()
    activity.rest()
    beat(activity, stuck_s=0.1)
    assert wait_for(lambda: valkey.get(heartbeat_key("one")))
    time.sleep(0.8)
    assert ended == []


def test_an_orphan_ends_itself(beat, ended):
    heartbeat = beat(Activity())
    heartbeat._parent = -1
    assert wait_for(lambda: ended == [1])
