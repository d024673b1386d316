"""``python -m tests.bench.viewer [--turns N] [--json FILE]``: time it in Chromium.

Headless Chromium draws in software on a shared machine, so each figure stands beside
its ratio to the same act on a bare page: one line on one 2D canvas, one picture put.
JavaScript's share is processor time of the page's main thread, from Chromium's trace:
what else the machine does, and what this program asks the page, is not in it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, CDPSession, Page, WebSocket, sync_playwright

from tests.bench.product import Product, served
from tests.e2e.reader import Reader

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
ARGUMENTS = [
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--no-sandbox",
]
CASE = "Synthetic abdomen 1"

CASES = """
import json
from annotation.models import Assignment
rows = Assignment.objects.filter(reader__username="reader", arm__engine="geodesic")
print(json.dumps({row.volume.name: f"/cases/{row.pk}/" for row in rows}))
"""

# From a movement's own time stamp until the frame that answers it has been painted.
LISTEN = """
() => {
    window.lags = [];
    window.addEventListener('pointermove', (event) => {
        if (event.buttons !== 1) return;
        requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => {
                channel.port1.close();
                window.lags.push(performance.now() - event.timeStamp);
            };
            channel.port2.postMessage(null);
        });
    }, true);
}
"""

BARE = """
() => {
    document.body.innerHTML = '<canvas width="960" height="720"></canvas>';
    const context = document.querySelector('canvas').getContext('2d');
    window.addEventListener('pointermove', (event) => {
        if (event.buttons !== 1) return;
        context.lineTo(event.clientX, event.clientY);
        context.stroke();
    });
    const picture = context.createImageData(512, 512);
    window.putPicture = (began = performance.now()) => new Promise((done) =>
            requestAnimationFrame(() => {
        new Uint32Array(picture.data.buffer).fill(0xff000000 + (Math.random() * 255));
        context.putImageData(picture, 0, 0);
        const channel = new MessageChannel();
        channel.port1.onmessage = () => {
            channel.port1.close();
            done(performance.now() - began);
        };
        channel.port2.postMessage(null);
    }));
}
"""

ALL_HERE = """
() => !document.querySelector('footer').textContent.includes('slices here')
    && performance.now()
"""


@dataclass
class Figures:
    """Milliseconds, but for the memory."""

    first_slice: float = 0.0
    all_slices: float = 0.0
    slices: int = 0
    stroke: list[float] = field(default_factory=list)
    bare_stroke: list[float] = field(default_factory=list)
    scroll_script: float = 0.0
    scroll: list[float] = field(default_factory=list)
    bare_picture: list[float] = field(default_factory=list)
    mask: list[float] = field(default_factory=list)
    planes_scroll_script: float = 0.0
    heap_mb: list[float] = field(default_factory=list)
    turns: int = 0


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


# What the main thread does in JavaScript, and collecting its garbage.
SCRIPT = {
    "EvaluateScript",
    "FireAnimationFrame",
    "FunctionCall",
    "MajorGC",
    "MinorGC",
    "RunMicrotasks",
    "TimerFire",
    "v8.callFunction",
}


def script_ms(trace: bytes) -> float:
    """Milliseconds of processor time in JavaScript, the outermost of nested calls."""
    events = json.loads(trace)["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name"
        and event["args"]["name"] == "CrRendererMain"
    }
    calls = sorted(
        (event["pid"], event["tid"], event["ts"], event["dur"], event.get("tdur", 0))
        for event in events
        if event.get("ph") == "X"
        and event["name"] in SCRIPT
        and (event["pid"], event["tid"]) in mains
    )
    total, ends = 0.0, dict.fromkeys(mains, 0)
    for pid, tid, start, took, worked in calls:
        if start >= ends[(pid, tid)]:
            ends[(pid, tid)] = start + took
            total += worked / 1e3
    return total


def heap_mb(devtools: CDPSession) -> float:
    """Live JavaScript memory."""
    devtools.send("HeapProfiler.collectGarbage")
    found = devtools.send("Performance.getMetrics")["metrics"]
    return next(m["value"] for m in found if m["name"] == "JSHeapUsedSize") / 1e6


def draw(
    page: Page, rng: np.random.Generator, start: tuple[float, float], moves: int = 20
) -> None:
    """A stroke of so many movements."""
    x, y = start
    page.mouse.move(x, y)
    page.mouse.down()
    for dx, dy in rng.integers(-9, 10, size=(moves, 2)).cumsum(axis=0):
        page.mouse.move(x + float(dx), y + float(dy))
        time.sleep(0.02)
    page.mouse.up()


def script_of_scroll(reader: Reader, browser: Browser, steps: int) -> float:
    """Milliseconds of JavaScript per slice; nothing is asked of the page meanwhile."""
    start = reader.slice
    browser.start_tracing(page=reader.page, categories=["devtools.timeline", "v8"])
    for step in range(steps):
        reader.page.keyboard.press("ArrowDown" if step < steps / 2 else "ArrowUp")
        time.sleep(0.4)
    trace = browser.stop_tracing()
    reader.wait(f"() => window.slicewise.slice === {start}")
    return script_ms(trace) / steps


def scroll(reader: Reader, steps: int) -> list[float]:
    """From each key press until the slice is shown."""
    taken = []
    for step in range(steps):
        here = reader.slice
        began = time.perf_counter()
        reader.page.keyboard.press("ArrowDown" if step < steps / 2 else "ArrowUp")
        while reader.slice == here:
            time.sleep(0.002)
        taken.append(1e3 * (time.perf_counter() - began))
    return taken


def bare(page: Page, figures: Figures) -> None:
    """The same acts with nothing around them."""
    page.goto("about:blank")
    page.evaluate(BARE)
    page.evaluate(LISTEN)
    rng = np.random.default_rng(0)
    for _ in range(4):
        draw(page, rng, (400, 300))
    figures.bare_stroke = page.evaluate("() => window.lags")
    figures.bare_picture = [
        page.evaluate("() => window.putPicture()") for _ in range(30)
    ]


def look(product: Product, browser: Browser, page: Page, turns: int) -> Figures:
    """Open the demo's CT, scroll, draw, and go on drawing."""
    figures = Figures(turns=turns)
    bare(page, figures)
    cases = json.loads(product.manage("shell", "-v", "0", "-c", CASES))
    reader = Reader(page, f"http://127.0.0.1:{product.port}", cases)
    reader.log_in("reader", product.reader_password)
    tap = Tap(page)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    page.goto(reader.address + cases[CASE])
    figures.first_slice = reader.wait(
        "() => window.slicewise?.slice >= 0 && performance.now()"
    )
    figures.all_slices = reader.wait(ALL_HERE)
    page.get_by_test_id("tour-leave").click()
    reader.settle()
    shown = reader.told("slice-index")
    figures.slices = int(shown.split("/")[1])
    figures.scroll = scroll(reader, 20)
    figures.scroll_script = script_of_scroll(reader, browser, 20)
    page.keyboard.press("Shift+V")
    page.get_by_test_id("plane-2").wait_for()
    figures.planes_scroll_script = script_of_scroll(reader, browser, 20)
    page.keyboard.press("Shift+V")
    page.keyboard.press("Shift+V")
    reader.settle()
    page.evaluate(LISTEN)
    rng = np.random.default_rng(1)
    box = page.get_by_test_id("pane").bounding_box()
    assert box is not None
    centre = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for turn in range(turns):
        start = centre + rng.uniform(-120, 120, size=2)
        draw(page, rng, (float(start[0]), float(start[1])))
        reader.settle()
        if turn in (turns // 10, turns - 1):
            figures.heap_mb.append(heap_mb(devtools))
    figures.stroke = page.evaluate("() => window.lags")
    time.sleep(3)  # the last events are on their way
    figures.mask = tap.masks()
    return figures


def rows(figures: Figures) -> Iterator[tuple[str, str, str]]:
    """(what, p50 / p95, ratio of the medians)."""

    def line(what: str, taken: Sequence[float], unit: Sequence[float], name: str):  # type: ignore[no-untyped-def]
        middle, high = np.percentile(taken, [50, 95])
        return (
            what,
            f"{middle:.0f} / {high:.0f} ms",
            f"{middle / np.median(unit):.1f} × {name} ({np.median(unit):.0f} ms)",
        )

    line_name, picture = "a line on a bare canvas", "a bare 512² picture"
    yield line("input → stroke pixels", figures.stroke, figures.bare_stroke, line_name)
    yield line("key → next slice", figures.scroll, figures.bare_picture, picture)
    yield (
        "JavaScript of a scroll by one slice",
        f"{figures.scroll_script:.1f} ms",
        f"with three planes {figures.planes_scroll_script:.1f} ms",
    )
    yield line("mask arrival → pixels", figures.mask, figures.bare_picture, picture)
    yield ("first slice after opening", f"{figures.first_slice:.0f} ms", "")
    yield (f"all {figures.slices} slices", f"{figures.all_slices:.0f} ms", "")
    early, late = figures.heap_mb[0], figures.heap_mb[-1]
    yield (
        f"JavaScript memory over {figures.turns} turns",
        f"{early:.1f} → {late:.1f} MB",
        f"{100 * (late / early - 1):+.1f} %",
    )


def main(arguments: Sequence[str]) -> None:
    """Serve the product, look at it, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=200, help="strokes drawn")
    parser.add_argument("--json", type=Path, help="write every figure here")
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="slicewise-bench-") as directory,
        served(Path(directory)) as product,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        figures = look(product, browser, page, options.turns)
        browser.close()
    if options.json:
        options.json.write_text(json.dumps(asdict(figures), indent=1))
    table = [("512² CT in Chromium", "p50 / p95", "beside"), *rows(figures)]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
