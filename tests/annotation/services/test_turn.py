"""Turns are checked before they are written, written once, and unlearnt in order."""

from uuid import uuid4

import pytest

from annotation.models import AuditEvent, LogChange
from annotation.services.turn import (
    turn_back,
    turn_cancel,
    turn_redo,
    turn_remove,
    turn_stop,
    turn_take,
    turn_undo,
)
from inference_worker.contract.errors import SlicewiseError
from inference_worker.contract.log import prefix_digests
from inference_worker.contract.names import TAKE_TURNS, cancel_key
from tests.factories import SessionFactory

CLICK = {"kind": "click", "label": 1, "voxel": [1, 2, 3]}
VISIT = {"kind": "visit", "slice": 2}

pytestmark = pytest.mark.django_db


@pytest.fixture
def take(session, reader, sent, told, valkey, django_capture_on_commit_callbacks):
    """Take a turn and let what follows its commit happen."""

    def taken(prompts=(CLICK,), id=None):
        with django_capture_on_commit_callbacks(execute=True):
            return turn_take(
                user=reader,
                session_id=session.pk,
                id=id or uuid4(),
                prompts=list(prompts),
            )

    return taken


@pytest.fixture
def change(session, reader, sent, told, django_capture_on_commit_callbacks):
    """Undo, redo, … and let what follows the commit happen."""

    def changed(service, **given):
        with django_capture_on_commit_callbacks(execute=True):
            service(user=reader, session_id=session.pk, **given)

    return changed


def states(session):
    return list(session.turns.order_by("seq").values_list("state", flat=True))


def check_links(session):
    """Every active turn names the log up to itself, and the session the whole log."""
    session.refresh_from_db()
    turns = list(session.turns.filter(state="active").order_by("seq"))
    log = [{"id": str(turn.pk), "prompts": turn.prompts} for turn in turns]
    expected = list(prefix_digests(log))
    assert [turn.log_digest for turn in turns] == expected
    assert session.log_digest == (expected[-1] if expected else "")


def test_a_turn_is_logged_linked_audited_and_sent(take, session, reader, sent):
    turn = take()
    check_links(session)
    assert turn.seq == session.last_seq == 1
    event = AuditEvent.objects.get(action="turn:taken")
    assert (event.actor, event.data["log_digest"]) == (reader, session.log_digest)
    (message,) = sent
    assert message.task == TAKE_TURNS
    assert message.message["log"]["turns"][0]["id"] == str(turn.pk)
    assert message.message["answer_from"] == 1
    assert message.message["fence"] == session.fence == 1


def test_the_same_id_again_answers_the_same_and_sends_nothing(take, session, sent):
    first = take()
    again = take(id=first.pk)
    assert again.seq == first.seq
    assert session.turns.count() == 1
    assert len(sent) == 1


def test_an_id_with_other_prompts_is_refused(take):
    first = take()
    with pytest.raises(SlicewiseError) as refusal:
        take([VISIT], id=first.pk)
    assert refusal.value.code == "message:turn-id-reused"


def test_an_id_of_another_session_is_refused(take, sent):
    first = take()
    other = SessionFactory()
    with pytest.raises(SlicewiseError) as refusal:
        turn_take(
            user=other.assignment.reader,
            session_id=other.pk,
            id=first.pk,
            prompts=[CLICK],
        )
    assert refusal.value.code == "message:turn-id-reused"


@pytest.mark.parametrize(
    ("code", "prompts"),
    [
        ("prompt:empty", []),
        ("prompt:outside-volume", [{"kind": "click", "label": 1, "voxel": [9, 0, 0]}]),
        ("prompt:outside-volume", [{"kind": "visit", "slice": -1}]),
        ("prompt:unknown-label", [{"kind": "click", "label": 9, "voxel": [0, 0, 0]}]),
        ("prompt:not-taken", [{"kind": "propagate", "slice": 0, "direction": 1}]),
        ("message:malformed", [{"kind": "click", "label": 1, "voxel": [0, 0]}]),
        ("message:malformed", [{"kind": "wish"}]),
        ("message:malformed", ["click"]),
        ("message:malformed", {"kind": "click"}),
        ("message:malformed", [CLICK] * 1001),
        (
            "prompt:outside-volume",
            [
                {
                    "kind": "paint",
                    "region": {"start": [0, 0, 0], "stop": [4, 8192, 8192]},
                    "where": {},
                }
            ],
        ),
    ],
)
def test_bad_prompts_are_refused_with_nothing_written(
    session, reader, sent, code, prompts
):
    with pytest.raises(SlicewiseError) as refusal:
        turn_take(user=reader, session_id=session.pk, id=uuid4(), prompts=prompts)
    assert refusal.value.code == code
    session.refresh_from_db()
    assert (session.turns.count(), session.last_seq, sent) == (0, 0, [])
    assert not AuditEvent.objects.exists()


def test_a_good_prompt_beside_a_bad_one_is_not_kept(session, reader, sent):
    far = {"kind": "click", "label": 1, "voxel": [1, 2, 9999]}
    with pytest.raises(SlicewiseError):
        turn_take(user=reader, session_id=session.pk, id=uuid4(), prompts=[CLICK, far])
    assert session.turns.count() == 0


def test_a_submitted_session_takes_no_turn_but_knows_its_own(take, session):
    first = take()
    session.refresh_from_db()
    session.state = "submitted"
    session.save()
    assert take(id=first.pk).pk == first.pk
    with pytest.raises(SlicewiseError) as refusal:
        take()
    assert refusal.value.code == "session:submitted"


def test_undo_skips_looks_and_redo_brings_it_back_where_it_was(take, change, session):
    take()
    take()
    take([VISIT])
    change(turn_undo, request=uuid4())
    assert states(session) == ["active", "undone", "active"]
    check_links(session)
    change(turn_redo, request=uuid4())
    assert states(session) == ["active", "active", "active"]
    check_links(session)


def test_redo_goes_back_in_the_order_of_the_undoing(take, change, session):
    first, _, third = take(), take(), take()
    change(turn_remove, turn_id=first.pk, request=uuid4())
    change(turn_undo, request=uuid4())
    assert states(session) == ["undone", "active", "undone"]
    change(turn_redo, request=uuid4())
    assert session.turns.get(pk=third.pk).state == "active"
    change(turn_redo, request=uuid4())
    assert states(session) == ["active", "active", "active"]
    check_links(session)


def test_a_new_mark_ends_the_way_back_and_a_look_does_not(take, change, session):
    take()
    change(turn_undo, request=uuid4())
    take([VISIT])
    assert states(session) == ["undone", "active"]
    take()
    assert states(session) == ["discarded", "active", "active"]
    with pytest.raises(SlicewiseError) as refusal:
        change(turn_redo, request=uuid4())
    assert refusal.value.code == "session:nothing-to-redo"


def test_an_undo_sent_twice_is_done_once_and_answered_twice(
    take, change, session, told
):
    take()
    take()
    request = uuid4()
    change(turn_undo, request=request)
    change(turn_undo, request=request)
    assert states(session) == ["active", "undone"]
    answers = [(message["type"], message["request"]) for message in told]
    assert answers == [("log", str(request))] * 2
    assert LogChange.objects.count() == 1


def test_going_back_undoes_all_that_came_later_once_and_redo_brings_it_in_order(
    take, change, session, told, sent
):
    first, request = take(), uuid4()
    take([VISIT])
    second = take()
    take()
    messages = len(sent)
    for _ in range(2):
        change(turn_back, turn_id=first.pk, request=request)
        assert states(session) == ["active", "active", "undone", "undone"]
    assert len(sent) == messages + 1
    assert [message["request"] for message in told] == [str(request)] * 2
    assert LogChange.objects.count() == 2
    check_links(session)
    change(turn_redo, request=uuid4())
    assert session.turns.get(pk=second.pk).state == "active"
    change(turn_back, turn_id=second.pk, request=uuid4())
    assert states(session) == ["active", "active", "active", "undone"]
    change(turn_redo, request=uuid4())
    assert states(session) == ["active"] * 4
    check_links(session)


def test_undo_with_nothing_to_undo_is_refused(take, change):
    take([VISIT])
    with pytest.raises(SlicewiseError) as refusal:
        change(turn_undo, request=uuid4())
    assert refusal.value.code == "session:nothing-to-undo"


def test_an_undone_turn_asks_for_the_mask_of_the_shorter_log(
    take, change, session, sent
):
    take()
    take()
    session.turns.update(heard=1)
    change(turn_undo, request=uuid4())
    session.refresh_from_db()
    message = sent[-1].message
    assert message["answer_from"] == ""
    assert [turn["seq"] for turn in message["log"]["turns"]] == [1]
    assert session.canvas_wanted


def test_cancelling_an_unanswered_turn_discards_it_and_tells_the_worker(
    take, change, session, valkey
):
    turn = take()
    change(turn_cancel, turn_id=turn.pk)
    assert states(session) == ["discarded"]
    assert valkey.get(cancel_key(session.pk)).decode() == str(turn.pk)
    session.refresh_from_db()
    # Nothing of it was stored, so the draft is right as it is.
    assert not session.canvas_wanted


def test_cancelling_an_answered_turn_leaves_it(take, change, session):
    turn = take()
    session.turns.update(answered_at=turn.taken_at)
    change(turn_cancel, turn_id=turn.pk)
    assert states(session) == ["active"]


@pytest.fixture
def walk(session, take):
    """A propagation that has come from slice 0 to slice 2."""
    session.engine = "mem3d"
    session.save()
    asked = {"kind": "propagate", "slice": 0, "direction": 1, "count": None}
    take()
    turn = take([asked])
    session.turns.filter(pk=turn.pk).update(heard=3, stages={"arrived": [0, 1, 2]})
    return turn


def test_stopping_a_propagation_keeps_as_much_of_it_as_has_come(
    walk, take, change, session, sent, told, valkey
):
    later, request = take(), uuid4()
    change(turn_stop, turn_id=walk.pk, request=request)
    kept = session.turns.get(pk=request)
    assert (kept.seq, kept.heard, kept.state) == (2, 3, "active")
    assert kept.prompts == [
        {"kind": "propagate", "slice": 0, "direction": 1, "count": 2}
    ]
    walk.refresh_from_db()
    assert (walk.seq, walk.state) == (4, "discarded")
    check_links(session)
    # What is shown is right as it is; the worker has still to come to it.
    assert not session.canvas_wanted
    assert valkey.get(cancel_key(session.pk)).decode() == str(walk.pk)
    message = sent[-1].message
    assert [turn["seq"] for turn in message["log"]["turns"]] == [1, 2, 3]
    assert told[-1]["request"] == str(request)
    assert session.log_changes.get().kind == "stop"
    # Sent twice it is done once; what is kept is not stopped again.
    change(turn_stop, turn_id=walk.pk, request=request)
    change(turn_stop, turn_id=request, request=uuid4())
    assert session.log_changes.count() == 1
    assert later.pk in set(session.turns.values_list("pk", flat=True))
    change(turn_undo, request=uuid4())
    change(turn_undo, request=uuid4())
    assert states(session) == ["active", "undone", "undone", "discarded"]


def test_stopping_before_anything_has_come_is_cancelling(walk, change, session):
    session.turns.filter(pk=walk.pk).update(heard=1, stages={"arrived": [0]})
    change(turn_stop, turn_id=walk.pk, request=uuid4())
    assert states(session) == ["active", "discarded"]
    session.refresh_from_db()
    assert session.canvas_wanted


def test_stopping_a_propagation_that_is_over_leaves_it(walk, change, session):
    session.turns.filter(pk=walk.pk).update(answered_at=walk.taken_at)
    change(turn_stop, turn_id=walk.pk, request=uuid4())
    assert states(session) == ["active", "active"]


def test_removing_a_turn_of_another_session_is_refused(take, change, sent):
    take()
    with pytest.raises(SlicewiseError) as refusal:
        change(turn_remove, turn_id=uuid4(), request=uuid4())
    assert refusal.value.code == "session:no-such-turn"
