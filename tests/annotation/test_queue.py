"""Only what is missing is sent, to whoever holds the session."""

from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from django.utils import timezone

from annotation import queue
from annotation.models import Session
from annotation.services.turn import turn_take, turn_undo
from inference_worker.contract import names

CLICK = {"kind": "click", "label": 1, "voxel": [1, 2, 3]}

pytestmark = pytest.mark.django_db


@pytest.fixture
def take(session, reader, sent, valkey, told, django_capture_on_commit_callbacks):
    def taken():
        with django_capture_on_commit_callbacks(execute=True):
            turn_take(user=reader, session_id=session.pk, id=uuid4(), prompts=[CLICK])
        session.refresh_from_db()

    return taken


@pytest.fixture
def hold(session, valkey):
    """A living worker takes the lease."""

    def held(worker="one", fence=None, alive=True):
        session.refresh_from_db()
        fence = session.fence if fence is None else fence
        valkey.set(names.lease_key(session.pk), f"{fence}:{worker}")
        if alive:
            valkey.set(names.heartbeat_key(worker), "{}")
        else:
            valkey.delete(names.heartbeat_key(worker))

    return held


def seqs(sent):
    return [turn["seq"] for turn in sent.message["log"]["turns"]]


def test_the_first_turn_goes_to_whoever_is_free(take, sent):
    take()
    assert (sent[0].task, sent[0].holder) == (names.TAKE_TURNS, "")
    assert seqs(sent[0]) == [1]
    assert sent[0].message["log"]["base"] == ""


def test_the_holder_is_sent_only_what_it_lacks(take, hold, sent, session):
    take()
    hold()
    base = session.log_digest
    take()
    assert sent[1].holder == "one"
    assert sent[1].message["log"]["base"] == base
    assert seqs(sent[1]) == [2]
    assert sent[1].message["fence"] == sent[0].message["fence"]


def test_a_turn_waits_while_the_one_before_it_stands_in_line(take, sent, session):
    take()
    take()
    assert len(sent) == 1
    assert session.sent_digest != session.log_digest


def test_a_dead_holder_s_session_goes_to_another_under_a_new_fence(
    take, hold, sent, session
):
    take()
    hold(alive=False)
    take()
    assert sent[1].holder == ""
    assert sent[1].message["fence"] == sent[0].message["fence"] + 1 == session.fence
    assert seqs(sent[1]) == [1, 2]
    assert sent[1].message["answer_from"] == 1


def test_a_lease_of_an_older_fence_is_nobody_s(take, hold, sent, session):
    take()
    session.turns.update(answered_at=timezone.now())
    hold(fence=0)
    take()
    assert sent[1].holder == ""


def test_an_answered_session_without_a_holder_is_replayed_for_its_new_turn_only(
    take, sent, session
):
    take()
    session.turns.update(answered_at=timezone.now())
    take()
    assert seqs(sent[1]) == [1, 2]
    assert sent[1].message["answer_from"] == 2


def test_an_undo_asks_for_the_whole_mask_and_new_turns_go_on_from_there(
    take, hold, sent, session, reader, django_capture_on_commit_callbacks
):
    take()
    hold()
    take()
    session.turns.update(answered_at=timezone.now(), heard=1)
    with django_capture_on_commit_callbacks(execute=True):
        turn_undo(user=reader, session_id=session.pk, request=uuid4())
    take()
    assert [message.message["answer_from"] for message in sent[2:]] == ["", 3]
    assert seqs(sent[3]) == [3]


def test_asking_again_sends_nothing_twice(take, sent, session):
    take()
    assert not queue.session_send(session_id=session.pk)
    assert len(sent) == 1


def test_what_cannot_be_published_stays_unsent_and_is_not_lost(
    take, session, monkeypatch, valkey
):
    def refuse(*_, **__):
        raise redis.exceptions.ConnectionError("down")

    with monkeypatch.context() as patch:
        patch.setattr(queue, "_publish", refuse)
        take()
        assert session.sent_digest is None
        assert session.turns.count() == 1
    assert queue.session_send(session_id=session.pk)


def test_valkey_down_is_no_error_of_the_turn(take, session, settings, sent):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    take()
    assert (session.turns.count(), sent) == (1, [])
    assert session.sent_digest is None


def test_the_message_carries_what_makes_a_replay_exact(take, sent, session):
    Session.objects.filter(pk=session.pk).update(
        seed=7, carry_key="carries/x.safetensors", config={"steps": 3}
    )
    take()
    message = sent[0].message
    assert message["seed"] == 7
    assert message["carry_key"] == "carries/x.safetensors"
    assert message["config"] == {"steps": 3}
    assert message["labels"] == [
        {"value": 1, "name": "liver"},
        {"value": 2, "name": "pancreas"},
    ]
    assert message["volume_key"] == session.assignment.volume.key


def test_after_the_longest_wait_in_line_the_next_turn_is_sent_anew(take, sent, session):
    take()
    late = timezone.now() - timedelta(seconds=names.LINE_WAIT_S + 1)
    Session.objects.filter(pk=session.pk).update(sent_at=late)
    take()
    assert seqs(sent[1]) == [1, 2]
