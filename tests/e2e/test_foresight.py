"""The mask of the next slice is there when the slice is, before anybody answers."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from playwright.sync_api import Browser, WebSocket

from tests.e2e.cable import cable
from tests.e2e.conftest import Account, LiveStack, seated
from tests.e2e.reader import PATIENCE_S, Reader

pytestmark = pytest.mark.e2e

SAYS_OFFLINE = """
    () => document.querySelector('[data-testid=saved]').textContent
        .startsWith('offline')
"""


class Foreseen:
    """What the server has foreseen, as it came over the page's socket."""

    def __init__(self) -> None:
        self.slices: list[dict[str, Any]] = []

    def listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._take)

    def has(self, z: int) -> bool:
        return any(s["start"][0] <= z < s["stop"][0] for s in self.slices)

    def _take(self, frame: str | bytes) -> None:
        message = json.loads(frame)
        if message["type"] == "foreseen":
            self.slices += message["slices"]


def orange(reader: Reader, at: tuple[float, float]) -> bool:
    """Whether the first label's colour lies over the grey at a point."""
    x, y = (int(part) for part in at)
    red, _, blue = reader.screen()[y, x]
    return bool(red - blue > 40)


def test_the_next_slice_shows_what_was_foreseen_while_no_answer_can_come(
    live_stack: LiveStack, account: Account, browser: Browser
) -> None:
    with cable(live_stack.product.port) as network:
        page = browser.new_context(reduced_motion="reduce").new_page()
        foreseen = Foreseen()
        page.on("websocket", foreseen.listen)
        reader = seated(page, live_stack, account, port=network.port)
        reader.open("foreseen")
        reader.wait(
            "() => !document.querySelector('footer').textContent"
            ".includes('slices here')"
        )
        z = reader.slice
        reader.stroke([(z, 40, x) for x in range(30, 41)])
        reader.settle()
        deadline = time.monotonic() + PATIENCE_S
        while not foreseen.has(z + 1):
            assert time.monotonic() < deadline, "nothing was foreseen"
            page.wait_for_timeout(20)
        network.cut()
        reader.wait(SAYS_OFFLINE)
        page.keyboard.press("ArrowDown")
        reader.wait(f"() => window.slicewise.slice === {z + 1}")
        reader.leave_picture()
        assert reader.mask((z + 1, 40, 35)) == 0, "an answer came all the same"
        assert orange(reader, reader.point((z + 1, 40, 35)))
        assert not orange(reader, reader.point((z + 1, 60, 35)))
        network.mend()
        reader.settle()
        assert reader.mask((z + 1, 40, 35)) == 1
        assert orange(reader, reader.point((z + 1, 40, 35)))
