"""A reader at the screen: real mouse and keys on the case page of a running stack."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

PATIENCE_S = 120
"""Software rendering on a shared machine; a quiet one needs a second or two."""

Voxel = tuple[int, int, int]

VIOLATIONS = """
    window.refused = [];
    document.addEventListener('securitypolicyviolation', (event) => {
        window.refused.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
"""


@dataclass
class Reader:
    """One page of one browser, logged in."""

    page: Page
    address: str
    cases: dict[str, str]
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_S * 1000)
        self.page.add_init_script(VIOLATIONS)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append(message.text)

    def log_in(self, username: str, password: str) -> None:
        self.page.goto(f"{self.address}/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.page.click("button[type=submit]")

    def open(self, case: str) -> None:
        """Open a case and wait until its slice and its mask are there."""
        self.page.goto(self.address + self.cases[case])
        self.wait("() => window.slicewise?.ready")
        self.settle()

    def reload(self) -> None:
        self.page.reload()
        self.wait("() => window.slicewise?.ready")
        self.settle()

    def wait(self, condition: str) -> Any:
        """Poll: Playwright's own waiting needs ``eval``, which the policy forbids."""
        deadline = time.monotonic() + PATIENCE_S
        while not (value := self.page.evaluate(condition)):
            if time.monotonic() > deadline:
                said = self.page.inner_text("body")[:400]
                raise AssertionError(
                    f"waited {PATIENCE_S} s for {condition}; problems: "
                    f"{self.problems}; the page says: {said}"
                )
            time.sleep(0.02)
        return value

    def settle(self) -> None:
        """Wait until the slice was visited and every answer is shown."""
        self.wait(
            "() => window.slicewise.ready && window.slicewise.visited "
            "&& window.slicewise.pending === 0"
        )
        # One frame more, so that what has arrived is on the screen.
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")

    @property
    def slice(self) -> int:
        return int(self.page.evaluate("() => window.slicewise.slice"))

    def go_to(self, z: int) -> None:
        while self.slice != z:
            before = self.slice
            self.page.keyboard.press("ArrowDown" if z > before else "ArrowUp")
            self.wait(f"() => window.slicewise.slice !== {before}")
        self.settle()

    def point(self, voxel: Voxel) -> tuple[float, float]:
        """Where the centre of a voxel of the shown slice is in the window."""
        z, y, x = voxel
        found = self.page.evaluate(f"() => window.slicewise.canvasOfVoxel({z},{y},{x})")
        assert found is not None, f"slice {z} is not the one shown"
        return (found[0], found[1])

    def voxel(self, point: tuple[float, float]) -> Voxel:
        z, y, x = self.page.evaluate(
            f"() => window.slicewise.voxelAtCanvas({point[0]},{point[1]})"
        )
        return (z, y, x)

    def mask(self, voxel: Voxel) -> int:
        z, y, x = voxel
        return int(self.page.evaluate(f"() => window.slicewise.maskValue({z},{y},{x})"))

    def mask_size(self, z: int, shape: tuple[int, int]) -> int:
        """Voxels of slice ``z`` that have a label."""
        return int(
            self.page.evaluate(
                """([z, height, width]) => {
                    let count = 0;
                    for (let y = 0; y < height; y += 1)
                        for (let x = 0; x < width; x += 1)
                            count += window.slicewise.maskValue(z, y, x) > 0;
                    return count;
                }""",
                [z, *shape],
            )
        )

    def stroke(self, voxels: Sequence[Voxel], *, release: bool = True) -> None:
        """Drag along the centres of voxels with the primary button."""
        mouse = self.page.mouse
        mouse.move(*self.point(voxels[0]))
        mouse.down()
        for voxel in voxels[1:]:
            mouse.move(*self.point(voxel))
        if release:
            mouse.up()

    def leave_picture(self) -> None:
        """Take the pointer, and the brush under it, off the picture."""
        self.page.mouse.move(300, 10)
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")

    def screen(self) -> NDArray[np.int64]:
        """What is on the screen: (y, x, 3) in device pixels."""
        with Image.open(io.BytesIO(self.page.screenshot())) as image:
            return np.asarray(image.convert("RGB")).astype(np.int64)

    def zoom(self, notches: int, at: tuple[float, float]) -> None:
        """Turn the wheel with Ctrl held; positive comes nearer."""
        self.page.mouse.move(*at)
        self.page.keyboard.down("Control")
        for _ in range(abs(notches)):
            self.page.mouse.wheel(0, -100 if notches > 0 else 100)
        self.page.keyboard.up("Control")

    def told(self, test_id: str) -> str:
        return self.page.get_by_test_id(test_id).inner_text()

    def refused(self) -> list[str]:
        """What the content security policy has stopped on this page."""
        return list(self.page.evaluate("() => window.refused"))
