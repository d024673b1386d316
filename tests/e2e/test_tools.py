"""Tools besides the stroke: paint, the history, answers on demand, a second tab."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.e2e.reader import PATIENCE_S, Reader
from tests.e2e.test_annotating import is_orange

pytestmark = pytest.mark.e2e

SHAPE = (80, 96)
NOISE = 30
"""Grey levels by which a voxel may differ from those around it."""


def row(z: int, y: int, first: int, last: int) -> list[tuple[int, int, int]]:
    return [(z, y, x) for x in range(first, last + 1)]


def ring(z: int) -> list[tuple[int, int, int]]:
    """The corners of a closed rectangle."""
    return [(z, 50, 50), (z, 50, 70), (z, 65, 70), (z, 65, 50), (z, 50, 50)]


def corner(z: int) -> list[tuple[int, int, int]]:
    return [(z, 55, 55), (z, 55, 60), (z, 60, 60), (z, 60, 55)]


def test_paint_changes_what_it_covers_and_nothing_else(reader: Reader) -> None:
    reader.open("upright")
    page, z = reader.page, reader.slice
    page.get_by_test_id("width").fill("1")
    page.get_by_test_id("tool-brush").click()
    reader.stroke(ring(z))
    reader.settle()
    assert reader.mask_size(z, SHAPE) == 2 * (21 + 14)
    page.keyboard.press("h")
    reader.settle()
    assert reader.mask_size(z, SHAPE) == 21 * 16
    page.get_by_test_id("tool-scissors").click()
    page.keyboard.press("0")
    reader.stroke(corner(z))
    reader.settle()
    assert reader.mask((z, 57, 57)) == 0
    assert reader.mask_size(z, SHAPE) == 21 * 16 - 6 * 6
    # Label 2 with label 1 locked falls into the hole alone.
    page.get_by_test_id("label-2").click()
    page.get_by_test_id("lock-1").click()
    reader.stroke(ring(z))
    reader.settle()
    assert reader.mask((z, 57, 57)) == 2
    assert reader.mask((z, 52, 52)) == 1
    page.keyboard.press("Control+z")
    reader.wait(f"() => window.slicewise.maskValue({z}, 57, 57) === 0")
    # The shape goes on to the next slice, and between this and that one.
    page.get_by_test_id("label-1").click()
    reader.go_to(z + 1)
    page.keyboard.press("Control+ArrowUp")
    reader.settle()
    assert reader.mask_size(z + 1, SHAPE) == 21 * 16 - 6 * 6
    reader.go_to(z + 3)
    page.get_by_test_id("tool-brush").click()
    reader.stroke(ring(z + 3))
    reader.settle()
    page.keyboard.press("h")
    reader.settle()
    reader.go_to(z + 2)
    page.keyboard.press("t")
    reader.wait(f"() => window.slicewise.maskValue({z + 2}, 57, 57) === 1")
    reader.settle()
    page.get_by_test_id("lock-1").click()
    # Once more after one of the two was mended: what lies between is no key itself.
    reader.go_to(z + 3)
    page.get_by_test_id("tool-scissors").click()
    page.keyboard.press("0")
    reader.stroke(corner(z + 3))
    reader.settle()
    page.get_by_test_id("label-1").click()
    reader.go_to(z + 2)
    page.keyboard.press("t")
    reader.wait(f"() => window.slicewise.maskValue({z + 2}, 57, 57) === 0")
    assert reader.mask((z + 2, 52, 52)) == 1
    assert reader.problems == []


def test_marks_are_collected_on_demand_and_taken_out_one_by_one(
    reader: Reader,
) -> None:
    reader.open("upright")
    page, z = reader.page, reader.slice
    reader.stroke(row(z, 38, 28, 44))
    reader.settle()
    page.keyboard.press("a")
    reader.stroke(row(z, 60, 60, 70))
    reader.stroke(row(z, 64, 60, 70))
    assert reader.told("collected").startswith("2 not sent")
    assert reader.told("saved").startswith("all saved")
    reader.reload()
    assert reader.told("send").startswith("Send 2 marks")
    page.keyboard.press("Enter")
    reader.settle()
    assert reader.mask((z, 64, 65)) == 1
    page.keyboard.press("y")
    page.get_by_test_id("remove").last.click()
    first = page.get_by_test_id("turn").last.locator("..")
    assert first.get_attribute("data-state") == "undone"
    reader.settle()
    assert reader.mask((z, 64, 65)) == 1
    page.keyboard.press("Control+y")
    reader.settle()
    assert first.get_attribute("data-state") == "active"
    assert reader.mask((z, 38, 30)) == 1
    # Pointed at in the picture, and taken out.
    page.keyboard.down("Alt")
    page.mouse.click(*reader.point((z, 38, 36)))
    page.keyboard.up("Alt")
    assert first.get_by_test_id("turn").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Delete")
    reader.settle()
    assert first.get_attribute("data-state") == "undone"


def thumbnail(reader: Reader, places: list[tuple[int, int]]) -> NDArray[np.int64]:
    """Colours that the newest turn's thumbnail has at places (y, x) of its slice.

    A slice of this suite is smaller than what a thumbnail shows, so all of it is there.
    """
    box: Any = reader.page.get_by_test_id("turn-picture").first.bounding_box()
    height, width = SHAPE
    scale = min(box["width"] / width, box["height"] / height)
    ratio = reader.page.evaluate("() => devicePixelRatio")
    screen = reader.screen()

    def at(y: int, x: int) -> NDArray[np.int64]:
        across = box["x"] + box["width"] / 2 + (x + 0.5 - width / 2) * scale
        down = box["y"] + box["height"] / 2 + (y + 0.5 - height / 2) * scale
        return screen[int(down * ratio), int(across * ratio)]

    return np.array([at(y, x) for y, x in places])


@pytest.mark.parametrize("ratio", [1, 2])
def test_the_history_shows_what_was_marked_on_the_picture(
    sit_down: Callable[..., Reader], ratio: float
) -> None:
    reader = sit_down(ratio=ratio)
    reader.open("upright")
    page, z = reader.page, reader.slice
    reader.stroke(row(z, 38, 28, 44))
    reader.settle()
    page.get_by_test_id("history").click()
    reader.leave_picture()
    air, body, mark = (4, 4), (40, 75), (38, 36)

    def follows(level: int) -> None:
        """The thumbnail comes to show what the pane does, of air this grey level."""
        late = time.monotonic() + PATIENCE_S
        while True:
            points = [reader.point((z, *place)) for place in (air, body)]
            screen = reader.screen()
            shown = [screen[int(y * ratio), int(x * ratio)] for x, y in points]
            away = np.abs(thumbnail(reader, [air, body]) - shown).max()
            if away < NOISE and shown[0][0] == level and shown[1][0] not in (0, 255):
                return
            assert time.monotonic() < late, (away, shown)

    follows(0)
    assert is_orange(thumbnail(reader, [mark])[0])
    # The other way round as well, once things are calm.
    page.keyboard.press("i")
    follows(255)
    assert is_orange(thumbnail(reader, [mark])[0])
    # It is there when the list is opened again.
    page.get_by_test_id("history").click()
    page.get_by_test_id("turn-picture").wait_for(state="detached")
    page.get_by_test_id("history").click()
    follows(255)
    assert reader.problems == []


def test_a_second_tab_looks_on_until_it_takes_over(reader: Reader) -> None:
    reader.open("upright")
    z = reader.slice
    other = Reader(reader.page.context.new_page(), reader.address, reader.cases)
    other.open("upright")
    assert other.told("elsewhere") == "open in another tab: you may look"
    reader.stroke(row(z, 38, 28, 44))
    reader.settle()
    other.wait(f"() => window.slicewise.maskValue({z}, 38, 30) === 1")
    other.page.get_by_test_id("take-over").click()
    reader.page.get_by_test_id("elsewhere").wait_for()
    other.stroke(row(z, 60, 60, 70))
    other.settle()
    reader.wait(f"() => window.slicewise.maskValue({z}, 60, 65) === 1")
    other.page.keyboard.press("Control+z")
    other.page.keyboard.press("Control+z")
    reader.wait(f"() => window.slicewise.maskValue({z}, 38, 30) === 0")
    other.page.close()
    reader.page.get_by_test_id("accept").wait_for()


NO_LOCKS = "delete Navigator.prototype.locks"
"""As at an address without https."""


@pytest.mark.parametrize("where", ["another computer", "a tab without locks"])
def test_another_computer_looks_on_until_it_takes_over(
    sit_down: Callable[..., Reader], where: str
) -> None:
    reader = sit_down()
    if where == "another computer":
        other = sit_down()
    else:
        reader.page.context.add_init_script(NO_LOCKS)
        page = reader.page.context.new_page()
        other = Reader(page, reader.address, reader.cases)
    reader.open("upright")
    z = reader.slice
    other.open("upright")
    other.page.get_by_test_id("elsewhere").wait_for()
    assert other.told("elsewhere") == "open elsewhere: you may look"
    other.page.get_by_test_id("take-over").click()
    reader.page.get_by_test_id("elsewhere").wait_for()
    other.page.get_by_test_id("accept").wait_for()
    other.stroke(row(z, 60, 60, 70))
    other.settle()
    reader.wait(f"() => window.slicewise.maskValue({z}, 60, 65) === 1")
    other.page.close()
    reader.page.get_by_test_id("accept").wait_for()
    if where == "another computer":
        # Who opens the case after it was closed elsewhere writes at once.
        reader.page.close()
        third = sit_down()
        third.open("upright")
        third.stroke(row(z, 30, 60, 70))
        third.settle()
        assert third.mask((z, 30, 65)) == 1
        assert third.problems == []
    assert reader.problems + other.problems == []


def test_a_slice_is_carried_on_and_the_worst_one_found(reader: Reader) -> None:
    reader.open("carried")
    page, z = reader.page, reader.slice
    reader.stroke(row(z, 38, 28, 44))
    reader.settle()
    page.get_by_test_id("propagate-forward").click()
    reader.settle()
    sizes = [reader.mask_size(k, SHAPE) for k in range(6)]
    assert sizes[:z] == [0] * z
    # A random network's: it may well end the organ further on.
    assert min(sizes[z], sizes[z + 1]) > 0
    worst = int(reader.told("suggested").split(":")[1].split()[0]) - 1
    page.keyboard.press("g")
    reader.wait(f"() => window.slicewise.slice === {worst}")
    rated = page.get_by_test_id("strip").get_attribute("data-quality")
    assert rated is not None
    assert 0 <= float(rated) <= 1
    page.keyboard.press("Control+z")
    reader.wait(f"() => window.slicewise.slice === {z}")
    reader.settle()
    # The slice that was gone to has a mask again: of the look at it.
    carried = z + 1 if worst != z + 1 else z + 2
    assert reader.mask_size(carried, SHAPE) == 0
