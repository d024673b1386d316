"""The tables of a report, computed from runs on one data set."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inference_worker.evaluation.results import (
    Run,
    by_arm,
    carried,
    case_values,
    for_curves,
    slice_series,
)
from inference_worker.evaluation.statistics import estimate

GOALS = (0.85, 0.90)


@dataclass(frozen=True)
class Table:
    """A title, what its columns mean, and rows of text."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def markdown(self) -> str:
        """The table with its title and note."""
        lines = [f"### {self.title}", ""]
        if self.note:
            lines += [self.note, ""]
        lines.append("| " + " | ".join(self.columns) + " |")
        lines.append("|" + "---|" * len(self.columns))
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join(lines) + "\n"

    def csv(self) -> str:
        """The rows as comma-separated values."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue()


def curve_by_patient(runs: Sequence[Run], rounds: int) -> dict[str, list[float]]:
    """Mean Dice after 0 … ``rounds`` interactions over each patient's slices."""
    return {
        patient: list(np.mean([carried(s, rounds) for s in slices], axis=0))
        for patient, slices in slice_series(for_curves(runs)).items()
    }


def rounds_of(runs: Sequence[Run]) -> int:
    """The most interactions any slice had."""
    series = slice_series(for_curves(runs))
    return max((len(s) - 1 for slices in series.values() for s in slices), default=0)


def dice_table(runs: Sequence[Run]) -> Table:
    """Dice after each interaction."""
    arms = by_arm(runs)
    rounds = min(max(rounds_of(found) for found in arms.values()), 8)
    rows = []
    for arm, found in arms.items():
        curves = np.array(list(curve_by_patient(found, rounds).values()))
        if curves.size:
            slices = sum(len(s) for s in slice_series(for_curves(found)).values())
            cells = [estimate(curves[:, k]).text() for k in range(rounds + 1)]
            rows.append((arm, str(len(curves)), str(slices), *cells))
    columns = ("arm", "patients", "slices", *(f"{k}" for k in range(rounds + 1)))
    note = (
        "Mean Dice of the labels present, after so many interactions of a slice (0: "
        "first prediction); a slice that needs no more keeps its last value. Mean over "
        "patients and 95 % bootstrap interval by patient."
    )
    title = "Dice against interaction"
    return Table("dice", title, columns, tuple(rows), note)


def clicks_table(runs: Sequence[Run]) -> Table:
    """Interactions until a Dice is reached (NoC)."""
    rows = []
    for arm, found in by_arm(runs).items():
        series = slice_series(for_curves(found))
        limit = rounds_of(found)
        cells = []
        for goal in GOALS:
            counts = {
                patient: [_needed(s, goal, limit) for s in slices]
                for patient, slices in series.items()
            }
            means = [float(np.mean([n for n, _ in c])) for c in counts.values()]
            reached = [r for c in counts.values() for _, r in c]
            cells += [estimate(means).text(2), f"{np.mean(reached):.0%}"]
        rows.append((arm, str(limit), *cells))
    columns = ["arm", "limit"]
    for goal in GOALS:
        columns += [f"NoC@{goal * 100:.0f}", "slices that reach it"]
    note = "A slice that does not reach the Dice counts with the limit."
    title = "Interactions to Dice 0.85 and 0.90"
    return Table("noc", title, tuple(columns), tuple(rows), note)


def _needed(series: Sequence[float], goal: float, limit: int) -> tuple[int, bool]:
    for count, dice in enumerate(series):
        if dice >= goal:
            return count, True
    return limit, False


def machine_table(runs: Sequence[Run]) -> Table:
    """Measured seconds of the machine."""
    rows = []
    for arm, found in by_arm(runs).items():
        turns = [row for run in found for row in run.turns if row["kind"] != "finish"]
        visits = [row for row in turns if row["turn"] == 0]
        marks = [row for row in turns if row["turn"]]
        first = [min(row["seconds"].values()) for row in turns if row["seconds"]]
        opening = list(case_values(found, "open_s").values())
        rows.append(
            (
                arm,
                _median_p95(first),
                _median_p95([row["machine_s"] for row in visits]),
                _median_p95([row["machine_s"] for row in marks]),
                f"{np.mean(opening):.2f}",
            )
        )
    columns = ("arm", "first answer", "visit (with accept)", "correction", "opening")
    note = (
        "Seconds, median / 95th percentile over turns, as measured where the run was "
        "made. A visit's seconds include what the engine learns from the accepted "
        "slice before it, most of it after its first answer."
    )
    return Table("machine", "Machine time per turn", columns, tuple(rows), note)


def _median_p95(values: Sequence[float]) -> str:
    if not values:
        return "–"
    return f"{np.median(values):.2f} / {np.percentile(values, 95):.2f}"
