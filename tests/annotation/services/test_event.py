"""Events are kept as they came, once."""

from uuid import uuid4

import pytest

from annotation.models import Event
from annotation.services.event import EVENTS_MAX, event_record
from inference_worker.contract.errors import MessageError

pytestmark = pytest.mark.django_db

GOOD = {"seq": 1, "t": 12.5, "kind": "scroll", "data": {"slice": 3}}


def record(session, events, tab=None):
    return event_record(
        user=session.assignment.reader,
        session_id=session.pk,
        tab=str(tab or uuid4()),
        events=events,
    )


def test_events_are_stored_with_their_clock_and_number(session):
    tab = uuid4()
    assert record(session, [GOOD, {"seq": 2, "t": 13, "kind": "key"}], tab) == (tab, 2)
    first, second = Event.objects.all()
    assert (first.tab, first.seq, first.t, first.kind) == (tab, 1, 12.5, "scroll")
    assert (first.data, second.data) == ({"slice": 3}, {})


def test_events_sent_twice_are_stored_once_as_they_first_came(session):
    tab = uuid4()
    record(session, [GOOD], tab)
    record(session, [GOOD | {"kind": "other"}, GOOD | {"seq": 2}], tab)
    assert list(Event.objects.values_list("seq", "kind")) == [
        (1, "scroll"),
        (2, "scroll"),
    ]


def test_two_tabs_count_for_themselves(session):
    record(session, [GOOD])
    record(session, [GOOD])
    assert Event.objects.count() == 2


def test_events_are_taken_after_the_case_was_submitted(session):
    session.state = "submitted"
    session.save()
    record(session, [GOOD])
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    "events",
    [
        None,
        [],
        {},
        [GOOD] * (EVENTS_MAX + 1),
        ["scroll"],
        [GOOD | {"seq": 0}],
        [GOOD | {"seq": True}],
        [GOOD | {"seq": 2**31}],
        [GOOD | {"t": "now"}],
        [GOOD | {"t": -1}],
        [GOOD | {"t": float("nan")}],
        [GOOD | {"t": 10**40}],
        [GOOD | {"kind": ""}],
        [GOOD | {"kind": "k" * 33}],
        [GOOD | {"kind": 5}],
        [GOOD | {"data": ["x"]}],
        [GOOD | {"data": {"text": "x" * 5000}}],
    ],
)
def test_what_is_no_event_is_refused_whole(session, events):
    with pytest.raises(MessageError) as refusal:
        record(session, events)
    assert refusal.value.code == "message:malformed"
    assert not Event.objects.exists()


def test_a_tab_without_a_uuid_is_refused(session):
    with pytest.raises(MessageError):
        record(session, [GOOD], tab="one")
