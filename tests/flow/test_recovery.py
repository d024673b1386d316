"""What breaks on the way costs time, never a mark nor a voxel."""

import asyncio
import time

import numpy as np
import pytest

from annotation import queue
from annotation.models import Session
from annotation.selectors.draft import draft_labels
from annotation.services import watch as watching
from annotation.services.watch import Watch
from inference_worker.contract import names
from tests.flow.browser import Tab, in_thread
from tests.flow.conftest import all_is_sent

MARKS = [
    {"kind": "scribble", "label": 1, "voxels": [[0, 4, 4], [0, 4, 12]], "width": 3},
    {"kind": "scribble", "label": 2, "voxels": [[1, 9, 2], [1, 2, 9]], "width": 2},
    {"kind": "accept", "slice": 1},
    {"kind": "visit", "slice": 2},
    {"kind": "click", "label": 0, "voxel": [2, 5, 5]},
]

pytestmark = pytest.mark.django_db(transaction=True)

stored_mask = in_thread(lambda session: draft_labels(session=session))
look = in_thread(lambda watch: watch.round())


@pytest.fixture
def session(make_session):
    return make_session(seed=3)


@pytest.fixture
def undisturbed(make_session):
    """Another session of the same volume and seed."""
    return make_session(seed=3)


@pytest.fixture
async def tab(session):
    tab = Tab(session, session.assignment.reader)
    await tab.open()
    yield tab
    await tab.close()


@pytest.fixture
async def watched(plant):
    """A watcher that looks again and again, as the process does, but faster."""
    watch = Watch()
    await look(watch)

    async def go_on():
        while True:
            await look(watch)
            await asyncio.sleep(0.05)

    looking = asyncio.create_task(go_on())
    yield watch
    looking.cancel()
    await asyncio.wait([looking])


async def mask_of(session, marks):
    """The mask of ``marks`` when nothing goes wrong."""
    tab = Tab(session, session.assignment.reader)
    await tab.open()
    for mark in marks:
        await tab.answered(await tab.draw(mark))
    await tab.close()
    return await stored_mask(session)


async def test_a_broker_that_is_down_delays_the_answer_and_loses_no_turn(
    plant, watched, tab, session, undisturbed
):
    expected = await mask_of(undisturbed, MARKS)
    turns = [await tab.draw(MARKS[0])]
    await tab.answered(turns[0])
    plant.broken = True
    for mark in MARKS[1:]:
        turns.append(await tab.draw(mark))
        await tab.hear("turn_taken", until=lambda m, turn=turns[-1]: m["turn"] == turn)
    plant.broken = False
    await tab.answered(turns[-1])
    assert np.array_equal(await stored_mask(session), expected)
    assert np.array_equal(tab.mask, expected)


@pytest.fixture
def overtaking(plant, monkeypatch):
    """The worker has answered before its message is noted as sent."""

    def publish(task, message, holder, **options):
        plant.publish(task, message, holder, **options)
        for worker in plant.workers.values():
            worker.post.rest()
        time.sleep(0.3)

    monkeypatch.setattr(queue, "_publish", publish)
    yield
    # While there is still somebody who works on what it sends.
    all_is_sent()


async def test_answers_that_overtake_the_note_of_their_message_are_stored(
    overtaking, tab, session
):
    turn = await tab.draw(MARKS[0])
    await tab.answered(turn)
    row = await in_thread(session.turns.get)(pk=turn)
    assert [answer["number"] for answer in row.stages["answers"]] == [0, 1]
    assert row.answered_at > row.sent_at


async def test_a_refusal_that_overtakes_the_note_of_its_message_is_heard(
    plant, overtaking, tab, session
):
    await in_thread(plant.bury)("first")
    plant.hire("second", fails_on=0)
    turn = await tab.draw(MARKS[0])
    error = await tab.hear("error")
    assert error["turn"] == turn


@pytest.mark.parametrize("words", [0, 1])
async def test_a_worker_that_dies_in_a_turn_is_replaced_bit_for_bit(
    plant, watched, tab, session, undisturbed, words
):
    expected = await mask_of(undisturbed, MARKS)
    for mark in MARKS[:2]:
        await tab.answered(await tab.draw(mark))
    plant.workers["first"].voice.words_left = words
    turns = [await tab.draw(mark) for mark in MARKS[2:]]
    await tab.hear("turn_taken", until=lambda m: m["turn"] == turns[-1])
    await in_thread(plant.bury)("first")
    plant.hire("second")
    await tab.answered(turns[-1])
    assert np.array_equal(await stored_mask(session), expected)
    assert np.array_equal(tab.mask, expected)
    fence = await in_thread(lambda: Session.objects.get(pk=session.pk).fence)()
    # The watch may look between the death and the new one, and ask once more.
    assert fence >= 2


async def test_a_late_answer_of_a_worker_taken_for_dead_changes_nothing(
    plant, watched, tab, session, undisturbed
):
    expected = await mask_of(undisturbed, MARKS[:2])
    await tab.answered(await tab.draw(MARKS[0]))
    held = plant.hold_back("first")
    turn = await tab.draw(MARKS[1])
    await tab.hear("turn_taken", until=lambda m: m["turn"] == turn)
    await in_thread(held.wait)(10)
    plant.client.delete(names.heartbeat_key("first"))
    plant.hire("second")
    await tab.answered(turn)
    plant.let_go("first")
    await in_thread(plant.rest)()
    assert np.array_equal(await stored_mask(session), expected)


async def test_losing_everything_valkey_knew_loses_nothing(
    plant, valkey, watched, tab, session, undisturbed, monkeypatch
):
    expected = await mask_of(undisturbed, MARKS)
    await tab.answered(await tab.draw(MARKS[0]))
    plant.workers["first"].post.deaf = True  # what was on its way is gone
    turns = [await tab.draw(mark) for mark in MARKS[1:]]
    await tab.hear("turn_taken", until=lambda m: m["turn"] == turns[-1])
    valkey.delete(names.lease_key(session.pk))
    plant.workers["first"].post.deaf = False
    monkeypatch.setattr(watching, "valkey_identity", lambda: "another")
    await tab.answered(turns[-1])
    assert np.array_equal(await stored_mask(session), expected)
    assert np.array_equal(tab.mask, expected)


async def test_a_mark_that_breaks_the_engine_is_undone_and_the_rest_goes_on(
    plant, tab, session, undisturbed
):
    expected = await mask_of(undisturbed, [MARKS[0], MARKS[4]])
    await tab.answered(await tab.draw(MARKS[0]))
    await in_thread(plant.bury)("first")
    plant.hire("fragile", fails_on=1)
    broken = await tab.draw(MARKS[1])
    error = await tab.hear("error")
    assert (error["turn"], error["error"]["code"]) == (broken, "engine:failed")
    log = await tab.hear("log")
    assert [turn["state"] for turn in log["turns"]] == ["active", "undone"]
    await tab.answered(await tab.draw(MARKS[4]))
    assert np.array_equal(await stored_mask(session), expected)
    assert np.array_equal(tab.mask, expected)


async def test_a_cancelled_turn_leaves_no_trace(plant, tab, session, undisturbed):
    expected = await mask_of(undisturbed, [MARKS[0], MARKS[4]])
    await tab.answered(await tab.draw(MARKS[0]))
    await in_thread(plant.bury)("first")
    plant.hire("slow", delay_s=1.0)
    turn = await tab.draw(MARKS[1])
    await tab.hear("prediction")
    await tab.say(type="cancel", turn=turn)
    log = await tab.hear("log")
    assert [turn["state"] for turn in log["turns"]] == ["active", "discarded"]
    await tab.hear("canvas")
    await tab.answered(await tab.draw(MARKS[4]))
    assert np.array_equal(await stored_mask(session), expected)
    assert np.array_equal(tab.mask, expected)
