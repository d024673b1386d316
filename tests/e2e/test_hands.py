"""The hand on every pane: keys after clicks, marks that stay, pens and fingers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import CDPSession

from tests.e2e.reader import Reader
from tests.e2e.test_planes import MARKS
from tests.e2e.test_views import beside, plane_point

pytestmark = pytest.mark.e2e

Point = tuple[float, float]


def middle(reader: Reader, test_id: str) -> Point:
    """The middle of something on the page."""
    box: Any = reader.page.get_by_test_id(test_id).bounding_box()
    return (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def pressed(reader: Reader, test_id: str) -> bool:
    button = reader.page.get_by_test_id(test_id)
    return button.get_attribute("aria-pressed") == "true"


def kinds(reader: Reader) -> list[str]:
    """Of all marks that the server has taken, in order."""
    return [mark["kind"] for mark in reader.page.evaluate(MARKS)]


class Hand:
    """A pen, and fingers by their number."""

    def __init__(self, reader: Reader) -> None:
        self.devtools: CDPSession = reader.page.context.new_cdp_session(reader.page)

    def pen(self, kind: str, at: Point) -> None:
        self.devtools.send(
            "Input.dispatchMouseEvent",
            {
                "type": f"mouse{kind}",
                "x": at[0],
                "y": at[1],
                "button": "left",
                "buttons": 0 if kind == "Released" else 1,
                "clickCount": 1,
                "pointerType": "pen",
            },
        )

    def touch(self, kind: str, *points: Point) -> None:
        fingers = [
            {"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)
        ]
        self.devtools.send(
            "Input.dispatchTouchEvent",
            {"type": f"touch{kind}", "touchPoints": fingers},
        )


def test_keys_are_the_pictures_after_any_click(reader: Reader) -> None:
    reader.open("upright")
    page, z = reader.page, reader.slice
    # A stroke stays on its slice, whatever the other hand asks for.
    line = [(z, 40, x) for x in range(34, 48)]
    reader.stroke(line[:6], release=False)
    for key in ("ArrowDown", "PageDown", " "):
        page.keyboard.press(key)
    page.mouse.wheel(0, 120)
    page.mouse.move(*reader.point(line[-1]))
    page.mouse.up()
    reader.settle()
    assert reader.slice == z
    assert [mark["voxels"] for mark in page.evaluate(MARKS)] == [
        [list(line[0]), list(line[-1])]
    ]

    box: Any = page.get_by_test_id("strip").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 12)
    reader.wait("() => window.slicewise.slice === 0")
    page.keyboard.press("e")
    assert pressed(reader, "tool-erase")
    page.keyboard.press("ArrowDown")
    reader.wait("() => window.slicewise.slice === 1")

    page.get_by_test_id("history").click()
    page.keyboard.press("Control+z")
    reader.wait(f"() => window.slicewise.slice === {z}")
    page.keyboard.press(" ")
    reader.wait(f"() => window.slicewise.slice === {z + 1}")
    assert page.get_by_test_id("turn").first.is_visible()
    reader.settle()
    assert kinds(reader).count("accept") == 1

    # A number is typed as long as it is: the next stroke ends it.
    page.keyboard.press("d")
    page.get_by_test_id("limit").click()
    low = page.get_by_test_id("low")
    low.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("-5")
    reader.stroke([(z + 1, 30, x) for x in range(60, 66)])
    page.keyboard.press("2")
    page.keyboard.press("s")
    assert low.count() == 0
    assert pressed(reader, "label-2")
    page.keyboard.press("d")
    assert low.input_value() == "-5"
    assert reader.problems == []


def test_space_moves_the_picture_in_every_pane_and_accepts_nothing(
    reader: Reader,
) -> None:
    reader.open("upright")
    page, z = reader.page, reader.slice
    beside(reader)
    for key, name in (("Shift+O", "oblique"), ("Shift+S", "surface")):
        page.keyboard.press(key)
        page.get_by_test_id(name).wait_for()
    reader.settle()
    before = plane_point(reader, 2, (z, 40, 48))
    for name in ("pane", "plane-1", "plane-2", "oblique", "surface"):
        x, y = middle(reader, name)
        page.mouse.move(x, y)
        page.keyboard.down(" ")
        page.mouse.down()
        page.mouse.move(x + 12, y + 8, steps=2)
        page.mouse.up()
        page.keyboard.up(" ")
    reader.settle()
    assert reader.slice == z
    assert kinds(reader) == []
    assert reader.told("oblique-angles") == "0° · 0°"
    moved = np.subtract(plane_point(reader, 2, (z, 40, 48)), before)
    assert np.allclose(moved, (12, 8), atol=1)
    # The tool that moves the picture does so there as well.
    page.keyboard.press("p")
    x, y = middle(reader, "plane-2")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 12, y - 8, steps=2)
    page.mouse.up()
    reader.wait(
        f"() => Math.abs(window.slicewise.pointInPlane(2, {z}, 40, 48)[0]"
        f" - {before[0]}) < 1"
    )
    # What is turned with the mouse leaves the keys to the slice drawn on next.
    page.mouse.click(*middle(reader, "oblique"))
    page.keyboard.press("s")
    reader.stroke([(z, 60, x) for x in range(40, 48)])
    page.keyboard.press("ArrowDown")
    reader.wait(f"() => window.slicewise.slice === {z + 1}")
    assert reader.told("oblique-angles") == "0° · 0°"
    assert reader.problems == []


def test_pen_palm_and_fingers_work_across_the_slices(reader: Reader) -> None:
    reader.open("solid")
    page, hand = reader.page, Hand(reader)
    beside(reader)
    z, y, x = page.evaluate("() => window.slicewise.at")

    def step() -> Any:
        here, there = (plane_point(reader, 2, (z, at, x)) for at in (y, y + 10))
        return np.subtract(there, here)

    # Two fingers bring the plane nearer about their middle, and draw nothing.
    before, near = plane_point(reader, 2, (z, y, x)), step()
    hand.touch("Start", (before[0] - 30, before[1]), (before[0] + 30, before[1]))
    hand.touch("Move", (before[0] - 60, before[1]), (before[0] + 60, before[1]))
    hand.touch("End")
    reader.wait(
        f"() => Math.abs(window.slicewise.pointInPlane(2, {z}, {y}, {x})[0]"
        f" - {before[0]}) < 3"
    )
    assert np.allclose(step(), 2 * near, rtol=0.05)
    # A pane that becomes smaller stays as near.
    page.keyboard.press("Shift+O")
    page.get_by_test_id("oblique").wait_for()
    reader.leave_picture()
    assert np.allclose(step(), 2 * near, rtol=0.05)
    page.keyboard.press("Shift+O")
    reader.leave_picture()

    # The pen's stroke goes on under its palm, and stays to be pointed at.
    page.keyboard.press("s")
    page.get_by_test_id("width").fill("1")
    first, last = (plane_point(reader, 2, (z, at, x)) for at in (y - 6, y + 6))
    palm = (first[0] + 20, first[1] + 20)
    hand.pen("Pressed", first)
    hand.touch("Start", palm, (palm[0] + 9, palm[1]))
    hand.pen("Moved", plane_point(reader, 2, (z, y, x)))
    hand.touch("Cancel")
    hand.pen("Moved", last)
    hand.pen("Released", last)
    reader.settle()
    stroke = {"kind": "scribble", "label": 1, "width": 1}
    assert page.evaluate(MARKS) == [
        {**stroke, "voxels": [[z, y - 6, x], [z, y + 6, x]]}
    ]
    marks = page.get_by_test_id("plane-marks-2")
    assert marks.get_attribute("data-made") == "1"
    assert marks.get_attribute("data-selected") == "0"
    page.keyboard.down("Alt")
    page.mouse.click(*plane_point(reader, 2, (z, y + 3, x)))
    page.keyboard.up("Alt")
    assert marks.get_attribute("data-selected") == "1"
    page.keyboard.press("Delete")
    reader.wait(f"() => window.slicewise.maskValue({z}, {y}, {x}) === 0")
    assert marks.get_attribute("data-made") == "0"
    assert reader.problems == []
