"""A whole stack of its own, with cases in it, and a browser for every test."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.bench.product import Product, served
from tests.e2e.cases import AFFINES, write_cases, write_ct
from tests.e2e.reader import Reader
from tests.inference_worker.engines.cases import tiny_mem3d, tiny_prism

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

# Software WebGL, and no sandbox for root in a container.
ARGUMENTS = [
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--no-sandbox",
]

CASES = """
import json
from annotation.models import Assignment
print(json.dumps({
    a.volume.name: f"/cases/{a.pk}/"
    for a in Assignment.objects.filter(
        reader__username="reader",
        volume__project__name__in=["Browser", "Carried", "Solid", "Foreseen"],
    )
}))
"""


@dataclass(frozen=True)
class LiveStack:
    """A served product and the addresses of its cases by name."""

    product: Product
    cases: dict[str, str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.product.port}"


@pytest.fixture(scope="session")
def live_stack() -> Iterator[LiveStack]:
    """The product as ``make run`` serves it, on services and data of its own."""
    with ExitStack() as stack:
        # Not below pytest's folder, which the services' user may not enter.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="slicewise-"))
        directory = Path(folder)
        with pytest.MonkeyPatch.context() as patch:
            # Those lent to the suite belong to tests that empty them.
            for lent in ("DATABASE_URL", "REDIS_URL", "PYTEST_XDIST_WORKER"):
                patch.delenv(lent, raising=False)
            product = stack.enter_context(served(directory, seconds=300))
        images = directory / "images"
        images.mkdir()
        write_cases(images)
        product.manage(
            *("import_folder", str(images), "--project", "Browser"),
            *("--labels", "organ=1,lesion=2", "--engine", "geodesic"),
            *("--modality", "CT", "--reader", "reader"),
        )
        carried = directory / "carried"
        carried.mkdir()
        write_ct(carried / "carried.nii.gz", AFFINES["upright"], seed=99)
        product.manage(
            *("import_folder", str(carried), "--project", "Carried"),
            *("--labels", "organ=1", "--engine", "mem3d"),
            *("--weights", tiny_mem3d(directory)),
            *("--modality", "CT", "--reader", "reader"),
        )
        solid = directory / "solid"
        solid.mkdir()
        write_ct(solid / "solid.nii.gz", AFFINES["flipped"], seed=98)
        product.manage(
            *("import_folder", str(solid), "--project", "Solid"),
            *("--labels", "organ=1", "--engine", "prism"),
            *("--weights", tiny_prism(directory)),
            *("--modality", "CT", "--reader", "reader"),
        )
        foreseen = directory / "foreseen"
        foreseen.mkdir()
        write_ct(foreseen / "foreseen.nii.gz", AFFINES["upright"], seed=97)
        product.manage(
            *("import_folder", str(foreseen), "--project", "Foreseen"),
            *("--labels", "organ=1", "--engine", "copy_previous"),
            *("--modality", "CT", "--reader", "reader"),
        )
        yield LiveStack(
            product, json.loads(product.manage("shell", "-v", "0", "-c", CASES))
        )


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A Chromium for one test: a longer-lived one would hold the event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def sit_down(live_stack: LiveStack, browser: Browser) -> Callable[..., Reader]:
    """Seat a reader, logged in, before a screen of any density."""

    def seat(
        *,
        ratio: float = 1,
        width: int = 1200,
        height: int = 800,
        drawing: str = "auto",
    ) -> Reader:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=ratio,
            # Nothing flashes, so that what is on the screen is the mask.
            reduced_motion="reduce",
        )
        if drawing != "auto":
            context.add_init_script(
                "localStorage['slicewise:preferences'] ??= "
                f"JSON.stringify({{drawing: '{drawing}'}})"
            )
        reader = Reader(context.new_page(), live_stack.address, live_stack.cases)
        reader.log_in("reader", live_stack.product.reader_password)
        return reader

    return seat


@pytest.fixture
def reader(sit_down: Callable[..., Reader]) -> Reader:
    """A reader before an ordinary screen."""
    return sit_down()
