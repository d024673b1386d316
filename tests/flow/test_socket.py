"""The socket itself: who is let in, what bad input gets, and that it stays open."""

import asyncio
import json
from uuid import uuid4

import pytest
import redis
from channels.testing import WebsocketCommunicator
from channels_redis.core import RedisChannelLayer
from django.contrib.auth.models import AnonymousUser

from annotation.models import AuditEvent, Event, Turn, User
from tests.factories import MembershipFactory, UserFactory
from tests.flow.browser import Tab, in_thread

CLICK = {"kind": "click", "label": 1, "voxel": [1, 2, 3]}
FAR = {"kind": "click", "label": 1, "voxel": [1, 2, 300]}

pytestmark = pytest.mark.django_db(transaction=True)

count = in_thread(lambda model: model.objects.count())


@pytest.fixture
def session(make_session):
    return make_session()


@pytest.fixture
async def tab(session):
    tab = Tab(session, session.assignment.reader)
    await tab.open()
    yield tab
    await tab.close()


async def closed_with(tab):
    """Connect; the code the server closes with."""
    accepted, _ = await tab.socket.connect()
    assert accepted
    message = await tab.socket.receive_output()
    assert message["type"] == "websocket.close"
    return message["code"]


async def test_nobody_is_let_in(session):
    assert await closed_with(Tab(session, AnonymousUser())) == 4401


async def test_a_stranger_is_not_let_in_nor_told_whether_it_exists(session):
    stranger = await in_thread(UserFactory)()
    assert await closed_with(Tab(session, stranger)) == 4403
    session.pk = uuid4()
    assert await closed_with(Tab(session, stranger)) == 4403


async def test_an_address_without_a_session_is_nowhere(session):
    tab = Tab(session, session.assignment.reader)
    tab.socket = WebsocketCommunicator(tab.application, "/ws/elsewhere/")
    assert await closed_with(tab) == 4404


async def test_while_valkey_is_away_a_browser_is_asked_to_try_again(
    session, monkeypatch
):
    async def away(layer, group, channel):
        raise redis.exceptions.ConnectionError("away")

    monkeypatch.setattr(RedisChannelLayer, "group_add", away)
    assert await closed_with(Tab(session, session.assignment.reader)) == 1011


async def test_a_socket_is_closed_while_valkey_is_away(session, monkeypatch):
    async def away(layer, group, channel):
        raise redis.exceptions.ConnectionError("away")

    tab = Tab(session, session.assignment.reader)
    await tab.open()
    with monkeypatch.context() as patch:
        patch.setattr(RedisChannelLayer, "group_discard", away)
        # Raises what the server would log as a failure of ours.
        await tab.close()


MESSAGES = {
    "turn": {"type": "turn", "id": str(uuid4()), "prompts": [CLICK]},
    "undo": {"type": "undo", "id": str(uuid4())},
    "back": {"type": "back", "id": str(uuid4()), "turn": str(uuid4())},
    "redo": {"type": "redo", "id": str(uuid4())},
    "remove": {"type": "remove", "id": str(uuid4()), "turn": str(uuid4())},
    "cancel": {"type": "cancel", "turn": str(uuid4())},
    "foresee": {"type": "foresee", "id": str(uuid4()), "slices": [1]},
    "sit": {
        "type": "sit",
        "browser": str(uuid4()),
        "take": False,
        "waits": False,
    },
    "events": {
        "type": "events",
        "tab": str(uuid4()),
        "events": [{"seq": 1, "t": 0, "kind": "key"}],
    },
}


async def test_a_lead_may_look_and_change_nothing(session):
    project = session.assignment.volume.project
    lead = await in_thread(lambda: MembershipFactory(project=project))()
    tab = Tab(session, lead.user)
    await tab.open()
    for message in MESSAGES.values():
        await tab.say(**message)
        answer = await tab.hear("error")
        assert answer["error"]["code"] == "access:read-only", message
    assert (await count(Turn), await count(Event)) == (0, 0)
    await tab.close()


async def test_a_lead_sees_the_reader_s_answers(session, tab):
    project = session.assignment.volume.project
    lead = await in_thread(lambda: MembershipFactory(project=project))()
    other = Tab(session, lead.user)
    await other.open()
    turn = await tab.draw(CLICK)
    await tab.answered(turn)
    await other.answered(turn)
    assert (tab.mask == other.mask).all()
    await other.close()


async def test_one_computer_of_the_reader_writes_until_another_takes_over(session, tab):
    other = Tab(session, session.assignment.reader)
    await other.open()
    here, there = str(uuid4()), str(uuid4())
    for at, browser, take, holder in (
        (tab, here, False, here),
        (other, there, False, here),
        (other, there, True, there),
        (tab, here, False, there),
    ):
        await at.say(type="sit", browser=browser, take=take, waits=False)
        assert (await at.hear("seat"))["holder"] == holder
    await other.close()


async def test_who_is_deactivated_is_heard_no_more(session, tab):
    readers = User.objects.filter(pk=session.assignment.reader_id)
    await in_thread(readers.update)(is_active=False)
    await tab.draw(CLICK)
    assert (await tab.hear("error"))["error"]["code"] == "access:missing"
    assert await count(Turn) == 0


def turn_of(*prompts, **changed):
    body = {"type": "turn", "id": str(uuid4()), "prompts": list(prompts)} | changed
    return json.dumps(body)


BAD = [
    ("message:malformed", "{"),
    ("message:malformed", ""),
    ("message:malformed", "[]"),
    ("message:malformed", "null"),
    ("message:malformed", "[" * 100_000),
    ("message:malformed", '{"type": "clock", "t": NaN}'),
    ("message:malformed", '{"type": "clock", "t": 1e999}'),
    ("message:malformed", '{"type": "clock", "t": true}'),
    ("message:malformed", '{"type": "clock"}'),
    ("message:malformed", '{"type": "x\\u0000"}'),
    ("message:malformed", '{"type": "\\ud800"}'),
    ("message:malformed", '{"type": "sit", "take": true}'),
    ("message:unknown-type", "{}"),
    ("message:unknown-type", '{"type": "wish"}'),
    ("message:unknown-type", '{"type": ["turn"]}'),
    ("message:too-large", '"' + "x" * (10 << 20) + '"'),
    ("message:too-large", '"' + "é" * (600 << 10) + '"'),
    ("message:malformed", turn_of(CLICK, id=5)),
    ("message:malformed", turn_of(CLICK, id="five")),
    ("message:malformed", turn_of(CLICK, prompts=None)),
    ("message:malformed", turn_of({"kind": "click", "label": 1})),
    ("message:malformed", turn_of({"kind": "click", "label": 1, "voxel": "1,2,3"})),
    ("message:malformed", turn_of({**CLICK, "voxel": [1, 2, 3.5]})),
    ("message:malformed", turn_of({**CLICK, "voxel": [1, 2, 10**30]})),
    ("message:malformed", turn_of({**CLICK, "label": -1})),
    ("message:malformed", turn_of({"kind": "paint", "region": {}, "where": {}})),
    ("prompt:empty", turn_of()),
    ("prompt:outside-volume", turn_of(FAR)),
    ("prompt:outside-volume", turn_of(CLICK, FAR)),
    ("prompt:unknown-label", turn_of({**CLICK, "label": 9})),
    ("prompt:not-taken", turn_of({"kind": "propagate", "slice": 1, "direction": 0})),
    ("session:nothing-to-undo", json.dumps(MESSAGES["undo"])),
    ("session:nothing-to-redo", json.dumps(MESSAGES["redo"])),
    ("session:no-such-turn", json.dumps(MESSAGES["cancel"])),
    ("session:no-such-turn", json.dumps(MESSAGES["remove"])),
    ("session:no-such-turn", json.dumps(MESSAGES["back"])),
    ("message:malformed", json.dumps({"type": "undo", "id": "x"})),
    ("message:malformed", json.dumps({"type": "events", "tab": "x", "events": []})),
]


async def test_bad_input_is_refused_and_the_connection_kept(tab):
    before = await count(AuditEvent)
    for code, text in BAD:
        await tab.socket.send_input({"type": "websocket.receive", "text": text})
        answer = await tab.hear("error")
        assert answer["error"]["code"] == code, text[:200]
        assert answer["error"]["message"].endswith(".")
    assert [await count(m) for m in (Turn, Event, AuditEvent)] == [0, 0, before]
    await tab.answered(await tab.draw(CLICK))


async def test_bytes_are_refused_and_the_connection_kept(tab):
    await tab.socket.send_to(bytes_data=b"\x00\x01")
    assert (await tab.hear("error"))["error"]["code"] == "message:malformed"
    await tab.answered(await tab.draw(CLICK))


async def test_an_error_names_the_turn_it_speaks_of(tab):
    turn = await tab.draw(FAR)
    assert (await tab.hear("error"))["turn"] == turn
    await tab.say(type="undo", id=str(uuid4()))
    assert (await tab.hear("error"))["turn"] is None


async def test_a_turn_too_large_to_be_read_is_refused_by_name(tab):
    turn = await tab.draw({**CLICK, "x": "x" * (1 << 20)})
    refusal = await tab.hear("error")
    assert (refusal["turn"], refusal["error"]["code"]) == (turn, "message:too-large")
    await tab.answered(await tab.draw(CLICK))


async def test_an_id_used_twice_is_refused_for_other_prompts_only(tab):
    turn = await tab.draw(CLICK)
    await tab.answered(turn)
    await tab.draw(CLICK, id=turn)
    assert (await tab.hear("turn_taken"))["seq"] == 1
    await tab.draw({**CLICK, "voxel": [0, 0, 0]}, id=turn)
    answer = await tab.hear("error")
    assert (answer["turn"], answer["error"]["code"]) == (
        turn,
        "message:turn-id-reused",
    )
    assert await count(Turn) == 1


async def test_two_tabs_of_a_session_are_told_the_same(session, tab):
    other = Tab(session, session.assignment.reader)
    await other.open()
    turn = await tab.draw(CLICK)
    await asyncio.gather(tab.answered(turn), other.answered(turn))
    assert (tab.mask == other.mask).all()
    await other.close()


async def test_a_tab_that_comes_back_is_told_where_things_stand(session, tab):
    turn = await tab.draw(CLICK)
    final = await tab.answered(turn)
    await tab.close()
    again = Tab(session, session.assignment.reader)
    state = await again.open()
    assert state["draft_version"] == final["version"]
    assert [(t["id"], t["state"], t["final"]) for t in state["turns"]] == [
        (turn, "active", True)
    ]
    assert state["pending"] == []
    await again.close()


async def test_events_and_the_clock_are_answered(tab):
    body = MESSAGES["events"]
    await tab.say(**body)
    taken = await tab.hear("events_taken")
    assert (taken["tab"], taken["seq"]) == (body["tab"], 1)
    assert await count(Event) == 1
    await tab.say(type="clock", t=12.25)
    answer = await tab.hear("clock")
    assert answer["t"] == 12.25
    assert answer["server_ms"] > 1.6e12


async def test_a_large_answer_is_read_from_the_draft(tab, monkeypatch):
    monkeypatch.setattr("annotation.broadcast.MESSAGE_BYTES_MAX", 300)
    turn = await tab.draw(CLICK)
    final = await tab.answered(turn)
    assert final["slices"] == []
    canvases = [message for message in tab.heard if message["type"] == "canvas"]
    assert canvases[-1]["version"] >= final["version"]
    assert tab.mask[1, 2, 3] == 1
