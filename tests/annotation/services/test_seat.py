"""Of a reader's computers one writes; a courtesy that stands in nobody's way."""

from uuid import uuid4

import pytest
import redis

from annotation import seats
from annotation.services.seat import seat_ask, seat_leave
from inference_worker.contract.errors import SlicewiseError
from tests.factories import MembershipFactory

HERE, THERE = uuid4(), uuid4()

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(session, reader, told, valkey):
    """Who sits, after a page has asked."""

    def asked(browser, *, page="page", take=False, waits=False, user=reader):
        answer = seat_ask(
            user=user,
            session_id=session.pk,
            browser=browser,
            page=page,
            take=take,
            waits=waits,
        )
        assert answer["type"] == "seat"
        return answer["holder"]

    return asked


def test_the_first_sits_and_the_second_looks_on(ask, told):
    assert ask(HERE) == str(HERE)
    assert ask(THERE) == str(HERE)
    assert ask(HERE) == str(HERE)
    assert told == []


def test_a_seat_is_taken_and_all_are_told(ask, told):
    ask(HERE)
    assert ask(THERE, take=True) == str(THERE)
    assert told == [{"type": "seat", "holder": str(THERE)}]
    assert ask(HERE) == str(THERE)


def test_a_seat_runs_out_unless_it_is_asked_for_again(ask, session, valkey):
    ask(HERE)
    key = f"seat:{session.pk}"
    valkey.expire(key, 1)
    ask(THERE)
    assert valkey.ttl(key) <= 1
    ask(HERE)
    assert valkey.ttl(key) > seats.RETURN_S
    valkey.delete(key)
    assert ask(THERE) == str(THERE)


def test_a_seat_that_was_left_is_free_for_who_comes(ask, session):
    ask(HERE)
    seat_leave(session_id=session.pk, browser=HERE, page="page")
    assert ask(THERE) == str(THERE)
    assert ask(HERE) == str(THERE)


def test_who_waits_leaves_it_a_moment_to_its_browser(ask, session, valkey):
    ask(HERE)
    seat_leave(session_id=session.pk, browser=HERE, page="page")
    assert ask(THERE, waits=True) == str(HERE)
    assert 0 < valkey.ttl(f"seat:{session.pk}") <= seats.RETURN_S
    assert ask(HERE, page="loaded again") == str(HERE)
    # The page from before is late to go.
    seat_leave(session_id=session.pk, browser=HERE, page="page")
    assert valkey.ttl(f"seat:{session.pk}") > seats.RETURN_S


def test_without_valkey_everybody_sits(ask, session, monkeypatch):
    def unreachable():
        raise redis.exceptions.ConnectionError("away")

    monkeypatch.setattr(seats, "valkey_client", unreachable)
    assert ask(HERE) == str(HERE)
    assert ask(THERE) == str(THERE)
    seat_leave(session_id=session.pk, browser=HERE, page="page")


def test_only_the_reader_sits_down(ask, session):
    lead = MembershipFactory(project=session.assignment.volume.project).user
    with pytest.raises(SlicewiseError) as refused:
        ask(HERE, user=lead)
    assert refused.value.code == "access:read-only"
    for odd in ({"take": "yes"}, {"waits": None}):
        with pytest.raises(SlicewiseError) as refused:
            ask(HERE, **odd)
        assert refused.value.code == "message:malformed"
