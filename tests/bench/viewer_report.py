"""``docs/viewer``: what the page was measured to do, written by what measured it."""

from __future__ import annotations

import csv
import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.bench.product import CHECKOUT

FOLDER = CHECKOUT / "docs/viewer"

SPEED_NOTE = """\
Milliseconds, median / 95th percentile of all acts; of openings and of JavaScript's
share (a few figures a round) the median and the largest. Every act stands beside the
same act in a bare set-up of Cornerstone (`frontend/tests/plain`: a stack viewport and a
labelmap, no interface, no session) in the same browser, from the same server and in a
pane of the same size. Both are timed to the end of the frame that shows the act, in the
page; the graphics process goes on after that, and is not counted on either side. The
bare page is handed masks unpacked, the product unpacks what the network brings. The
bare page shows no micrograph of that size; 50 ms are 20 pictures a second."""

GROWTH_NOTE = """\
After garbage was collected twice. The page is all that its heap snapshot holds: objects
and strings, voxels and masks, nodes and styles. In it, and in the JS heap that Chromium
counts, is the code that the browser compiles the more of, the longer a page is used,
and throws away again. Processes are all of Chromium's, the median of three looks where
cases were opened; its caches of frames and of drawing have an end, and where that is
reached after the first look, the second lot of cases tells. What turns leave on
purpose, their prompts and their lines in the history, is what a page that was just
loaded takes more with that log than without it. At all looks the same case is open on
the same slice."""


@dataclass(frozen=True)
class Row:
    """One act: what both pages took, in ms, and what is promised."""

    act: str
    ours: Sequence[float]
    bare: Sequence[float]
    budget: tuple[str, float] | None

    def cells(self) -> list[str]:
        ours = _middle_and_high(self.ours)
        promised, kept = "", ""
        if self.budget:
            which, limit = self.budget
            promised = f"{which} ≤ {limit:g}"
            kept = "yes" if ours[which == "p95"] <= limit else "no"
        beside = ["", "", ""]
        if self.bare:
            bare = _middle_and_high(self.bare)
            beside = [f"{value:.1f}" for value in bare]
            beside.append(f"{bare[0] / ours[0]:.2f}")
        return [
            self.act,
            *(f"{value:.1f}" for value in ours),
            *beside,
            promised,
            kept,
        ]


HEAD = (
    *("act", "median", "p95", "bare median", "bare p95"),
    *("bare / product", "budget", "kept"),
)


def _middle_and_high(taken: Sequence[float]) -> tuple[float, float]:
    high = np.percentile(taken, 95) if len(taken) > 10 else max(taken)
    return float(np.median(taken)), float(high)


def save_speed(folder: Path, rows: Iterable[Row], what: str) -> str:
    """Write the table of acts. Returns it, for the one who waits for it."""
    return _save(folder, "speed", HEAD, [row.cells() for row in rows], what)


def save_growth(
    folder: Path, head: Sequence[str], rows: Sequence[Sequence[str]], what: str
) -> str:
    """Write the table of memory. Returns it."""
    return _save(folder, "growth", head, rows, what)


def _save(
    folder: Path,
    name: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    what: str,
) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.csv").open("w", newline="") as sink:
        csv.writer(sink, lineterminator="\n").writerows(
            [[f"# commit {_commit()}; {what}; {_machine()}"], head, *rows]
        )
    (folder / "README.md").write_text(readme(folder))
    return _table(head, rows)


def readme(folder: Path) -> str:
    """The report, from the tables that are there."""
    parts = ["# The viewer, measured"]
    for name, command, note in (
        ("speed", "viewer", SPEED_NOTE),
        ("growth", "growth", GROWTH_NOTE),
    ):
        path = folder / f"{name}.csv"
        if not path.is_file():
            continue
        with path.open(newline="") as source:
            (made, *_), head, *rows = list(csv.reader(source))
        parts += [
            f"## {name.capitalize()}",
            f"`python -m tests.bench.{command}`, {made.removeprefix('# ')}.",
            note,
            _table(head, rows).rstrip(),
        ]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    changed = git("status", "--porcelain", "-uno", "--", "frontend", "annotation")
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def _machine() -> str:
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, no graphics card, load {load:.1f} at the end"
