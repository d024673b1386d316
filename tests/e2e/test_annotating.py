"""A case worked through with mouse and keys, the mask checked as pixels."""

from __future__ import annotations

import numpy as np
import pytest

from tests.e2e.reader import Reader

pytestmark = pytest.mark.e2e

SHAPE = (80, 96)
ORGAN = [(y, x) for y, x in zip(range(30, 46), range(28, 44), strict=True)]


def on(z: int) -> list[tuple[int, int, int]]:
    return [(z, y, x) for y, x in ORGAN]


def is_orange(pixel: np.ndarray) -> bool:
    """Whether label 1's colour, #e69f00, lies over a grey."""
    return pixel[0] - pixel[2] > 40


def test_a_stroke_becomes_the_mask_where_it_was_drawn(reader: Reader) -> None:
    reader.open("upright")
    z = reader.slice
    before = reader.screen()
    places = [tuple(map(int, reader.point(voxel))) for voxel in on(z)[2:-2]]
    assert not any(is_orange(before[y, x]) for x, y in places)
    reader.stroke(on(z))
    reader.settle()
    reader.leave_picture()
    assert [reader.mask(voxel) for voxel in on(z)] == [1] * len(ORGAN)
    assert reader.mask_size(z, SHAPE) > 5 * len(ORGAN)
    # Beside the thin line of the stroke itself, in device pixels.
    after = reader.screen()
    shown = [is_orange(after[y - 8, x + 8]) for x, y in places]
    assert all(shown)
    x, y = map(int, reader.point((z, 75, 90)))
    assert np.array_equal(after[y, x], before[y, x])


def test_the_stroke_is_on_the_screen_before_any_answer(reader: Reader) -> None:
    reader.open("upright")
    z = reader.slice
    reader.stroke(on(z), release=False)
    x, y = map(int, reader.point(on(z)[8]))
    live = reader.screen()
    assert is_orange(live[y, x])
    reader.page.keyboard.press("Escape")
    reader.page.mouse.up()
    reader.settle()
    reader.leave_picture()
    assert not is_orange(reader.screen()[y, x])
    assert reader.mask_size(z, SHAPE) == 0


def test_undo_takes_the_mask_back_and_redo_brings_it(reader: Reader) -> None:
    reader.open("upright")
    z = reader.slice
    middle = on(z)[8]
    reader.stroke(on(z))
    reader.settle()
    assert reader.mask(middle) == 1
    size = reader.mask_size(z, SHAPE)
    reader.page.keyboard.press("Control+z")
    reader.wait(f"() => window.slicewise.maskValue{middle} === 0")
    reader.settle()
    assert reader.mask_size(z, SHAPE) == 0
    reader.page.keyboard.press("Control+y")
    reader.wait(f"() => window.slicewise.maskValue{middle} === 1")
    reader.settle()
    assert reader.mask_size(z, SHAPE) == size


def test_accepting_goes_on_and_everything_is_there_after_reload(
    reader: Reader,
) -> None:
    reader.open("upright")
    first = reader.slice
    reader.stroke(on(first))
    reader.settle()
    reader.page.keyboard.press("Space")
    reader.wait(f"() => window.slicewise.slice === {first + 1}")
    reader.settle()
    reader.page.get_by_test_id("tool-erase").click()
    reader.page.get_by_test_id("label-2").click()
    reader.stroke([(first + 1, 60, x) for x in range(50, 62)])
    reader.settle()
    sizes = [reader.mask_size(z, SHAPE) for z in (first, first + 1)]
    version = reader.page.evaluate("() => window.slicewise.draftVersion")
    assert reader.told("saved") == f"all saved v{version}"
    reader.reload()
    assert reader.slice == first + 1
    assert reader.mask((first + 1, 60, 55)) == 2
    assert [reader.mask_size(z, SHAPE) for z in (first, first + 1)] == sizes
    assert reader.told("saved") == f"all saved v{version}"
    strip = reader.page.get_by_test_id("strip")
    assert strip.get_attribute("data-state") == "scribbled"
    reader.go_to(first)
    assert strip.get_attribute("data-state") == "accepted"


def test_the_wheel_goes_one_slice_per_notch(reader: Reader) -> None:
    reader.open("upright")
    start = reader.slice
    reader.page.mouse.move(500, 400)
    for step in (1, 2):
        reader.page.mouse.wheel(0, 120)
        reader.wait(f"() => window.slicewise.slice === {start + step}")
    reader.page.mouse.wheel(0, -120)
    reader.wait(f"() => window.slicewise.slice === {start + 1}")


def test_microscopy_is_shown_in_colour_and_takes_strokes(reader: Reader) -> None:
    reader.open("cells")
    reader.leave_picture()
    x, y = map(int, reader.point((0, 80, 70)))
    assert np.abs(reader.screen()[y, x] - (110, 60, 150)).max() <= 3
    reader.stroke([(0, 80, x) for x in range(62, 78)])
    reader.settle()
    assert reader.mask((0, 80, 70)) == 1
    reader.leave_picture()
    # The lower half of the cell, beside the stroke's own line.
    x, y = map(int, reader.point((0, 86, 70)))
    assert reader.screen()[y, x][0] > 130


def test_a_submitted_case_takes_no_more_strokes(reader: Reader) -> None:
    reader.open("upright")
    z = reader.slice
    reader.stroke(on(z))
    reader.settle()
    reader.page.keyboard.press("a")
    reader.stroke([(z, 40, x) for x in range(50, 62)])
    reader.page.get_by_test_id("submit").click()
    # A mark that was collected is not left behind.
    confirm = reader.page.get_by_test_id("submit-confirm")
    assert confirm.is_disabled()
    reader.page.get_by_test_id("submit-send").click()
    reader.settle()
    assert reader.mask((z, 40, 55)) == 1
    confirm.click()
    reader.page.get_by_test_id("submitted").wait_for()
    size = reader.mask_size(z, SHAPE)
    reader.stroke([(z, 60, x) for x in range(50, 62)])
    reader.leave_picture()
    assert reader.mask((z, 60, 55)) == 0
    assert reader.mask_size(z, SHAPE) == size
    assert reader.told("saved").startswith("all saved")
    reader.page.get_by_test_id("worklist").click()
    assert "submitted" in reader.page.inner_text("main")
