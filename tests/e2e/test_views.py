"""Planes, crosshair and measures, held to pixels of the screen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.e2e.reader import Reader, Voxel
from tests.e2e.test_annotating import is_orange
from tests.e2e.test_geometry import bright_centre, bright_voxel

pytestmark = pytest.mark.e2e


def beside(reader: Reader) -> None:
    """The large slice with the two other planes beside it, no lines over them."""
    reader.page.keyboard.press("Shift+V")
    reader.page.get_by_test_id("plane-2").wait_for()
    reader.page.get_by_test_id("crosshair-lines").click()


def cross_at(reader: Reader, voxel: Voxel) -> None:
    """Drag the crosshair of the large slice onto a voxel of it."""
    reader.page.keyboard.press("Shift+X")
    reader.page.mouse.click(*reader.point(voxel))
    reader.page.keyboard.press("Shift+X")
    reader.wait(f"() => String(window.slicewise.at) === '{','.join(map(str, voxel))}'")


def plane_point(reader: Reader, axis: int, voxel: Voxel) -> tuple[float, float]:
    """Where a voxel is in the plane across ``axis``, in the window."""
    z, y, x = voxel
    found = reader.page.evaluate(
        f"() => window.slicewise.pointInPlane({axis},{z},{y},{x})"
    )
    assert found is not None
    return (found[0], found[1])


@pytest.mark.parametrize(
    ("name", "ratio"), [("upright", 1), ("flipped", 2), ("oblique", 1)]
)
def test_every_plane_shows_the_voxel_where_the_geometry_says(
    sit_down: Callable[..., Reader], name: str, ratio: float
) -> None:
    reader = sit_down(ratio=ratio)
    reader.open(name)
    bright = bright_voxel(reader, name)
    reader.go_to(bright[0])
    reader.page.get_by_test_id("preset-bone").click()
    beside(reader)
    cross_at(reader, bright)
    reader.leave_picture()
    for axis in (1, 2):
        place = np.array(plane_point(reader, axis, bright))
        z, y, x = bright
        side = np.abs(
            np.array(plane_point(reader, axis, (z - 1, y + 1, x + 1))) - place
        )
        found = bright_centre(
            reader.screen(), tuple(place), 1.5 * side.max() + 2, ratio
        )
        assert np.abs(found - place).max() < 0.15 * side.max() + 0.5, axis


def test_the_mask_lies_in_all_three_planes(reader: Reader) -> None:
    reader.open("flipped")
    z = reader.slice
    reader.page.get_by_test_id("outline").click()
    reader.page.get_by_test_id("marks").click()
    reader.stroke(
        [(z, y, x) for y, x in zip(range(30, 46), range(28, 44), strict=True)]
    )
    reader.settle()
    voxel = (z, 38, 36)
    assert reader.mask(voxel) == 1
    beside(reader)
    cross_at(reader, voxel)
    reader.leave_picture()
    screen = reader.screen()
    colour = screen[..., 0] - screen[..., 2] > 25
    checked = 0
    for axis in (1, 2):
        for away in range(-25, 26, 3):
            for dz in (-1, 0, 1):
                place = list(voxel)
                place[0] += dz
                place[3 - axis] += away
                there = (place[0], place[1], place[2])
                x, y = map(int, plane_point(reader, axis, there))
                assert colour[y, x] == (reader.mask(there) == 1), (axis, there)
                checked += 1
    assert checked == 102


def test_dragging_in_a_plane_moves_the_slice(reader: Reader) -> None:
    reader.open("upright")
    beside(reader)
    z, y, x = reader.page.evaluate("() => window.slicewise.at")
    target = (z + 2, y, x - 9)
    mouse = reader.page.mouse
    mouse.move(*plane_point(reader, 1, (z, y, x)))
    mouse.down()
    mouse.move(*plane_point(reader, 1, target))
    mouse.up()
    reader.wait(f"() => window.slicewise.slice === {z + 2}")
    assert tuple(reader.page.evaluate("() => window.slicewise.at")) == target
    reader.reload()
    assert reader.page.get_by_test_id("plane-1").is_visible()


def test_the_ruler_and_the_probe_tell_millimetres_and_values(reader: Reader) -> None:
    reader.open("upright")
    bright = bright_voxel(reader, "upright")
    reader.go_to(bright[0])
    z, y, x = bright
    mouse = reader.page.mouse
    reader.page.keyboard.press("Shift+R")
    mouse.move(*reader.point(bright))
    mouse.down()
    mouse.move(*reader.point((z, y, x - 30)), steps=3)
    mouse.up()
    assert reader.page.get_by_test_id("length").text_content() == "30.0 mm"
    reader.page.keyboard.press("Shift+H")
    mouse.move(*reader.point(bright))
    assert (
        reader.page.get_by_test_id("probe").text_content()
        == f"3000 HU · z {z} y {y} x {x}"
    )
    # All other buttons are the picture's still; Escape puts the probe down.
    window = reader.told("window")
    mouse.down(button="right")
    mouse.move(reader.point(bright)[0] + 60, reader.point(bright)[1], steps=2)
    mouse.up(button="right")
    assert reader.told("window") != window
    beside(reader)
    mouse.move(*plane_point(reader, 1, bright))
    across = reader.page.evaluate("() => window.slicewise.at")[1]
    said = reader.page.get_by_test_id("probe").text_content()
    assert said is not None
    assert said.endswith(f"HU · z {z} y {across} x {x}")
    reader.page.keyboard.press("Escape")
    assert reader.page.get_by_test_id("probe").count() == 0
    reader.stroke([(z, 40, x) for x in range(30, 40)])
    reader.settle()
    assert reader.mask((z, 40, 35)) == 1


def test_the_picture_can_be_inverted_and_seen_voxel_by_voxel(reader: Reader) -> None:
    reader.open("upright")
    reader.leave_picture()
    air = tuple(map(int, reader.point((reader.slice, 68, 6))))
    assert reader.screen()[air[1], air[0]].sum() < 30
    reader.page.keyboard.press("i")
    reader.page.keyboard.press("n")
    reader.page.keyboard.press("ArrowDown")
    reader.leave_picture()
    reader.settle()
    screen = reader.screen()
    assert screen[air[1], air[0]].sum() > 3 * 240
    # Within one voxel all pixels are the same.
    x, y = reader.point((reader.slice, 40, 50))
    patch = screen[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3, 0]
    assert np.ptp(patch) == 0
    before = reader.slice
    reader.page.keyboard.press("k")
    reader.wait(f"() => window.slicewise.slice !== {before}")
    reader.page.keyboard.press("k")
    reader.page.wait_for_timeout(200)  # one may be on its way
    stopped = reader.slice
    reader.page.wait_for_timeout(300)
    assert reader.slice == stopped


def magnified(reader: Reader, middle: Voxel) -> None:
    """Under the glass lies what lies around its middle, mask and all, three times as
    far apart."""
    page = reader.page
    page.keyboard.press("Shift+G")
    centre = np.array(reader.point(middle))
    page.mouse.move(*centre)
    page.get_by_test_id("magnifier").wait_for()
    screen = reader.screen()
    z, y, x = middle
    seen = set()
    for column in range(x - 12, x + 13):
        voxel = (z, y, column)
        across, down = centre + 3 * (np.array(reader.point(voxel)) - centre)
        if abs(across - centre[0]) < 85:
            labelled = reader.mask(voxel) == 1
            assert is_orange(screen[int(down), int(across)]) == labelled
            seen.add(labelled)
    assert True in seen
    page.keyboard.press("Shift+G")


def test_zooming_to_the_mask_fills_the_pane(reader: Reader) -> None:
    reader.open("flipped")
    z = reader.slice
    reader.page.keyboard.press("c")
    reader.page.mouse.click(*reader.point((z, 40, 36)))
    reader.settle()
    before = np.subtract(reader.point((z, 41, 37)), reader.point((z, 40, 36)))
    reader.page.keyboard.press("z")
    reader.settle()
    after = np.subtract(reader.point((z, 41, 37)), reader.point((z, 40, 36)))
    assert np.abs(after).max() > 1.2 * np.abs(before).max()
    reader.page.keyboard.press("f")
    magnified(reader, (z, 40, 36))
