"""A scribble goes in at the socket and a packed mask comes out."""

from uuid import uuid4

import numpy as np
import pytest

from annotation.models import Turn
from annotation.selectors.draft import draft_labels
from inference_worker.contract.marks import scribble_mask
from inference_worker.contract.prompts import Scribble
from tests.flow.browser import Tab, in_thread

STROKE = {
    "kind": "scribble",
    "label": 2,
    "voxels": [[1, 3, 3], [1, 3, 12], [1, 9, 12]],
    "width": 3,
}

pytestmark = pytest.mark.django_db(transaction=True)


stored_mask = in_thread(lambda session: draft_labels(session=session))


@pytest.fixture
def session(make_session):
    return make_session()


@pytest.fixture
async def tab(session):
    tab = Tab(session, session.assignment.reader)
    yield tab
    await tab.close()


async def test_a_scribble_comes_back_as_a_mask(tab, session):
    state = await tab.open()
    assert (state["draft_version"], state["turns"], state["pending"]) == (0, [], [])
    turn = await tab.draw(STROKE)
    taken = await tab.hear("turn_taken")
    assert (taken["turn"], taken["seq"]) == (turn, 1)
    final = await tab.answered(turn)
    covered = scribble_mask(
        Scribble(2, tuple(map(tuple, STROKE["voxels"])), 3), tab.mask.shape[1:]
    )
    assert (tab.mask[1][covered] == 2).all()
    assert set(final["times"]) == {"queue_s", "load_s", "compute_s", "store_s"}
    assert np.array_equal(await stored_mask(session), tab.mask)
    predictions = [m for m in tab.heard if m["type"] == "prediction"]
    assert [m["version"] for m in predictions] == list(range(1, len(predictions) + 1))


async def test_the_turn_is_stamped_when_its_answer_is_stored(tab):
    await tab.open()
    turn = await tab.draw(STROKE)
    await tab.answered(turn)
    row = await in_thread(Turn.objects.get)(pk=turn)
    assert row.answered_at >= row.sent_at >= row.taken_at
    assert {"queue_s", "load_s", "compute_s", "store_s"} <= set(row.stages)
    assert [a["number"] for a in row.stages["answers"]] == [0, 1]


async def test_undo_unlearns_and_redo_learns_again(tab, session):
    await tab.open()
    for index in (0, 2):
        await tab.answered(await tab.draw({**STROKE, "voxels": [[index, 4, 4]]}))
    before = tab.mask.copy()
    await tab.say(type="undo", id="0b6b9c0e-6f0e-4a6c-9a55-7b7b6d0e3f01")
    await tab.hear("log")
    await tab.hear("canvas")
    assert not np.array_equal(tab.mask, before)
    assert np.array_equal(await stored_mask(session), tab.mask)
    await tab.say(type="redo", id="0b6b9c0e-6f0e-4a6c-9a55-7b7b6d0e3f02")
    log = await tab.hear("log")
    await tab.answered(log["turns"][-1]["id"])
    assert np.array_equal(tab.mask, before)
    assert np.array_equal(await stored_mask(session), before)


async def test_how_unsure_the_slice_is_can_be_asked(tab):
    await tab.open()
    await tab.answered(await tab.draw(STROKE))
    for index, known in ((1, True), (3, False)):
        wish = str(uuid4())
        await tab.say(type="uncertainty", id=wish, slice=index)
        told = await tab.hear("uncertainty")
        assert (told["id"], told["slice"]) == (wish, index)
        assert (told["map"] is not None) == known


async def test_what_is_foreseen_is_what_the_visit_shows_first_and_is_not_stored(
    tab, session
):
    await tab.open()
    await tab.answered(await tab.draw(STROKE))
    before = await stored_mask(session)
    wish = str(uuid4())
    await tab.say(type="foresee", id=wish, slices=[2])
    foreseen = await tab.hear("foreseen")
    assert foreseen["id"] == wish
    assert foreseen["slices"]
    assert np.array_equal(await stored_mask(session), before)
    assert await in_thread(session.turns.count)() == 1
    visit = await tab.draw({"kind": "visit", "slice": 2})
    first = await tab.hear("prediction", until=lambda m: m["turn"] == visit)
    assert first["slices"] == foreseen["slices"]
