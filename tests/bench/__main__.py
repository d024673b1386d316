"""``python -m tests.bench [--turns N] [--json FILE]``: measure and print one table.

Seconds on a shared machine say little, so each figure stands beside its ratio to a
baseline of the same run: one forward pass of the same network over a 512² slice for
what the engine does, one echo over the same socket for what the platform does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tests.bench.product import CHECKOUT, served
from tests.bench.scenario import Measured, as_json, run

WEIGHTS = "ct-abdomen"


def rows(measured: Measured, forward_s: float) -> Iterator[tuple[str, str, str]]:
    """(what, p50 / p95, ratio to its baseline)."""
    echo_s = float(np.median(measured.echoes_s))
    engine = f"× one forward pass ({forward_s * 1e3:.0f} ms)"
    socket = f"× one echo ({echo_s * 1e3:.1f} ms)"
    turns, walks = measured.turns, measured.walks

    def line(
        what: str, seconds: Sequence[float], unit_s: float, unit: str
    ) -> tuple[str, str, str]:
        middle, high = np.percentile(seconds, [50, 95])
        figures = f"{middle * 1e3:.0f} / {high * 1e3:.0f} ms"
        return (what, figures, f"{middle / unit_s:.1f} {unit}")

    yield line("scribble → first answer", [t.first_s for t in turns], forward_s, engine)
    yield line("scribble → final answer", [t.final_s for t in turns], forward_s, engine)
    yield line(
        "accept + next slice → first answer",
        [t.first_s for t in walks],
        forward_s,
        engine,
    )
    yield line(
        "accept + next slice → learnt", [t.final_s for t in walks], forward_s, engine
    )
    yield line(
        "platform's share of the first answer",
        [t.first_platform_s for t in turns],
        echo_s,
        socket,
    )
    for what, sizes in (
        ("bytes of a turn, sent", [t.sent_bytes for t in turns]),
        ("bytes of its answers, received", [t.received_bytes for t in turns]),
    ):
        middle, high = np.percentile(sizes, [50, 95])
        yield (
            what,
            f"{middle:.0f} / {high:.0f}",
            f"{middle / 512**2:.4f} × 512² bytes",
        )
    for name, size in measured.resident_mb.items():
        yield (f"resident: {name}", f"{size:.0f} MB", "")
    yield ("a further warm session", f"{measured.session_mb:.1f} MB", "")
    yield (
        "kill -9 of the worker → answer",
        f"{measured.resume_s:.1f} s",
        f"{measured.resume_s / forward_s:.0f} {engine}",
    )


def main(arguments: Sequence[str]) -> None:
    """Measure the baseline, then the product, then say it."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--turns", type=int, default=60, help="scribbles, at least 50")
    parser.add_argument("--json", type=Path, help="write every figure here")
    options = parser.parse_args(arguments)
    baseline = subprocess.run(
        [sys.executable, "-m", "tests.bench.baseline", WEIGHTS],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    forward_s = json.loads(baseline.stdout)["forward_s"]
    with (
        tempfile.TemporaryDirectory(prefix="slicewise-bench-") as directory,
        served(Path(directory)) as product,
    ):
        measured = run(product, turns=options.turns)
    if options.json:
        options.json.write_text(as_json(measured))
    table = [("512² CT slice", "p50 / p95", "p50 as a ratio")]
    table += rows(measured, forward_s)
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
