"""The product's own page, timed from inside."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, Request, WebSocket

from tests.bench.chromium import LISTEN, draw, script_of_keys
from tests.bench.plain_page import Pane
from tests.e2e.reader import Reader

# When the first slice was painted, and when no slice was missing any more.
WATCH_OPENING = """
(() => {
    const after = (told) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => {
            channel.port1.close();
            told();
        };
        channel.port2.postMessage(null);
    };
    const opening = (window.opening = { first: 0, all: 0 });
    const look = () => {
        const foot = document.querySelector('footer');
        if (!(window.slicewise?.slice >= 0) || !foot) {
            requestAnimationFrame(look);
            return;
        }
        after(() => { opening.first = performance.now(); });
        // Told, not asked in every frame: the bare page is not asked either.
        const whole = () => {
            if (!opening.all && !foot.textContent.includes('slices here')) {
                opening.all = performance.now();
            }
        };
        new MutationObserver(whole).observe(foot, {
            characterData: true, childList: true, subtree: true,
        });
        whole();
    };
    requestAnimationFrame(look);
})();
"""

# From a key's own time stamp until the slice it asks for was painted.
WATCH_SCROLL = """
() => {
    window.scrolls = [];
    let pressed = 0;
    window.addEventListener('keydown', (event) => {
        pressed = event.timeStamp;
    }, true);
    new MutationObserver(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => {
            channel.port1.close();
            window.scrolls.push(performance.now() - pressed);
        };
        channel.port2.postMessage(null);
    }).observe(document.querySelector('[data-testid=slice-index]'), {
        characterData: true, childList: true, subtree: true,
    });
}
"""


class Tap:
    """The page's own events, as it sends them over its socket."""

    def __init__(self, page: Page) -> None:
        self.events: list[dict[str, Any]] = []
        page.on("websocket", self._open)

    def _open(self, socket: WebSocket) -> None:
        socket.on("framesent", self._sent)

    def _sent(self, frame: str | bytes) -> None:
        message = json.loads(frame)
        if message["type"] == "events":
            known = {event["seq"] for event in self.events}
            self.events += [e for e in message["events"] if e["seq"] not in known]

    def masks(self) -> list[float]:
        """Milliseconds from an answer's arrival until its pixels are painted."""
        arrived: dict[tuple[Any, Any], float] = {}
        taken = []
        for event in sorted(self.events, key=lambda e: e["seq"]):
            key = (event["data"].get("turn"), event["data"].get("stage"))
            if event["kind"] == "prediction_received":
                arrived[key] = event["t"]
            elif event["kind"] == "prediction_rendered" and key in arrived:
                taken.append(event["t"] - arrived.pop(key))
        return taken


class CasePage:
    """A case, open in a browser whose reader is logged in."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.page = reader.page
        self.page.add_init_script(WATCH_OPENING)
        self.tap = Tap(self.page)
        self._series = ""
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.url.endswith("/metadata"):
            self._series = request.url.removesuffix("/metadata")

    def open(self, case: str) -> tuple[float, float]:
        """Return milliseconds until the first slice was painted, and all were here."""
        self.page.goto(self.reader.address + self.reader.cases[case])
        self.reader.wait("() => window.opening.all > 0")
        found = self.page.evaluate("() => window.opening")
        return (found["first"], found["all"])

    def pane(self) -> Pane:
        """What it shows, for the bare page to show the same."""
        box = self.page.get_by_test_id("pane").bounding_box()
        assert box is not None
        address = self._series.removeprefix(self.reader.address)
        return Pane(
            address,
            self.reader.slice,
            int(box["width"]),
            int(box["height"]),
            int(self.reader.told("slice-index").split("/")[1]),
        )

    def sit_down(self) -> None:
        """Wait for the first mask."""
        self.reader.settle()
        self.page.evaluate(WATCH_SCROLL)

    def scroll(self, keys: int) -> list[float]:
        """Return milliseconds from each key until its slice was painted."""
        self.page.evaluate("() => { window.scrolls.length = 0; }")
        for number in range(keys):
            self.page.keyboard.press("ArrowDown" if number < keys / 2 else "ArrowUp")
            self.reader.wait(f"() => window.scrolls.length === {number + 1}")
        return list(self.page.evaluate("() => window.scrolls"))

    def script(self, browser: Browser, keys: int) -> float:
        """Return milliseconds of JavaScript per slice, its masks and all."""
        start = self.reader.slice
        found = script_of_keys(browser, self.page, keys)
        self.reader.wait(f"() => window.slicewise.slice === {start}")
        return found

    def strokes(self, count: int, seed: int) -> list[float]:
        """Return milliseconds from each movement until it was painted.

        Every stroke is answered before the next.
        """
        self.page.evaluate(LISTEN)
        rng = np.random.default_rng(seed)
        box = self.page.get_by_test_id("pane").bounding_box()
        assert box is not None
        centre = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for _ in range(count):
            x, y = rng.uniform(-120, 120, size=2) + centre
            draw(self.page, rng, (float(x), float(y)))
            self.reader.settle()
        return list(self.page.evaluate("() => window.lags"))
