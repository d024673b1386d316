"""Every layout, theme and state beside the picture that is kept of it.

`SLICEWISE_KEEP_LOOKS=1 make test ARGS=tests/e2e/test_looks.py` keeps what is seen now;
look at the pictures before you commit them. What differs is left in `test-results`.
"""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Browser

from tests.e2e.cable import cable
from tests.e2e.conftest import Account, LiveStack, seated
from tests.e2e.look import compare, keep, reference, small
from tests.e2e.reader import Reader
from tests.e2e.test_panes import made
from tests.e2e.test_recovery import SAYS_OFFLINE, row

pytestmark = pytest.mark.e2e

PATIENCE_S = 5.0
SEEN = Path(__file__).parents[2] / "test-results/looks"

FOOT = """
    (saved) => {
        const [foot, said] = ['footer', '[data-testid=saved]'].map(
            (part) => document.querySelector(part)?.getBoundingClientRect());
        return foot ? [Math.round(foot.top), saved ? Math.ceil(said.right) : 0] : null;
    }
"""
"""Below and right of where the line at the foot tells what differs in every run."""
HIDDEN = 128


class Album:
    """What was seen in one test, each beside what is kept."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.differing: list[str] = []

    def see(self, *, saved: bool = False) -> Image.Image:
        """What is on the screen, small.

        ``saved``: with the sentence about what is saved, of the line at the foot.
        """
        page = self.reader.page
        page.evaluate("() => document.fonts.ready.then(() => true)")
        page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => "
            "requestAnimationFrame(done)))"
        )
        shot = page.screenshot(animations="disabled", caret="hide")
        with Image.open(io.BytesIO(shot)) as image:
            screen = np.asarray(image.convert("RGB")).astype(np.int64)
        if foot := page.evaluate(FOOT, saved):
            # Versions, processes and milliseconds.
            screen[foot[0] :, foot[1] :] = HIDDEN
        return small(screen)

    def look(self, name: str, *, saved: bool = False) -> None:
        """Compare what is on the screen with the picture of that name, or keep it.

        What is still on its way to the screen is waited for.
        """
        seen = self.see(saved=saved)
        if os.environ.get("SLICEWISE_KEEP_LOOKS"):
            keep(name, seen)
            return
        late = time.monotonic() + PATIENCE_S
        while not (found := compare(seen, reference(name))).kept:
            if time.monotonic() > late:
                break
            seen = self.see(saved=saved)
        if not found.kept:
            keep(name, seen, SEEN)
            self.differing.append(f"{name}: {found}")


def choose(reader: Reader, *choices: str) -> None:
    """Choose in the settings, and close them."""
    reader.page.get_by_test_id("settings").click()
    for choice in choices:
        reader.page.get_by_test_id(choice).click()
    reader.page.keyboard.press("Escape")
    reader.page.get_by_test_id("settings-dialog").wait_for(state="hidden")
    reader.settle()
    reader.leave_picture()


def test_the_case_page_looks_as_it_did(reader: Reader) -> None:
    page, album = reader.page, Album(reader)
    reader.open("looks")
    z = reader.slice
    reader.stroke([(z, 38, x) for x in range(30, 44)])
    reader.settle()
    reader.leave_picture()
    album.look("single-dark")
    shown = album.see()

    # What the comparison is for, on the page itself: a mask that is not drawn.
    page.get_by_test_id("visible-1").click()
    reader.leave_picture()
    assert not compare(album.see(), shown).kept
    page.get_by_test_id("visible-1").click()

    page.get_by_test_id("settings").click()
    page.get_by_test_id("tour-again").click()
    page.get_by_test_id("tour").wait_for()
    album.look("tour")
    page.keyboard.press("Escape")
    page.get_by_test_id("tour").wait_for(state="hidden")
    page.get_by_test_id("history").click()
    album.look("history-open")
    page.get_by_test_id("history").click()
    page.keyboard.press("Shift+V")
    page.get_by_test_id("plane-2").wait_for()
    reader.settle()
    album.look("planes-dark")
    page.keyboard.press("Shift+V")
    reader.settle()
    album.look("planes-equal")
    page.keyboard.press("Shift+V")
    page.keyboard.press("Shift+O")
    page.get_by_test_id("oblique").wait_for()
    reader.settle()
    album.look("oblique")
    page.keyboard.press("Shift+O")
    page.keyboard.press("Shift+S")
    made(reader)
    album.look("surface")
    page.keyboard.press("Shift+S")
    page.keyboard.press("?")
    page.get_by_test_id("help-dialog").wait_for()
    album.look("keys")
    page.keyboard.press("Escape")
    page.get_by_test_id("help-dialog").wait_for(state="hidden")
    choose(reader, "theme-light")
    album.look("single-light")
    page.get_by_test_id("settings").click()
    album.look("settings-light")
    page.keyboard.press("Escape")
    choose(reader, "theme-reading-room")
    album.look("single-reading-room")
    choose(reader, "theme-dark", "language-de", "left-handed", "scale-125")
    album.look("left-handed-german-large")
    page.get_by_test_id("submit").click()
    page.get_by_test_id("submit-dialog").wait_for()
    album.look("submit-german-large")
    page.keyboard.press("Escape")
    page.get_by_test_id("submit-dialog").wait_for(state="hidden")
    choose(reader, "scale-150")
    album.look("left-handed-german-largest")
    page.get_by_test_id("settings").click()
    album.look("settings-german-largest")
    page.keyboard.press("Escape")
    page.get_by_test_id("settings-dialog").wait_for(state="hidden")
    page.keyboard.press("?")
    page.get_by_test_id("help-dialog").wait_for()
    album.look("keys-german-largest")
    assert album.differing == []


def test_the_other_pages_look_as_they_did(
    reader: Reader, live_stack: LiveStack
) -> None:
    album = Album(reader)
    album.look("worklist")
    reader.open("cells")
    reader.leave_picture()
    album.look("micrograph")
    reader.page.get_by_test_id("submit").click()
    reader.page.get_by_test_id("submit-confirm").click()
    reader.page.get_by_test_id("submitted").wait_for()
    reader.page.get_by_test_id("submit-dialog").wait_for(state="hidden")
    reader.leave_picture()
    album.look("submitted")
    reader.page.goto(f"{reader.address}/nowhere/")
    album.look("not-there")
    reader.page.context.clear_cookies()
    reader.page.goto(f"{reader.address}/login/")
    album.look("login")
    assert album.differing == []
    reader.log_in("reader", live_stack.product.reader_password)
    reader.page.get_by_role("link", name="looks").wait_for()


def test_another_series_another_tab_and_no_network_look_as_they_did(
    live_stack: LiveStack, account: Account, browser: Browser
) -> None:
    context = browser.new_context(
        viewport={"width": 1200, "height": 800}, reduced_motion="reduce"
    )
    with cable(live_stack.product.port) as network:
        reader = seated(context.new_page(), live_stack, account, port=network.port)
        page, album = reader.page, Album(reader)
        reader.open("pair-fine")
        reader.go_to(3)
        page.get_by_test_id("other-series").select_option(label="pair-hot (CT)")
        page.keyboard.press("Shift+F")
        page.get_by_test_id("fusion").wait_for()
        reader.leave_picture()
        album.look("fusion")
        page.keyboard.press("Shift+C")
        page.get_by_test_id("other").wait_for(state="detached")

        other = Reader(context.new_page(), reader.address, reader.cases)
        other.open("pair-fine")
        other.leave_picture()
        beside = Album(other)
        beside.look("second-tab")
        other.page.close()

        network.cut()
        reader.wait(SAYS_OFFLINE)
        reader.stroke(row(3, 40))
        reader.leave_picture()
        album.look("offline", saved=True)
        assert album.differing + beside.differing == []


def moved(picture: Image.Image, right: int) -> Image.Image:
    """What lies in the middle of the pane, so many pixels further to the right."""
    box = (120, 80, 300, 240)
    changed = picture.copy()
    changed.paste(picture.crop(box), (box[0] + right, box[1]))
    return changed


def test_a_moved_mask_another_theme_and_a_lost_button_are_seen() -> None:
    kept = reference("single-dark")
    assert not compare(moved(kept, 4), kept).kept
    assert not compare(reference("single-light"), kept).kept
    assert not compare(reference("single-reading-room"), kept).kept
    without = kept.copy()
    without.paste(kept.getpixel((12, 300)), (0, 20, 20, 40))
    assert not compare(without, kept).kept


def test_softer_letters_and_other_rounding_are_not_minded() -> None:
    kept = reference("single-dark")
    softer = kept.filter(ImageFilter.GaussianBlur(0.6))
    assert compare(softer, kept).kept
    noise = np.random.default_rng(0).integers(-4, 5, size=(*kept.size[::-1], 3))
    rounded = np.clip(np.asarray(kept).astype(int) + noise, 0, 255)
    assert compare(Image.fromarray(rounded.astype(np.uint8)), kept).kept


def test_the_pictures_are_small() -> None:
    kept = list((Path(__file__).parent / "references").glob("*.png"))
    assert len(kept) >= 12
    assert max(path.stat().st_size for path in kept) <= 40_000
