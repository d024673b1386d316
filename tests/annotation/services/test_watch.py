"""Whatever a dead worker, broker or desk left unanswered is sent again, once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from annotation.models import Session
from annotation.services import watch as watching
from annotation.services.turn import turn_take
from annotation.services.watch import Watch, sessions_waiting
from inference_worker.contract import names

CLICK = {"kind": "click", "label": 1, "voxel": [1, 2, 3]}

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(session, reader, sent, told, valkey, django_capture_on_commit_callbacks):
    """The session with one turn that was sent and is not answered."""
    with django_capture_on_commit_callbacks(execute=True):
        turn_take(user=reader, session_id=session.pk, id=uuid4(), prompts=[CLICK])
    session.refresh_from_db()
    return session


@pytest.fixture
def watch(valkey):
    """A watcher that has seen Valkey as it is."""
    valkey.set(names.heartbeat_key("one"), "{}")
    watch = Watch()
    watch.round()
    long_ago = timezone.now() - timedelta(hours=1)
    watch._restarted_at = watch._vanished_at = long_ago
    return watch


@pytest.fixture
def look(watch, sent, django_capture_on_commit_callbacks):
    """One round; what it sent."""

    def looked():
        sent.clear()
        with django_capture_on_commit_callbacks(execute=True):
            watch.round()
        return [(message.holder, message.message["fence"]) for message in sent]

    return looked


def hold(valkey, session, worker, *, alive=True):
    valkey.set(names.lease_key(session.pk), f"{session.fence}:{worker}")
    if alive:
        valkey.set(names.heartbeat_key(worker), "{}")


def age(session, seconds):
    late = timezone.now() - timedelta(seconds=seconds)
    Session.objects.filter(pk=session.pk).update(sent_at=late)
    session.turns.update(taken_at=late)


def test_a_living_holder_is_left_alone(watch, waiting, look, valkey):
    hold(valkey, waiting, "one")
    assert look() == []


def test_a_message_in_line_is_left_alone_for_a_while(watch, waiting, look):
    assert look() == []
    age(waiting, names.LINE_WAIT_S + 1)
    assert look() == [("", waiting.fence + 1)]
    assert look() == []


def test_a_dead_holder_s_turn_goes_to_another(watch, waiting, look, valkey):
    hold(valkey, waiting, "dead", alive=False)
    assert look() == [("", waiting.fence + 1)]
    waiting.refresh_from_db()
    assert waiting.attempts == 1
    # The old lease is of an older fence: the new message stands in line.
    assert look() == []


def test_a_vanished_worker_hurries_what_stood_in_line(
    watch, waiting, look, valkey, sent
):
    valkey.set(names.heartbeat_key("two"), "{}")
    look()
    valkey.delete(names.heartbeat_key("two"))
    assert look() == [("", waiting.fence + 1)]


def test_a_restarted_valkey_hurries_everything(watch, waiting, look, monkeypatch):
    monkeypatch.setattr(watching, "valkey_identity", lambda: "another")
    assert look() == [("", waiting.fence + 1)]
    assert look() == []


def test_a_turn_that_was_never_sent_is_sent(watch, waiting, look):
    Session.objects.filter(pk=waiting.pk).update(sent_digest=None, sent_at=None)
    assert look() == []  # it is being sent this moment
    age(waiting, 2)
    assert look() == [("", waiting.fence + 1)]


def test_a_holder_silent_for_too_long_is_asked_again(watch, waiting, look, valkey):
    hold(valkey, waiting, "one")
    age(waiting, names.ASK_AGAIN_S + 1)
    assert look() == [("one", waiting.fence)]


def test_a_turn_that_kills_every_worker_is_undone_in_the_end(
    watch, waiting, look, valkey, told
):
    for _ in range(names.ATTEMPTS_MAX):
        waiting.refresh_from_db()
        hold(valkey, waiting, "dead", alive=False)
        look()
    turn = waiting.turns.get()
    assert turn.state == "undone"
    assert turn.error["code"] == "engine:worker-lost"
    assert "error" in [message["type"] for message in told]
    assert not sessions_waiting().exists()


def test_two_watchers_send_it_once(watch, waiting, look, sent, valkey):
    hold(valkey, waiting, "dead", alive=False)
    look()
    other = Watch()
    other._valkey = watch._valkey
    other._restarted_at = other._vanished_at = watch._restarted_at
    sent.clear()
    other.round()
    assert sent == []


def test_answered_sessions_are_not_looked_at(waiting):
    assert list(sessions_waiting()) == [waiting]
    waiting.turns.update(answered_at=timezone.now())
    assert not sessions_waiting().exists()
    Session.objects.filter(pk=waiting.pk).update(canvas_wanted=True)
    assert sessions_waiting().exists()
    Session.objects.filter(pk=waiting.pk).update(state="submitted")
    assert not sessions_waiting().exists()
    Session.objects.filter(pk=waiting.pk).update(carry_wanted=True)
    assert sessions_waiting().exists()


def test_a_carry_that_never_comes_is_given_up(watch, waiting, look):
    Session.objects.filter(pk=waiting.pk).update(state="submitted", carry_wanted=True)
    for fence in range(1, names.ATTEMPTS_MAX):
        age(waiting, names.LINE_WAIT_S + 1)
        assert look() == [("", waiting.fence + fence)]
    age(waiting, names.LINE_WAIT_S + 1)
    assert look() == []
    waiting.refresh_from_db()
    assert not waiting.carry_wanted


def test_a_carry_that_kills_workers_is_given_up(watch, waiting, look, valkey):
    Session.objects.filter(pk=waiting.pk).update(state="submitted", carry_wanted=True)
    for _ in range(names.ATTEMPTS_MAX):
        waiting.refresh_from_db()
        hold(valkey, waiting, "dead", alive=False)
        look()
    waiting.refresh_from_db()
    assert not waiting.carry_wanted
