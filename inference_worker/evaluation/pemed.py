"""PE-MED's protocol: Dice after 1, 3, 5 and 10 clicks, NoC, and its ideas left out.

::

    python -m inference_worker.evaluation.pemed --cases DIR --labels 1:spleen,6:liver

Each label is a target of its own. One network answers for all arms: in training each
idea was left out of some steps and all of them of others, and here they are left out
for good. "Plain clicks" lacks all four. The harness's own engines click beside it.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inference_worker.arithmetic import set_threads
from inference_worker.contract.catalog import ENGINES
from inference_worker.evaluation.cases import labels_named
from inference_worker.evaluation.provenance import commit
from inference_worker.evaluation.results import Run, read_result, slice_series
from inference_worker.evaluation.run import RunOptions, run
from inference_worker.evaluation.statistics import compare, estimate
from inference_worker.evaluation.tables import (
    Table,
    clicks_table,
    curve_by_patient,
    machine_table,
)
from inference_worker.evaluation.verdicts import in_words
from inference_worker.evaluation.walk import Plan

log = logging.getLogger(__name__)

POINTS = (1, 3, 5, 10)

SECONDS = (
    "Computing seconds of one thread, median / 95th percentile over turns: what a "
    "turn takes on a machine with nothing else to do."
)


@dataclass(frozen=True)
class Arm:
    """One row of the table."""

    title: str
    engine: str = "pemed"
    config: tuple[tuple[str, Any], ...] = ()


ARMS = (
    Arm("PE-MED"),
    Arm("− Self-Loop", config=(("self_loop", False),)),
    Arm("− PALM-I", config=(("palm_i", False),)),
    Arm("− PALM-O", config=(("palm_o", False),)),
    Arm("− TSIP", config=(("tsip", False),)),
    Arm(
        "plain clicks, same size",
        config=tuple((i, False) for i in ("self_loop", "palm_i", "palm_o", "tsip")),
    ),
    Arm("random walker", "random_walker"),
)


def measure(base: RunOptions, results: Path, arms: Sequence[Arm] = ARMS) -> list[Run]:
    """Every arm on every label; runs that are there are read."""
    found = []
    for number, arm in enumerate(arms):
        for label in base.labels:
            needs = ENGINES[arm.engine].needs_weights
            options = replace(
                base,
                engine=arm.engine,
                labels=(label,),
                weights=base.weights if needs else None,
                config=dict(arm.config),
                arm=arm.title,
            )
            path = results / f"{number}-{label.value}.json"
            if not path.is_file() or not read_result(path).meta.get("finished"):
                run(options, path)
            found.append(read_result(path))
    return found


def points_table(runs: Sequence[Run], arms: Sequence[Arm] = ARMS) -> Table:
    """Dice after so many points, and the difference to the first arm at the last."""
    most = max(POINTS)
    own: dict[str, list[float]] = {}
    rows = []
    for arm in arms:
        made = [each for each in runs if each.arm == arm.title]
        curves = curve_by_patient(made, most)
        own = own or curves
        values = np.array(list(curves.values()))
        cells = [estimate(values[:, count]).text() for count in POINTS]
        for count in (1, most):
            change = compare(
                {p: c[count] for p, c in curves.items()},
                {p: c[count] for p, c in own.items()},
            )
            p = "–" if change.p is None else f"{change.p:.3f}"
            same = curves is own
            cells.append("–" if same else f"{change.difference.text()} ({p})")
        rows.append((arm.title, *cells))
    columns = (
        "arm",
        *(f"{count} points" for count in POINTS),
        f"difference to {arms[0].title} at 1 (p)",
        f"at {most} (p)",
    )
    note = (
        "Mean over patients of the mean Dice of their slices [95 % bootstrap interval "
        "by patient]; differences paired by patient, Wilcoxon's p."
    )
    return Table("points", "Dice after points", columns, tuple(rows), note)


def verdict(runs: Sequence[Run], arms: Sequence[Arm] = ARMS) -> str:
    """In words, what the interval of each arm's difference to the first says."""
    most = max(POINTS)
    curves = {
        arm.title: curve_by_patient([r for r in runs if r.arm == arm.title], most)
        for arm in arms
    }
    own = {patient: c[most] for patient, c in curves[arms[0].title].items()}
    changes = {}
    for arm in arms[1:]:
        found = {patient: c[most] for patient, c in curves[arm.title].items()}
        changes[arm.title] = compare(found, own).difference
    words = in_words(changes)
    return f"Dice after {most} points against “{arms[0].title}” — {words}."


def report(runs: Sequence[Run], out: Path, arms: Sequence[Arm] = ARMS) -> Path:
    """Tables and what they were measured on."""
    series = slice_series([each for each in runs if each.arm == arms[0].title])
    slices = sum(len(found) for found in series.values())
    meta = runs[0].meta
    labels = sorted({name for each in runs for name in each.meta["labels"].values()})
    seen = "none of them" if not meta["seen_in_training"] else "some of them"
    timed = replace(machine_table(runs), note=SECONDS)
    tables = [points_table(runs, arms), clicks_table(runs), timed]
    lines = [
        "# PE-MED: points, and its ideas left out",
        "",
        "Written by `python -m inference_worker.evaluation.pemed` at commit "
        f"{commit()}; do not edit. Weights {meta['weights']} ({meta['weights_sha256']}"
        f"), data {meta['set'] or meta['cases']}, targets {', '.join(labels)}: "
        f"{len(series)} patients, {slices} slices and targets ({seen} seen in "
        "training).",
        "",
        "The ideas are left out at inference, of one network that was trained with "
        "each left out of some steps and all left out of others; a network trained "
        f"without an idea from the start may make up for it better.{_missing(arms)}",
        "",
        tables[0].markdown(),
        verdict(runs, arms),
        "",
        *(table.markdown() for table in tables[1:]),
    ]
    if (out / "losses.png").is_file():
        lines.append("![Loss of the network's training](losses.png)")
    out.mkdir(parents=True, exist_ok=True)
    (out / "points.csv").write_text(tables[0].csv())
    path = out / "README.md"
    path.write_text("\n".join(lines).rstrip() + "\n")
    return path


def _missing(arms: Sequence[Arm]) -> str:
    left = [arm.title for arm in ARMS if arm not in arms]
    return f" Not measured here: {', '.join(left)}." if left else ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--weights", default=ENGINES["pemed"].weights)
    parser.add_argument("--max-cases", type=int)
    parser.add_argument("--arms", type=int, default=len(ARMS), help="the first so many")
    parser.add_argument("--slices", type=int, default=1, help="of each target")
    parser.add_argument("--set", dest="set_name")
    parser.add_argument("--results", type=Path, default=Path("var/pemed-points"))
    parser.add_argument("--out", type=Path, default=Path("docs/pemed"))
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    set_threads(1)
    base = RunOptions(
        "pemed",
        given.cases,
        tuple(labels_named(given.labels, given.cases)),
        weights=given.weights,
        annotator="click",
        plan=Plan(max(POINTS), None, given.slices),
        max_cases=given.max_cases,
        set_name=given.set_name,
        timer="cpu",
    )
    arms = ARMS[: given.arms]
    runs = measure(base, given.results, arms)
    log.info("%s", report(runs, given.out, arms).read_text())


if __name__ == "__main__":
    main()
