"""A micrograph of 8192²: how long until it is seen, and how it follows the hand."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PIL import Image

from tests.bench.chromium import LISTEN, draw
from tests.e2e.reader import Reader

SIDE = 8192
STRIP = 512
PANS = 4
NOTCHES = (0, 8, 16)
"""Turns of the wheel: the whole picture, and twice nearer."""


def write_micrograph(path: Path, side: int = SIDE) -> None:
    """Violet nuclei on pink, with noise: it compresses as little as tissue does."""
    rng = np.random.default_rng(0)
    pixels = np.full((side, side, 3), (236, 200, 220), dtype=np.uint8)
    for y, x, radius in rng.integers((0, 0, 8), (side, side, 40), size=(6000, 3)):
        top, left = max(y - radius, 0), max(x - radius, 0)
        part = pixels[top : y + radius, left : x + radius]
        rows, columns = np.ogrid[: part.shape[0], : part.shape[1]]
        disk = (rows + top - y) ** 2 + (columns + left - x) ** 2 < radius**2
        part[disk] = (110, 60, 150)
    for top in range(0, side, STRIP):
        strip = pixels[top : top + STRIP]
        noise = rng.integers(-9, 10, strip.shape, dtype=np.int16)
        strip[:] = np.clip(strip + noise, 0, 255)
    Image.fromarray(pixels).save(path, compress_level=1)


def opened(reader: Reader, case: str) -> float:
    """Return milliseconds from asking for the page until the picture was painted."""
    began = time.monotonic()
    reader.page.goto(reader.address + reader.cases[case])
    reader.wait("() => window.slicewise?.slice >= 0")
    reader.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    taken = time.monotonic() - began
    reader.settle()
    return 1000 * taken


def panned(reader: Reader, seed: int) -> list[float]:
    """Return milliseconds from each movement until the picture was painted there."""
    page = reader.page
    box = page.get_by_test_id("pane").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    rng = np.random.default_rng(seed)
    page.keyboard.press("p")
    page.evaluate(LISTEN)
    before = 0
    for notches in NOTCHES:
        if notches > before:
            reader.zoom(notches - before, middle)
            before = notches
        for _ in range(PANS):
            draw(page, rng, middle)
    return list(page.evaluate("() => window.lags"))
