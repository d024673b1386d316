"""What is painted lies where the hand was: in every plane, at every size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.e2e.reader import Reader, Voxel
from tests.e2e.test_annotating import is_orange
from tests.e2e.test_views import beside, plane_point

pytestmark = pytest.mark.e2e

# Notches of 1.1 from the last size: half of what fits, all of it, and twice that.
NOTCHES = {"50 %": -7, "100 %": 7, "200 %": 7}
LONG = 9
"""Voxels of a stroke."""


def place(reader: Reader, axis: int, voxel: Voxel) -> tuple[float, float]:
    """Where a voxel is in the window, in the pane across ``axis``."""
    return reader.point(voxel) if axis == 0 else plane_point(reader, axis, voxel)


def stroke(at: Voxel, axis: int, beside_it: int) -> list[Voxel]:
    """A line in the plane across ``axis``, some voxels from where all planes meet."""
    along, across = {0: (2, 1), 1: (2, 0), 2: (1, 0)}[axis]
    voxels = []
    for step in range(LONG):
        voxel = list(at)
        voxel[along] += step - LONG // 2 + (8 if axis else 0)
        # Planes across the slices are six voxels high: one row for every size.
        voxel[across] = at[across] + 3 * beside_it if axis == 0 else beside_it
        voxels.append((voxel[0], voxel[1], voxel[2]))
    return voxels


def paint(reader: Reader, axis: int, voxels: list[Voxel]) -> None:
    mouse = reader.page.mouse
    mouse.move(*place(reader, axis, voxels[0]))
    mouse.down()
    mouse.move(*place(reader, axis, voxels[-1]), steps=4)
    mouse.up()
    reader.settle()


def check_screen(
    reader: Reader,
    screen: NDArray[np.int64],
    axis: int,
    voxels: list[Voxel],
    ratio: int,
) -> None:
    """The mask's colour on every voxel of a stroke, and on none at its two ends."""

    def coloured(point: NDArray[np.float64]) -> bool:
        x, y = (point * ratio).astype(int)
        return is_orange(screen[y, x])

    points = [np.array(place(reader, axis, voxel)) for voxel in voxels]
    assert all(coloured(point) for point in points), (axis, voxels)
    step = points[1] - points[0]
    assert not coloured(points[0] - 2 * step), (axis, voxels)
    assert not coloured(points[-1] + 2 * step), (axis, voxels)


@pytest.mark.parametrize(
    ("name", "ratio"), [("flipped", 1), ("oblique", 1), ("oblique", 2)]
)
def test_paint_lies_under_the_hand(
    sit_down: Callable[..., Reader], name: str, ratio: int
) -> None:
    reader = sit_down(ratio=ratio, width=960, height=640)
    reader.open(name)
    beside(reader)
    page = reader.page
    page.get_by_test_id("width").fill("1")
    page.get_by_test_id("tool-brush").click()
    page.get_by_test_id("outline").click()
    at = tuple(page.evaluate("() => window.slicewise.at"))
    painted = set()
    for number, notches in enumerate(NOTCHES.values()):
        strokes = {axis: stroke(at, axis, number + 1) for axis in (0, 1, 2)}
        for axis, voxels in strokes.items():
            reader.zoom(notches, place(reader, axis, at))
            paint(reader, axis, voxels)
            painted |= set(voxels)
            assert all(reader.mask(voxel) == 1 for voxel in voxels)
        reader.leave_picture()
        screen = reader.screen()
        for axis, voxels in strokes.items():
            check_screen(reader, screen, axis, voxels, ratio)
    total = sum(reader.mask_size(z, (80, 96)) for z in range(6))
    assert total == len(painted)
    assert reader.problems == []
