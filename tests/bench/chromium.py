"""Chromium as every measurement of the page has it, and what it tells of itself."""

from __future__ import annotations

import json
import shutil
import time

import numpy as np
import psutil
from playwright.sync_api import Browser, CDPSession, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

# Software WebGL, and no sandbox for root in a container.
ARGUMENTS = [
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--no-sandbox",
]

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


def script_of_keys(browser: Browser, page: Page, keys: int) -> float:
    """Milliseconds of JavaScript per slice; nothing is asked of the page meanwhile."""
    browser.start_tracing(page=page, categories=["devtools.timeline", "v8"])
    for number in range(keys):
        page.keyboard.press("ArrowDown" if number < keys / 2 else "ArrowUp")
        time.sleep(0.3)
    return script_ms(browser.stop_tracing()) / keys


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


def metrics(devtools: CDPSession) -> dict[str, float]:
    """Chromium's own counters, once garbage was collected."""
    for _ in range(2):  # what falls free first frees more
        devtools.send("HeapProfiler.collectGarbage")
    found = devtools.send("Performance.getMetrics")["metrics"]
    return {metric["name"]: metric["value"] for metric in found}


def page_mb(devtools: CDPSession) -> tuple[float, float]:
    """All that the page holds in MB, and what of it is compiled code.

    From a heap snapshot: objects and strings, the voxels and masks of its buffers,
    nodes, styles. Code is compiled anew as a page is used, and thrown away again.
    """
    pieces: list[str] = []

    def add(event: dict[str, str]) -> None:
        pieces.append(event["chunk"])

    devtools.on("HeapProfiler.addHeapSnapshotChunk", add)
    devtools.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    devtools.remove_listener("HeapProfiler.addHeapSnapshotChunk", add)
    snapshot = json.loads("".join(pieces))
    meta = snapshot["snapshot"]["meta"]
    fields = meta["node_fields"]
    nodes = np.array(snapshot["nodes"], dtype=np.int64).reshape(-1, len(fields))
    sizes = nodes[:, fields.index("self_size")] / 1e6
    code = meta["node_types"][0].index("code")
    kinds = nodes[:, fields.index("type")]
    return float(sizes.sum()), float(sizes[kinds == code].sum())


def own_mb() -> float:
    """Memory that Chromium's processes share with nobody, in MB."""
    total = 0
    for child in psutil.Process().children(recursive=True):
        try:
            if "chrom" in child.name():
                total += child.memory_full_info().uss
        except psutil.Error:
            continue
    return total / 1e6
