"""A propagation is stopped in the middle: what has come stays, and can be explained."""

from uuid import uuid4

import numpy as np
import pytest

from annotation.selectors.draft import draft_labels
from tests.flow.browser import Tab, in_thread

WALK = {"kind": "propagate", "slice": 0, "direction": 1, "count": None}

pytestmark = pytest.mark.django_db(transaction=True)


stored_mask = in_thread(lambda session: draft_labels(session=session))


@pytest.fixture
def session(make_session):
    return make_session(engine="mem3d")


@pytest.fixture
async def tab(session):
    tab = Tab(session, session.assignment.reader)
    yield tab
    await tab.close()


def hold_back_once(plant, number):
    """Hold the worker back when it is about to tell its prediction ``number``."""
    voice = plant.workers["first"].voice
    report, held = voice.report, []

    def told(task, body):
        if body.get("number") == number and not held:
            held.append(number)
            plant.hold_back("first")
        report(task, body)

    voice.report = told


async def test_slices_that_had_come_are_kept_undone_and_brought_back(
    tab, session, plant
):
    await tab.open()
    stroke = {"kind": "scribble", "label": 1, "voxels": [[0, 4, 4], [0, 9, 9]]}
    await tab.answered(await tab.draw({**stroke, "width": 3}))
    before = tab.mask.copy()
    # It answers slices 0 and 1, and has slice 2 on its tongue.
    hold_back_once(plant, 2)
    walk, kept = await tab.draw(WALK), str(uuid4())
    for _ in range(2):
        await tab.hear("prediction", until=lambda m: m["turn"] == walk)
    seen = tab.mask.copy()
    assert seen[1].any()
    await tab.say(type="stop", id=kept, turn=walk)
    log = await tab.hear("log")
    assert log["request"] == kept
    assert [(t["id"], t["state"]) for t in log["turns"][1:]] == [
        (kept, "active"),
        (walk, "discarded"),
    ]
    assert np.array_equal(await stored_mask(session), seen)
    plant.let_go("first")
    final = await tab.answered(kept)
    assert final["seq"] == 2
    assert not [m for m in tab.heard if m["type"] in ("canvas", "error")]
    shown = tab.mask.copy()
    assert np.array_equal(await stored_mask(session), shown)
    assert shown[1].any()
    assert not shown[2:].any()
    await tab.say(type="undo", id=str(uuid4()))
    await tab.hear("canvas")
    assert np.array_equal(tab.mask, before)
    await tab.say(type="redo", id=str(uuid4()))
    await tab.answered(kept)
    assert np.array_equal(tab.mask, shown)
