"""``python -m tests.bench.viewer [--data FOLDER]``: time the page in Chromium.

Headless Chromium draws in software on a shared machine, so each act stands beside the
same act in a bare set-up of Cornerstone, timed in turns with it in the same run: the
same server, frames, window and pane. JavaScript's share is processor time of the
page's main thread, from Chromium's trace. The report goes to ``docs/viewer``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nibabel as nib
import numpy as np
from playwright.sync_api import Browser, sync_playwright

from tests.bench.case_page import CasePage
from tests.bench.chromium import ARGUMENTS, CHROMIUM
from tests.bench.micrograph import opened, panned, write_micrograph
from tests.bench.plain_page import Pane, PlainPage, build
from tests.bench.product import Product, served
from tests.bench.viewer_report import FOLDER, Row, save_speed
from tests.e2e.reader import Reader

CASES = """
import json
from annotation.models import Assignment
rows = Assignment.objects.filter(reader__username="reader",
                                 volume__project__name__startswith="Bench")
print(json.dumps({row.volume.name: f"/cases/{row.pk}/" for row in rows}))
"""
ROUNDS = 3
# A round opens each page so often: once to use it, else to be timed only.
OPENINGS = 3
# A browser that has just made a window is busy with itself.
QUIET_S = 1.0
KEYS = 16
# How often those keys are pressed for the time of the scripts alone.
SCROLLS = 3
STROKES = 8
MASKS = 20
MICROGRAPH = "micrograph-8192"
WINDOW = {"width": 1280, "height": 800}


@dataclass
class Times:
    """Milliseconds of one page's acts, from every round."""

    first: list[float] = field(default_factory=list)
    all: list[float] = field(default_factory=list)
    scroll: list[float] = field(default_factory=list)
    script: list[float] = field(default_factory=list)
    stroke: list[float] = field(default_factory=list)
    mask: list[float] = field(default_factory=list)
    large: list[float] = field(default_factory=list)
    pan: list[float] = field(default_factory=list)


def write_chest(path: Path, slices: int = 135) -> None:
    """A made-up chest for want of a real one: slices of 512² with noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1:1:512j, -1:1:512j]
    body = (x / 0.9) ** 2 + (y / 0.65) ** 2 < 1
    lungs = ((abs(x) - 0.4) / 0.3) ** 2 + (y / 0.45) ** 2 < 1
    plane = np.where(lungs, -850, np.where(body, 40, -1000)).T
    noise = rng.normal(0, 15, size=(512, 512, 8)).astype(np.int16)
    voxels = plane[..., None].astype(np.int16) + noise[..., np.arange(slices) % 8]
    nib.save(nib.Nifti1Image(voxels, np.diag([-0.8, -0.8, 2.5, 1.0])), path)


class Bench:
    """A served product with one case, and a browser."""

    def __init__(self, product: Product, browser: Browser) -> None:
        self.product = product
        self.browser = browser
        self.address = f"http://127.0.0.1:{product.port}"
        self.cases = json.loads(product.manage("shell", "-v", "0", "-c", CASES))
        self.case = next(name for name in self.cases if name != MICROGRAPH)
        page = browser.new_page()
        Reader(page, self.address, {}).log_in("reader", product.reader_password)
        self.login = page.context.storage_state()
        page.close()

    @contextmanager
    def seat(self):  # type: ignore[no-untyped-def]
        """A page with nothing in its caches but the login."""
        context = self.browser.new_context(viewport=WINDOW, storage_state=self.login)
        try:
            page = context.new_page()
            time.sleep(QUIET_S)
            yield page
        finally:
            context.close()

    def round(self, number: int, ours: Times, bare: Times) -> Pane:
        """Do everything once on each page."""
        with self.seat() as page:
            case = CasePage(Reader(page, self.address, self.cases))
            _opened(ours, case.open(self.case))
            case.sit_down()
            pane = case.pane()
            ours.scroll += case.scroll(KEYS)
            ours.script += [case.script(self.browser, KEYS) for _ in range(SCROLLS)]
            case.reader.settle()
            ours.stroke += case.strokes(STROKES, number)
            time.sleep(3)  # the last events are on their way
            ours.mask += case.tap.masks()
        with self.seat() as page:
            plain = PlainPage(page, self.address)
            _opened(bare, plain.open(pane))
            bare.scroll += plain.scroll(KEYS)
            bare.script += [plain.script(self.browser, KEYS) for _ in range(SCROLLS)]
            bare.stroke += plain.strokes(pane, STROKES, number)
            bare.mask += plain.masks(MASKS)
            if plain.reader.problems:
                raise RuntimeError(f"the bare page said {plain.reader.problems}")
        for _ in range(OPENINGS - 1):
            with self.seat() as page:
                case = CasePage(Reader(page, self.address, self.cases))
                _opened(ours, case.open(self.case))
            with self.seat() as page:
                _opened(bare, PlainPage(page, self.address).open(pane))
        with self.seat() as page:
            reader = Reader(page, self.address, self.cases)
            ours.large.append(opened(reader, MICROGRAPH))
            ours.pan += panned(reader, number)
        return pane


def _opened(times: Times, found: tuple[float, float]) -> None:
    times.first.append(found[0])
    times.all.append(found[1])


def rows(ours: Times, bare: Times, slices: int) -> list[Row]:
    """What is promised, and what was found."""
    return [
        Row("input → stroke pixels", ours.stroke, bare.stroke, ("p95", 33)),
        Row("JavaScript of a scroll by one", ours.script, bare.script, ("p50", 5)),
        Row("key → next slice's pixels", ours.scroll, bare.scroll, None),
        Row("mask arrival → pixels", ours.mask, bare.mask, ("p95", 70)),
        Row("opening → first slice", ours.first, bare.first, ("p50", 1000)),
        Row(f"opening → all {slices} slices", ours.all, bare.all, ("p50", 6000)),
        Row("opening → micrograph of 8192²", ours.large, (), ("p50", 10_000)),
        Row("drag → micrograph's pixels", ours.pan, (), ("p50", 50)),
    ]


def main(arguments: Sequence[str]) -> None:
    """Serve the product, use both pages, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a DICOM series (else a made-up one)")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="slicewise-bench-") as name,
        sync_playwright() as playwright,
    ):
        directory = Path(name)
        surroundings = {
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "SLICEWISE_PLAIN_PAGE": str(build(directory)),
        }
        with served(directory, surroundings=surroundings) as product:
            data = options.data
            if data is None:
                data = directory / "chest.nii"
                write_chest(data)
            product.manage(
                *("import_folder", str(data), "--project", "Bench"),
                *("--labels", "organ=1", "--engine", "geodesic"),
                *("--modality", "CT", "--reader", "reader"),
            )
            picture = directory / "pictures" / f"{MICROGRAPH}.png"
            picture.parent.mkdir()
            write_micrograph(picture)
            product.manage(
                *("import_folder", str(picture.parent), "--project", "Bench pictures"),
                *("--labels", "cell=1", "--engine", "manual", "--reader", "reader"),
            )
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=ARGUMENTS
            )
            bench = Bench(product, browser)
            ours, bare = Times(), Times()
            for number in range(options.rounds):
                pane = bench.round(number, ours, bare)
            version = browser.version
            browser.close()
    what = "a chest CT" if options.data else "a made-up chest"
    told = save_speed(
        options.out,
        rows(ours, bare, pane.slices),
        f"{what} in a pane of {pane.width} × {pane.height}, Chromium {version}, "
        f"{options.rounds} rounds in turns",
    )
    sys.stdout.write(told)


if __name__ == "__main__":
    main(sys.argv[1:])
