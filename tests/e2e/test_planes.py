"""Marks made across the slices, for the engine that takes them there."""

from __future__ import annotations

import pytest

from tests.e2e.reader import Reader, Voxel
from tests.e2e.test_annotating import is_orange
from tests.e2e.test_views import beside, plane_point

pytestmark = pytest.mark.e2e

TURNS = """
    async () => {
        const address = `/api/sessions/${window.slicewise.sessionId}/turns`;
        const turns = await (await fetch(address)).json();
        return turns.map(({ prompts }) =>
            prompts.filter(({ kind }) => kind !== 'visit'));
    }
"""

MARKS = """
    async () => {
        const address = `/api/sessions/${window.slicewise.sessionId}/turns`;
        const turns = await (await fetch(address)).json();
        return turns.flatMap(({ prompts }) => prompts)
            .filter(({ kind }) => kind !== 'visit');
    }
"""


def drag(reader: Reader, axis: int, start: Voxel, stop: Voxel) -> None:
    """From the centre of a voxel to that of another, in the plane across ``axis``."""
    mouse = reader.page.mouse
    mouse.move(*plane_point(reader, axis, start))
    mouse.down()
    mouse.move(*plane_point(reader, axis, stop), steps=5)
    mouse.up()


def trail(reader: Reader, axis: int, voxels: list[Voxel]) -> None:
    """Over the centres of voxels, in the plane across ``axis``."""
    mouse = reader.page.mouse
    mouse.move(*plane_point(reader, axis, voxels[0]))
    mouse.down()
    for voxel in voxels[1:]:
        mouse.move(*plane_point(reader, axis, voxel), steps=4)
    mouse.up()


def test_marks_in_a_sagittal_plane_lie_where_the_pointer_was(reader: Reader) -> None:
    reader.open("solid")
    page = reader.page
    beside(reader)
    _, y, x = page.evaluate("() => window.slicewise.at")
    page.keyboard.press("c")
    # Slices are flipped and 4 mm apart, voxels 1.6 mm along the plane.
    clicked = (4, y + 6, x)
    page.mouse.click(*plane_point(reader, 2, clicked))
    reader.settle()
    page.keyboard.press("s")
    page.get_by_test_id("width").fill("1")
    drag(reader, 2, (1, y - 9, x), (3, y - 9, x))
    reader.settle()
    page.keyboard.press("b")
    drag(reader, 1, (1, y, x - 8), (4, y, x + 8))
    reader.settle()
    column = [[1, y - 9, x], [2, y - 9, x], [3, y - 9, x]]
    assert page.evaluate(MARKS) == [
        {"kind": "click", "label": 1, "voxel": list(clicked)},
        *(
            {"kind": "scribble", "label": 1, "voxels": [voxel], "width": 1}
            for voxel in column
        ),
        {"kind": "box", "label": 1, "start": [1, y, x - 8], "stop": [5, y + 1, x + 9]},
    ]
    for voxel in [clicked, *map(tuple, column)]:
        assert reader.mask(voxel) == 1
    around = [(1, y + 9, x), (1, y + 13, x), (4, y + 13, x), (4, y + 9, x)]
    page.keyboard.press("l")
    trail(reader, 2, [*around, around[0]])
    reader.settle()
    page.keyboard.press("q")
    points = [(1, y - 14, x), (4, y - 14, x), (2, y - 18, x), (2, y - 11, x)]
    for point in points:
        page.mouse.click(*plane_point(reader, 2, point))
    reader.settle()
    page.keyboard.press("d")
    trail(reader, 2, [(3, y + 18, x), (5, y + 18, x)])
    reader.settle()
    *_, lasso, extreme, paint = page.evaluate(TURNS)
    # In a sagittal plane a slice's line of voxels runs down its rows.
    assert [mark["voxels"] for mark in lasso] == [
        [[z, y + 9, x], [z, y + 13, x]] for z in (1, 2, 3, 4)
    ]
    assert extreme == [
        {"kind": "extreme_points", "label": 1, "voxels": list(map(list, points))}
    ]
    assert [mark["region"]["start"] for mark in paint] == [
        [z, y + 18, x] for z in (3, 4, 5)
    ]
    for voxel in [(3, y + 11, x), *points, (4, y + 18, x)]:
        assert reader.mask(voxel) == 1
    # What was one mark is told as one.
    page.get_by_test_id("history").click()
    said = page.get_by_test_id("turn").all_inner_texts()
    told = [" ".join(turn.split()) for turn in said]
    assert told == [
        "Paint organ · slices 4–6",
        "Four points organ · slices 2–5",
        "Scribble organ · slices 2–5",
        "Box organ · slices 2–5",
        "Scribble organ · slices 2–4",
        "Click organ · slice 5",
    ]
    page.get_by_test_id("history").click()
    # On the screen as well: the mask's colour at the very place that was clicked.
    reader.leave_picture()
    across, down = map(int, plane_point(reader, 2, clicked))
    assert is_orange(reader.screen()[down, across])
    for _ in range(6):
        page.keyboard.press("Control+z")
    # The mask of the shorter log comes after the word that it is shorter.
    z, y, x = clicked
    reader.wait(f"() => window.slicewise.maskValue({z}, {y}, {x}) === 0")
    assert reader.problems == []


def test_an_engine_of_single_slices_says_so_and_the_crosshair_goes_there(
    reader: Reader,
) -> None:
    reader.open("oblique")
    beside(reader)
    z, y, x = reader.page.evaluate("() => window.slicewise.at")
    reader.page.mouse.click(*plane_point(reader, 2, (z, y + 5, x)))
    reader.wait(f"() => String(window.slicewise.at) === '{z},{y + 5},{x}'")
    said = reader.page.get_by_test_id("plane-refusal-2")
    assert "takes marks on the large slice only" in said.inner_text()
    assert reader.page.evaluate(MARKS) == []
