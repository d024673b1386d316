"""A wish to see ahead is no turn: it goes to the session's worker, or nowhere."""

import json
from unittest.mock import AsyncMock
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync

from annotation import broadcast, storage
from annotation.consumers import SessionConsumer
from annotation.services.foresight import foreseen_tell, slices_foresee
from annotation.services.turn import turn_take
from inference_worker.contract import names
from inference_worker.contract.errors import SlicewiseError
from tests.factories import SessionFactory, UserFactory

CLICK = {"kind": "click", "label": 1, "voxel": [1, 2, 3]}

pytestmark = pytest.mark.django_db


@pytest.fixture
def warm(session, reader, sent, told, valkey, django_capture_on_commit_callbacks):
    """A session whose one turn a living worker has."""
    with django_capture_on_commit_callbacks(execute=True):
        turn_take(user=reader, session_id=session.pk, id=uuid4(), prompts=[CLICK])
    session.refresh_from_db()
    valkey.set(names.lease_key(session.pk), f"{session.fence}:one")
    valkey.set(names.heartbeat_key("one"), "{}")
    sent.clear()
    return session


def test_the_worker_that_has_the_session_is_asked(warm, reader, sent, valkey):
    wish = uuid4()
    slices_foresee(user=reader, session_id=warm.pk, wish=wish, slices=[1, 3])
    (message,) = sent
    assert (message.task, message.holder) == (names.FORESEE, "one")
    assert message.message == {
        "session": str(warm.pk),
        "fence": warm.fence,
        "log_digest": warm.log_digest,
        "wish": str(wish),
        "slices": [1, 3],
    }
    assert valkey.get(names.wish_key(warm.pk)) == str(wish).encode()
    warm.refresh_from_db()
    assert warm.turns.count() == 1


def test_without_a_worker_nobody_is_asked(warm, reader, sent, valkey):
    valkey.delete(names.lease_key(warm.pk))
    slices_foresee(user=reader, session_id=warm.pk, wish=uuid4(), slices=[1])
    assert sent == []


def test_a_turn_ends_the_wish(warm, reader, valkey, django_capture_on_commit_callbacks):
    slices_foresee(user=reader, session_id=warm.pk, wish=uuid4(), slices=[1])
    with django_capture_on_commit_callbacks(execute=True):
        turn_take(user=reader, session_id=warm.pk, id=uuid4(), prompts=[CLICK])
    assert valkey.get(names.wish_key(warm.pk)) is None


def test_others_are_refused(warm, sent):
    for other in (UserFactory(), SessionFactory().assignment.reader):
        with pytest.raises(SlicewiseError) as refusal:
            slices_foresee(user=other, session_id=warm.pk, wish=uuid4(), slices=[1])
        assert refusal.value.code.startswith("access:")
    assert sent == []


def test_a_submitted_session_is_not_looked_ahead_in(warm, reader, sent):
    warm.state = "submitted"
    warm.save(update_fields=["state"])
    with pytest.raises(SlicewiseError) as refusal:
        slices_foresee(user=reader, session_id=warm.pk, wish=uuid4(), slices=[1])
    assert refusal.value.code == "session:submitted"
    assert sent == []


@pytest.mark.parametrize("slices", ["1", [1.0], [True], [-1], [999], [0] * 5])
def test_slices_of_no_volume_are_refused(warm, reader, slices):
    with pytest.raises(SlicewiseError) as refusal:
        slices_foresee(user=reader, session_id=warm.pk, wish=uuid4(), slices=slices)
    assert refusal.value.code == "message:malformed"


def test_what_is_too_large_for_a_message_is_read_by_every_tab(
    warm, told, monkeypatch, settings, tmp_path
):
    settings.SLICEWISE_DATA = tmp_path
    key = f"answers/{warm.pk}/w-1.json"
    storage.write_bytes(key, b'{"slices": [{"start": [1, 0, 0]}]}')
    events = []
    monkeypatch.setattr(broadcast, "_send", lambda session, event: events.append(event))
    report = {
        "session": str(warm.pk),
        "fence": warm.fence,
        "log_digest": warm.log_digest,
        "wish": "w",
        "slices": [],
        "answer_key": key,
    }
    told.clear()
    assert foreseen_tell(report=report)
    assert told == []
    tab = SessionConsumer()
    tab.session_id = str(warm.pk)
    tab.send = AsyncMock()
    for event in (*events, {**events[0], "key": "answers/gone.json"}):
        assert event["type"] == "session.fetch"
        async_to_sync(tab.session_fetch)(event)
    tab.send.assert_awaited_once()
    assert json.loads(tab.send.await_args.kwargs["text_data"]) == {
        "type": "foreseen",
        "id": "w",
        "slices": [{"start": [1, 0, 0]}],
    }


def test_what_was_foreseen_is_shown_while_the_log_is_the_same(warm, told):
    report = {
        "session": str(warm.pk),
        "fence": warm.fence,
        "log_digest": warm.log_digest,
        "wish": "w",
        "slices": [],
    }
    told.clear()
    assert foreseen_tell(report=report)
    assert told == [{"type": "foreseen", "id": "w", "slices": []}]
    assert not foreseen_tell(report=report | {"log_digest": ""})
    assert not foreseen_tell(report=report | {"fence": warm.fence + 1})
    assert len(told) == 1
    warm.refresh_from_db()
    assert warm.draft_version == 0
