"""How unsure a slice is goes from its worker to the tabs, and is stored nowhere."""

from uuid import uuid4

import pytest

from annotation.services.turn import turn_take
from annotation.services.uncertainty import uncertainty_ask, uncertainty_tell
from inference_worker.contract import names
from inference_worker.contract.errors import SlicewiseError
from tests.factories import UserFactory

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
    told.clear()
    return session


def test_the_worker_that_has_the_session_is_asked(warm, reader, sent, told):
    wish = uuid4()
    uncertainty_ask(user=reader, session_id=warm.pk, wish=wish, slice=1)
    (message,) = sent
    assert (message.task, message.holder) == (names.TELL_UNCERTAINTY, "one")
    assert message.message == {
        "session": str(warm.pk),
        "fence": warm.fence,
        "wish": str(wish),
        "slice": 1,
    }
    assert told == []


def test_without_a_worker_it_is_told_that_there_is_none(
    warm, reader, sent, told, valkey
):
    valkey.delete(names.lease_key(warm.pk))
    wish = uuid4()
    uncertainty_ask(user=reader, session_id=warm.pk, wish=wish, slice=1)
    assert sent == []
    none = {"type": "uncertainty", "id": str(wish), "slice": 1, "map": None}
    assert told == [none]


def test_others_are_refused(warm, sent):
    with pytest.raises(SlicewiseError) as refusal:
        uncertainty_ask(user=UserFactory(), session_id=warm.pk, wish=uuid4(), slice=1)
    assert refusal.value.code.startswith("access:")
    assert sent == []


@pytest.mark.parametrize("slice", ["1", 1.0, True, -1, 999, None])
def test_slices_of_no_volume_are_refused(warm, reader, slice):
    with pytest.raises(SlicewiseError) as refusal:
        uncertainty_ask(user=reader, session_id=warm.pk, wish=uuid4(), slice=slice)
    assert refusal.value.code == "message:malformed"


def test_only_the_word_of_the_present_worker_is_passed_on(warm, told):
    report = {
        "session": str(warm.pk),
        "fence": warm.fence,
        "wish": "w",
        "slice": 1,
        "map": {"step": 1},
    }
    assert not uncertainty_tell(report=report | {"fence": warm.fence + 1})
    assert uncertainty_tell(report=report)
    passed = {"type": "uncertainty", "id": "w", "slice": 1, "map": {"step": 1}}
    assert told == [passed]
