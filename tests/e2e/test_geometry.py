"""Picture, mask and pointer lie on each other, measured in pixels of the screen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.e2e.cases import AFFINES, bright_point
from tests.e2e.reader import Reader, Voxel

pytestmark = pytest.mark.e2e


def bright_voxel(reader: Reader, name: str) -> Voxel:
    """Where the server says the bright voxel's point lies."""
    session = reader.page.evaluate("() => window.slicewise.sessionId")
    volume = reader.page.request.get(f"{reader.address}/api/sessions/{session}").json()[
        "volume"
    ]
    inverse = np.linalg.inv(np.asarray(volume["affine"]))
    z, y, x = np.rint((inverse @ [*bright_point(name), 1])[:3]).astype(int)
    return (int(z), int(y), int(x))


def bright_centre(
    screen: np.ndarray, near: tuple[float, float], reach: float, ratio: float
) -> np.ndarray:
    """Centre (x, y) of the brightest spot around a place, in CSS pixels."""
    cx, cy, r = (int(value * ratio) for value in (*near, reach))
    window = screen[cy - r : cy + r, cx - r : cx + r].sum(axis=2)
    weight = np.clip(window - 0.6 * window.max(), 0, None)
    y, x = np.mgrid[cy - r : cy + r, cx - r : cx + r] + 0.5
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum() / ratio


@pytest.mark.parametrize(
    ("name", "ratio", "drawing"),
    [
        ("upright", 1, "plain"),
        ("flipped", 2, "plain"),
        ("oblique", 1, "plain"),
        ("flipped", 1, "graphics"),
        ("oblique", 2, "graphics"),
    ],
)
def test_the_picture_lies_where_the_geometry_says(
    sit_down: Callable[..., Reader], name: str, ratio: float, drawing: str
) -> None:
    reader = sit_down(ratio=ratio, drawing=drawing)
    reader.open(name)
    drawn_by = reader.page.get_by_test_id("picture").locator(".cornerstone-canvas")
    assert drawn_by.count() == (drawing == "graphics")
    bright = bright_voxel(reader, name)
    reader.go_to(bright[0])
    reader.page.get_by_test_id("preset-bone").click()
    for notches in (0, 5, -9):
        reader.zoom(notches, reader.point(bright))
        reader.leave_picture()
        z, y, x = bright
        place = np.array(reader.point(bright))
        side = np.abs(np.array(reader.point((z, y + 1, x + 1))) - place)
        found = bright_centre(
            reader.screen(), tuple(place), 1.5 * side.max() + 2, ratio
        )
        assert np.abs(found - place).max() < 0.15 * side.max() + 0.35
        assert reader.voxel(reader.point(bright)) == bright


def test_the_mask_covers_its_voxels_and_no_pixel_more(reader: Reader) -> None:
    reader.open("oblique")
    # The right-hand part is air: the mask alone has colour there.
    z = reader.slice
    reader.page.keyboard.press("c")
    reader.page.get_by_test_id("outline").click()
    reader.page.get_by_test_id("marks").click()
    voxel = (z, 50, 60)
    reader.zoom(6, reader.point(voxel))
    reader.page.mouse.click(*reader.point(voxel))
    reader.settle()
    reader.leave_picture()
    screen = reader.screen()
    colour = screen[..., 0] - screen[..., 2] > 25
    box = reader.page.get_by_test_id("pane").bounding_box()
    assert box is not None
    checked = 0
    for y in range(voxel[1] - 4, voxel[1] + 5):
        for x in range(voxel[2] - 4, voxel[2] + 5):
            here = np.array(reader.point((z, y, x)))
            step = np.array(reader.point((z, y + 1, x + 1))) - here
            labelled = reader.mask((z, y, x)) == 1
            # All but the border of the voxel's own rectangle.
            for fy in (-0.4, 0, 0.4):
                for fx in (-0.4, 0, 0.4):
                    px, py = (here + np.array([fx, fy]) * np.abs(step)).astype(int)
                    if box["x"] + 60 < px < box["x"] + box["width"] - 60:
                        assert colour[py, px] == labelled, (y, x, fy, fx)
                        checked += 1
    assert checked > 200


def test_sides_are_named_by_the_affine(reader: Reader) -> None:
    reader.open("upright")
    sides = {
        side: reader.told(f"side-{side}") for side in ("left", "right", "top", "bottom")
    }
    assert sides == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    assert set(AFFINES) <= set(reader.cases)
