"""Keys, looks, languages, pens and fingers, and what assistive software hears."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.conftest import LiveStack
from tests.e2e.reader import Reader

pytestmark = pytest.mark.e2e

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
SERIOUS = """
    async () => {
        const { violations } = await axe.run(document, { resultTypes: ['violations'] });
        return violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(' ')}`);
    }
"""


def serious(reader: Reader) -> list[str]:
    """What axe finds serious on the page as it is now."""
    reader.page.evaluate(AXE.read_text())
    return list(reader.page.evaluate(SERIOUS))


@pytest.mark.parametrize("theme", ["dark", "light", "reading-room"])
def test_axe_finds_nothing_serious(reader: Reader, theme: str) -> None:
    reader.open("upright")
    reader.page.get_by_test_id("settings").click()
    reader.page.get_by_test_id(f"theme-{theme}").click()
    assert serious(reader) == []
    reader.page.keyboard.press("Escape")
    reader.page.get_by_test_id("settings-dialog").wait_for(state="hidden")
    reader.page.keyboard.press("Shift+V")
    reader.page.get_by_test_id("plane-2").wait_for()
    for key, pane in (("Shift+O", "oblique"), ("Shift+S", "surface")):
        reader.page.keyboard.press(key)
        reader.page.get_by_test_id(pane).wait_for()
    for panel in reader.page.locator("details").all():
        panel.evaluate("(panel) => { panel.open = true; }")
    assert serious(reader) == []
    reader.page.keyboard.press("?")
    assert serious(reader) == []


def test_keys_are_heard_at_once_when_a_dialog_closes(reader: Reader) -> None:
    reader.open("upright")
    reader.page.get_by_test_id("settings").click()
    reader.page.get_by_test_id("theme-dark").click()
    # Within one task: the browser moves the focus away with the next frame only.
    held = reader.page.evaluate(
        """() => {
            const dialog = document.querySelector('[data-testid=settings-dialog]');
            dialog.close();
            const focused = document.activeElement;
            const press = { key: 'V', shiftKey: true, bubbles: true };
            focused.dispatchEvent(new KeyboardEvent('keydown', press));
            return dialog.contains(focused);
        }"""
    )
    assert held, "the closed dialog no longer keeps the focus: drop the case"
    reader.page.get_by_test_id("plane-2").wait_for()


def test_a_key_is_bound_anew_and_travels_as_a_file(
    reader: Reader, tmp_path: Path
) -> None:
    reader.open("upright")
    page = reader.page
    page.keyboard.press("?")
    page.get_by_test_id("bind-Click").click()
    page.keyboard.press("Control+j")
    with page.expect_download() as saved:
        page.get_by_test_id("keys-export").click()
    file = tmp_path / "keys.json"
    saved.value.save_as(file)
    assert json.loads(file.read_text())["bound"] == {"Click": ["ctrl+j"]}
    page.get_by_test_id("keys-reset").click()
    page.get_by_test_id("keys-import").set_input_files(file)
    reader.wait(
        "() => document.querySelector('[data-testid=keys-said]').textContent"
        ".includes('keys.json')"
    )
    page.keyboard.press("Escape")
    reader.reload()
    page.keyboard.press("Control+j")
    chosen = page.get_by_test_id("tool-click").get_attribute("aria-pressed")
    assert chosen == "true"
    page.keyboard.press("s")
    page.keyboard.press("c")
    assert page.get_by_test_id("tool-click").get_attribute("aria-pressed") == "false"


def test_looks_are_remembered_and_the_mask_stays_in_place(reader: Reader) -> None:
    reader.open("upright")
    page = reader.page
    page.get_by_test_id("settings").click()
    for choice in ("theme-light", "scale-125", "language-de", "left-handed"):
        page.get_by_test_id(choice).click()
    page.keyboard.press("Escape")
    reader.reload()
    root = page.locator("html")
    assert root.get_attribute("data-theme") == "light"
    assert root.get_attribute("lang") == "de"
    assert "Einstellungen" in page.inner_text("footer")
    tools, pane = (
        page.get_by_test_id(name).bounding_box() for name in ("undo", "pane")
    )
    assert tools
    assert pane
    assert tools["x"] > pane["x"] + pane["width"]
    assert pane["x"] == int(pane["x"])
    z = reader.slice
    reader.stroke([(z, 40, x) for x in range(60, 70)])
    reader.settle()
    assert reader.mask((z, 40, 65)) == 1


def test_a_pen_draws_and_then_fingers_only_move(reader: Reader) -> None:
    reader.open("upright")
    z = reader.slice
    devtools = reader.page.context.new_cdp_session(reader.page)

    def pen(kind: str, at: tuple[float, float]) -> None:
        devtools.send(
            "Input.dispatchMouseEvent",
            {
                "type": kind,
                "x": at[0],
                "y": at[1],
                "button": "left",
                "buttons": 0 if kind == "mouseReleased" else 1,
                "clickCount": 1,
                "pointerType": "pen",
            },
        )

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers = [
            {"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)
        ]
        devtools.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers}
        )

    # A finger draws as long as no pen is about.
    touch("touchStart", reader.point((z, 30, 60)))
    touch("touchMove", reader.point((z, 30, 66)))
    touch("touchEnd")
    reader.settle()
    assert reader.mask((z, 30, 63)) == 1

    # Two fingers bring the picture nearer, and draw nothing.
    before = np.array([reader.point((z, 40, 50)), reader.point((z, 41, 51))])
    x, y = before[0]
    size = reader.mask_size(z, (80, 96))
    touch("touchStart", (x - 40, y), (x + 40, y))
    touch("touchMove", (x - 80, y), (x + 80, y))
    touch("touchEnd")
    reader.settle()
    after = np.array([reader.point((z, 40, 50)), reader.point((z, 41, 51))])
    assert np.allclose(after[1] - after[0], 2 * (before[1] - before[0]), rtol=0.05)
    assert np.allclose(after[0], before[0], atol=3)
    assert reader.mask_size(z, (80, 96)) == size

    pen("mousePressed", reader.point((z, 50, 48)))
    pen("mouseMoved", reader.point((z, 50, 54)))
    pen("mouseReleased", reader.point((z, 50, 54)))
    reader.settle()
    assert reader.mask((z, 50, 51)) == 1
    size = reader.mask_size(z, (80, 96))
    x, y = reader.point((z, 40, 50))
    # Until the pen was away for half a second, what touches is its palm.
    reader.page.wait_for_timeout(600)
    touch("touchStart", (x, y))
    touch("touchMove", (x + 30, y))
    touch("touchEnd")
    reader.settle()
    assert reader.mask_size(z, (80, 96)) == size
    assert abs(reader.point((z, 40, 50))[0] - x - 30) < 2


def test_a_case_is_worked_through_with_the_keyboard_but_for_the_stroke(
    reader: Reader,
) -> None:
    reader.open("upright")
    page = reader.page
    start = reader.slice
    reader.stroke([(start, 40, x) for x in range(34, 44)])
    reader.settle()
    for key in ("w", "i", "i", "Shift+V", "Shift+V", "Shift+V", "z", "f"):
        page.keyboard.press(key)
    page.keyboard.press(" ")
    reader.wait(f"() => window.slicewise.slice !== {start}")
    reader.settle()
    names = set()
    for _ in range(70):
        page.keyboard.press("Shift+Tab")
        name = page.evaluate(
            """() => document.activeElement.getAttribute('aria-label')
                || document.activeElement.textContent.trim()"""
        )
        names.add(name)
        if "Submit" in name:
            break
    page.keyboard.press("Enter")
    assert page.get_by_test_id("submit-confirm").is_visible()
    page.keyboard.press("Escape")
    assert "" not in names


def test_the_tour_can_be_taken_and_left(reader: Reader, live_stack: LiveStack) -> None:
    reader.open("upright")
    page = reader.page
    assert not page.get_by_test_id("tour").is_visible()
    page.get_by_test_id("settings").click()
    page.get_by_test_id("tour-again").click()
    while page.get_by_test_id("tour").is_visible():
        box = page.get_by_test_id("tour").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["y"] + box["height"] <= 800
        page.get_by_test_id("tour-next").click()
    assert reader.refused() == []
