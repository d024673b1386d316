"""Two readers on two cases at once never see each other's voxels."""

import asyncio
import uuid

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.selectors.draft import draft_labels
from tests.flow.browser import Tab, in_thread

pytestmark = pytest.mark.django_db(transaction=True)

stored_mask = in_thread(lambda session: draft_labels(session=session))

MARKS = st.builds(
    lambda z, y, x, label: {
        "kind": "scribble",
        "label": label,
        "voxels": [[z, y, x]],
        "width": 3,
    },
    st.integers(0, 3),
    st.integers(0, 23),
    st.integers(0, 19),
    st.integers(0, 2),
)
DEEDS = st.lists(
    st.tuples(st.sampled_from([0, 1]), MARKS | st.sampled_from(["undo", "redo"])),
    min_size=2,
    max_size=8,
)


async def work(tab, deed, done):
    """Do one thing and remember the marks that should be there after it."""
    marks, undone = done
    if deed == "undo" and marks:
        undone.append(marks.pop())
    elif deed == "redo" and undone:
        marks.append(undone.pop())
    elif isinstance(deed, dict):
        marks.append(deed)
        undone.clear()
    if isinstance(deed, dict):
        await tab.draw(deed)
    else:
        await tab.say(type=deed, id=str(uuid.uuid4()))


async def settle(tab):
    """Wait until everything is taken, answered and told; the stored mask."""
    await tab.say(type="clock", t=0)
    await tab.hear("clock")
    for _ in range(500):
        if (version := await in_thread(settled)(tab.session)) is not None:
            while tab.version < version:
                await tab.hear("prediction", "canvas")
            return await stored_mask(tab.session)
        await asyncio.sleep(0.02)
    raise AssertionError("the session never came to rest")


def settled(session):
    """The draft's version, once nothing is waited for."""
    waiting = session.turns.filter(state="active", answered_at__isnull=True)
    if waiting.exists():
        return None
    # Read after the turns: the last answer raises the version.
    session.refresh_from_db()
    return None if session.canvas_wanted else session.draft_version


async def alone(tab, marks):
    """The mask of the same marks in a session in which nothing else happens."""
    await tab.open()
    for mark in marks:
        await tab.answered(await tab.draw(mark))
    mask = await stored_mask(tab.session)
    await tab.close()
    return mask


def tab_on(session):
    tab = Tab(session, session.assignment.reader)
    tab.session = session
    return tab


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(deeds=DEEDS)
def test_each_mask_is_as_if_its_reader_were_alone(make_session, deeds):
    # The same seed and volume twice: the second pair says what should have come out.
    together = [make_session(seed=seed) for seed in (1, 2)]
    apart = [make_session(seed=seed) for seed in (1, 2)]

    async def both():
        tabs = [tab_on(session) for session in together]
        done = [([], []), ([], [])]
        for tab in tabs:
            await tab.open()
        for who, deed in deeds:
            await work(tabs[who], deed, done[who])
        masks = [await settle(tab) for tab in tabs]
        shown = [tab.mask.copy() for tab in tabs]
        for tab in tabs:
            await tab.close()
        expected = [
            await alone(tab_on(session), marks)
            for session, (marks, _) in zip(apart, done, strict=True)
        ]
        return masks, shown, expected

    masks, shown, expected = asyncio.run(both())
    for mask, seen, want in zip(masks, shown, expected, strict=True):
        assert np.array_equal(mask, want)
        assert np.array_equal(seen, want)
