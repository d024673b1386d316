"""``python -m tests.bench.growth [--turns N] [--switches N]``: does the page grow?

Chromium's memory after so many turns in one case, and after so many changes of case,
beside what it was after the first tenth of them. Garbage is collected before a look.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.bench.chromium import ARGUMENTS, CHROMIUM, draw, metrics, own_mb
from tests.bench.product import Product, served
from tests.e2e.reader import Reader

WARM_SHARE = 0.1
CASE = "Synthetic abdomen 1"
CASES = """
import json
from annotation.models import Assignment
rows = Assignment.objects.filter(reader__username="reader", arm__engine="geodesic")
print(json.dumps({row.volume.name: f"/cases/{row.pk}/" for row in rows}))
"""


@dataclass(frozen=True)
class Look:
    """What the browser holds."""

    script_mb: float
    nodes: int
    listeners: int
    processes_mb: float


def look(devtools: CDPSession) -> Look:
    """Collect garbage, then look."""
    found = metrics(devtools)
    return Look(
        script_mb=found["JSHeapUsedSize"] / 1e6,
        nodes=int(found["Nodes"]),
        listeners=int(found["JSEventListeners"]),
        processes_mb=own_mb(),
    )


def grown(
    devtools: CDPSession, count: int, act: Callable[[int], None]
) -> tuple[Look, Look]:
    """What the browser held after a tenth of ``count`` acts, and after all."""
    early: Look | None = None
    warm = max(int(WARM_SHARE * count), 1)
    for number in range(count):
        act(number)
        if number + 1 == warm:
            early = look(devtools)
    assert early is not None
    return early, look(devtools)


def turns(
    reader: Reader, page: Page, devtools: CDPSession, count: int
) -> tuple[Look, Look]:
    """Draw ``count`` strokes on one slice, each answered before the next."""
    rng = np.random.default_rng(1)
    box = page.get_by_test_id("pane").bounding_box()
    assert box is not None
    centre = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])

    def act(_: int) -> None:
        x, y = centre + rng.uniform(-120, 120, size=2)
        draw(page, rng, (float(x), float(y)), moves=4)
        reader.settle()

    return grown(devtools, count, act)


def switches(
    reader: Reader, devtools: CDPSession, names: Sequence[str], count: int
) -> tuple[Look, Look]:
    """Open the cases in turn, and look through a few slices of each."""

    def act(number: int) -> None:
        reader.open(names[number % len(names)])
        for _ in range(3):
            reader.page.keyboard.press("ArrowDown")

    return grown(devtools, count, act)


def row(what: str, early: Look, late: Look) -> str:
    """One line of the report."""
    script = 100 * (late.script_mb / early.script_mb - 1)
    own = 100 * (late.processes_mb / early.processes_mb - 1)
    return (
        f"{what}: JavaScript {early.script_mb:.1f} → {late.script_mb:.1f} MB "
        f"({script:+.1f} %), processes {early.processes_mb:.0f} → "
        f"{late.processes_mb:.0f} MB ({own:+.1f} %), nodes {early.nodes} → "
        f"{late.nodes}, listeners {early.listeners} → {late.listeners}\n"
    )


def main(arguments: Sequence[str]) -> None:
    """Serve the product, use it for long, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=200, help="strokes drawn")
    parser.add_argument("--switches", type=int, default=50, help="cases opened")
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="slicewise-bench-") as directory,
        served(Path(directory)) as product,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        reader = _seated(product, page)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        reader.open(CASE)
        page.get_by_test_id("tour-leave").click()
        if options.turns:
            looks = turns(reader, page, devtools, options.turns)
            sys.stdout.write(row(f"{options.turns} turns", *looks))
            sys.stdout.flush()
        if options.switches:
            names = sorted(reader.cases)[:3]
            looks = switches(reader, devtools, names, options.switches)
            sys.stdout.write(row(f"{options.switches} cases opened", *looks))
        browser.close()


def _seated(product: Product, page: Page) -> Reader:
    cases = json.loads(product.manage("shell", "-v", "0", "-c", CASES))
    reader = Reader(page, f"http://127.0.0.1:{product.port}", cases)
    reader.log_in("reader", product.reader_password)
    return reader


if __name__ == "__main__":
    main(sys.argv[1:])
