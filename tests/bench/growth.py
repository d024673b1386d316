"""``python -m tests.bench.growth [--turns N] [--switches N]``: does the page grow?

Chromium's memory after so many turns in one case, and after so many changes of case,
beside what it was before them with the same case open; and beside what the same log
takes in a page that was just loaded with it. The page is all that its heap snapshot
holds, pictures and masks too. Garbage is collected before a look.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.bench.chromium import ARGUMENTS, CHROMIUM, draw, metrics, own_mb, page_mb
from tests.bench.product import Product, served
from tests.bench.viewer import write_chest
from tests.bench.viewer_report import FOLDER, save_growth
from tests.e2e.reader import Reader

WARM_ACTS = 20
"""Cases or turns until most of the browser's caches, which have an end, are full."""
LOOKS = 3
MOST_PERCENT = 5.0
MOST_MB = 1500
CASE = "Synthetic abdomen 1, geodesic"
LARGE_VOLUME = "three-hundred"
LARGE = f"{LARGE_VOLUME}, geodesic"
CASES = """
import json
from annotation.models import Assignment
rows = Assignment.objects.filter(reader__username="reader")
print(json.dumps({f"{row.volume.name}, {row.arm.engine}": f"/cases/{row.pk}/"
                  for row in rows}))
"""


@dataclass(frozen=True)
class Look:
    """What the browser holds."""

    page_mb: float
    code_mb: float
    script_mb: float
    nodes: float
    listeners: float
    processes_mb: float


def look(devtools: CDPSession) -> Look:
    """Collect garbage, then look."""
    found = metrics(devtools)
    processes = own_mb()
    page, code = page_mb(devtools)
    return Look(
        page_mb=page,
        code_mb=code,
        script_mb=found["JSHeapUsedSize"] / 1e6,
        nodes=found["Nodes"],
        listeners=found["JSEventListeners"],
        processes_mb=processes,
    )


def middle(looks: Sequence[Look]) -> Look:
    """The median of each figure."""
    return Look(
        **{
            field.name: statistics.median(getattr(look, field.name) for look in looks)
            for field in fields(Look)
        }
    )


def turns(
    reader: Reader, page: Page, devtools: CDPSession, count: int
) -> tuple[Look, Look]:
    """Draw ``count`` strokes on one slice, each answered before the next."""
    rng = np.random.default_rng(1)
    box = page.get_by_test_id("pane").bounding_box()
    assert box is not None
    centre = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])

    def act() -> None:
        x, y = centre + rng.uniform(-120, 120, size=2)
        draw(page, rng, (float(x), float(y)), moves=4)
        reader.settle()

    for _ in range(WARM_ACTS):
        act()
    early = look(devtools)
    for _ in range(count):
        act()
    return early, look(devtools)


def switches(
    reader: Reader, devtools: CDPSession, names: Sequence[str], count: int
) -> tuple[Look, Look, Look]:
    """Open the cases in turn, and look through a few slices of each.

    A CT takes twice the memory of a micrograph: at the looks the first is open. There
    are ``count`` cases between the first two looks, and as many after them: what a
    cache still takes in may be seen before the second, what leaks before the third.
    """

    def act(number: int) -> None:
        reader.open(names[number % len(names)])
        for _ in range(3):
            reader.page.keyboard.press("ArrowDown")

    def posed() -> Look:
        act(0)
        await_slices(reader)
        return look(devtools)

    for number in range(WARM_ACTS):
        act(number)
    looks = [middle([posed() for _ in range(LOOKS)])]
    for _ in range(2):
        for number in range(count):
            act(number)
        looks.append(middle([posed() for _ in range(LOOKS)]))
    early, between, late = looks
    return early, between, late


def await_slices(reader: Reader) -> None:
    """All of a volume is here: less would look like less memory."""
    reader.wait(
        "() => !document.querySelector('footer').textContent.includes('slices here')"
    )


def after_reload(reader: Reader, devtools: CDPSession) -> Look:
    """What a page takes that was just loaded with the log as it is."""
    reader.reload()
    await_slices(reader)
    return look(devtools)


def large(reader: Reader, devtools: CDPSession) -> Look:
    """What the browser holds of 300 slices, all here and in three planes."""
    reader.open(LARGE)
    reader.page.keyboard.press("Shift+V")
    reader.page.get_by_test_id("plane-2").wait_for()
    await_slices(reader)
    return look(devtools)


def row(what: str, early: Look, late: Look, budget: str, kept: str) -> list[str]:
    """One line of the report."""
    return [
        what,
        f"{early.page_mb:.2f}",
        f"{late.page_mb:.2f}",
        f"{_percent(early.page_mb, late.page_mb):+.1f}",
        f"{1000 * (late.code_mb - early.code_mb):+.0f}",
        f"{early.script_mb:.2f} → {late.script_mb:.2f}",
        f"{early.processes_mb:.0f}",
        f"{late.processes_mb:.0f}",
        f"{_percent(early.processes_mb, late.processes_mb):+.1f}",
        f"{early.nodes:.0f} → {late.nodes:.0f}",
        f"{early.listeners:.0f} → {late.listeners:.0f}",
        budget,
        kept,
    ]


HEAD = (
    *("what", "page MB before", "after", "%", "compiled code kB", "JS heap MB"),
    *("processes MB before", "after", "%", "nodes", "listeners", "budget", "kept"),
)


def _percent(early: float, late: float) -> float:
    return 100 * (late / early - 1)


def _grew(what: str, early: Look, late: Look) -> list[str]:
    grown = max(
        _percent(early.page_mb, late.page_mb),
        _percent(early.processes_mb, late.processes_mb),
    )
    kept = "yes" if grown <= MOST_PERCENT else "no"
    budget = f"page, processes ≤ {MOST_PERCENT:g} %"
    return row(what, early, late, budget, kept)


def measured(
    reader: Reader, devtools: CDPSession, turn_count: int, switch_count: int
) -> list[list[str]]:
    """Every line of the report."""
    reader.open(CASE)
    reader.page.get_by_test_id("tour-leave").click()
    fresh = after_reload(reader, devtools)
    early, late = turns(reader, reader.page, devtools, turn_count)
    loaded = after_reload(reader, devtools)
    lines = [
        _grew(f"{turn_count} turns, after {WARM_ACTS}", early, late),
        row("a page just loaded, with that log", fresh, loaded, "", ""),
    ]
    names = [CASE, *sorted(reader.cases.keys() - {CASE, LARGE})]
    early, between, late = switches(reader, devtools, names, switch_count)
    what = f"{switch_count} cases opened ({len(names)} in turns), after {WARM_ACTS}"
    lines.append(_grew(what, early, between))
    lines.append(_grew(f"{switch_count} more of them", between, late))
    empty = look(devtools)
    whole = large(reader, devtools)
    kept = "yes" if whole.processes_mb <= MOST_MB else "no"
    budget = f"processes ≤ {MOST_MB} MB"
    lines.append(row("512 × 512 × 300 in three planes", empty, whole, budget, kept))
    return lines


def main(arguments: Sequence[str]) -> None:
    """Serve the product, use it for long, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=200, help="strokes drawn")
    parser.add_argument("--switches", type=int, default=50, help="cases opened")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="slicewise-bench-") as directory,
        served(Path(directory)) as product,
        sync_playwright() as playwright,
    ):
        path = Path(directory) / f"{LARGE_VOLUME}.nii"
        write_chest(path, slices=300)
        product.manage(
            *("import_folder", str(path), "--project", "Bench"),
            *("--labels", "organ=1", "--engine", "geodesic"),
            *("--modality", "CT", "--reader", "reader"),
        )
        path.unlink()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        reader = _seated(product, page)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        lines = measured(reader, devtools, options.turns, options.switches)
        what = f"Chromium {browser.version}"
        browser.close()
    sys.stdout.write(save_growth(options.out, HEAD, lines, what))


def _seated(product: Product, page: Page) -> Reader:
    cases = json.loads(product.manage("shell", "-v", "0", "-c", CASES))
    reader = Reader(page, f"http://127.0.0.1:{product.port}", cases)
    reader.log_in("reader", product.reader_password)
    return reader


if __name__ == "__main__":
    main(sys.argv[1:])
