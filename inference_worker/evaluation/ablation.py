"""``ablate``: a method with one setting changed at a time, on development patients."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from inference_worker.evaluation.ablation_plan import OWN_SETTINGS, VARIANTS, Variant
from inference_worker.evaluation.results import (
    Run,
    case_values,
    patient_values,
    read_result,
)
from inference_worker.evaluation.run import RunOptions, run
from inference_worker.evaluation.statistics import compare, estimate
from inference_worker.evaluation.tables import Table, curve_by_patient, rounds_of

logger = logging.getLogger(__name__)


def ablate(
    base: RunOptions,
    results: Path,
    out: Path,
    groups: Sequence[str] | None = None,
) -> Path:
    """Run every variant of ``base.engine`` that is not there yet, and report.

    A row that changes nothing stands in its table with the result of the own settings.

    Parameters
    ----------
    results: folder of result files; out: folder of the report.
    groups: only tables whose title contains one of these.
    """
    made: list[tuple[Variant, Run]] = []
    for variant in VARIANTS[base.engine]:
        if groups and not any(g in variant.group for g in ("own settings", *groups)):
            continue
        options = replace(
            base,
            **variant.run,
            config={**base.config, **variant.config},
            arm=f"{variant.group}: {variant.title}",
        )
        if made and _is_own(base, variant):
            made.append((variant, made[0][1]))
            continue
        path = results / f"{_slug(base.engine)}--{_slug(options.arm_name)}.json"
        if not _is_of(path, options):
            run(options, path)
        made.append((variant, read_result(path)))
    return _report(base, made, out)


def _is_own(base: RunOptions, variant: Variant) -> bool:
    """Whether a variant says only what holds without it."""
    settings = {**OWN_SETTINGS[base.engine], **base.config}
    return all(settings[k] == v for k, v in variant.config.items()) and all(
        getattr(base, k) == v for k, v in variant.run.items()
    )


def _is_of(path: Path, options: RunOptions) -> bool:
    """Whether a finished result of just these options is there."""
    if not path.is_file():
        return False
    meta = json.loads(path.read_text())["meta"]
    plan = options.plan
    return bool(
        meta["config"] == json.loads(json.dumps(dict(options.config)))
        and meta["seed"] == options.seed
        and meta["finished"]
        and (meta["rounds"], meta["until_dice"], meta["volume_cap"])
        == (plan.rounds, plan.until_dice, plan.slices_max)
    )


def _report(base: RunOptions, made: list[tuple[Variant, Run]], out: Path) -> Path:
    own = next(found for variant, found in made if variant.group == "own settings")
    tables: dict[str, list[tuple[str, ...]]] = {}
    for variant, found in made:
        tables.setdefault(variant.group, []).append(_row(variant, found, own))
    columns = (
        "setting",
        "Dice at first sight",
        "after 1",
        f"after {rounds_of([own])}",
        "difference to own settings (p)",
        "interactions",
        "simulated user, s per slice",
        "machine, s per turn",
    )
    patients = {row["patient"] for row in own.cases}
    slices = sum(row["slices"] for row in own.cases)
    commits = list(dict.fromkeys(str(found.meta["commit"]) for _, found in made))
    lines = [
        f"# {base.engine}: one setting at a time",
        "",
        f"Written by `python -m inference_worker.evaluation ablate {base.engine}` at "
        f"commit {', '.join(commits)}; do not edit. Weights {own.meta['weights']}, "
        f"data {own.set_name} ({', '.join(own.meta['labels'].values())}), "
        f"{len(patients)} patients, {slices} slices, "
        f"annotator {own.meta['annotator']}, {base.plan.rounds} rounds a slice, "
        f"seed {base.seed}. Dice: mean over patients [95 % bootstrap interval]. "
        "Difference: of the last Dice, paired by patient, Wilcoxon's p (not below 0.05 "
        "with fewer than 6 patients).",
        "",
    ]
    out.mkdir(parents=True, exist_ok=True)
    for group, rows in tables.items():
        table = Table(_slug(group), group, columns, tuple(rows))
        (out / f"{base.engine}-{table.name}.csv").write_text(table.csv())
        lines.append(table.markdown())
    path = out / f"{base.engine}.md"
    path.write_text("\n".join(lines).rstrip() + "\n")
    logger.info("wrote %s", path)
    return path


def _row(variant: Variant, found: Run, own: Run) -> tuple[str, ...]:
    rounds = min(rounds_of([found]), rounds_of([own]))
    curves = curve_by_patient([found], rounds)
    values = np.array(list(curves.values()))
    last = {patient: curve[rounds] for patient, curve in curves.items()}
    own_last = {p: c[rounds] for p, c in curve_by_patient([own], rounds).items()}
    change = compare(last, own_last)
    p = "–" if change.p is None else f"{change.p:.3f}"
    machine = [row["machine_s"] for row in found.turns]
    user = case_values([found], "simulated_user_s")
    slices = case_values([found], "slices")
    each = patient_values([found], {case: user[case] / slices[case] for case in user})
    interactions = case_values([found], "interactions")
    return (
        variant.title,
        estimate(values[:, 0]).text(),
        estimate(values[:, min(1, rounds)]).text(),
        estimate(values[:, rounds]).text(),
        f"{change.difference.text()} ({p})",
        f"{sum(interactions.values()):.0f}",
        estimate(list(each.values())).text(1),
        f"{np.mean(machine):.2f}",
    )


def _slug(name: str) -> str:
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    return "-".join(part for part in kept.split("-") if part)


def add_ablate(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``ablate``; those of the base run come from the command line."""
    parser.add_argument(
        "--results", type=Path, default=Path("var/ablation"), metavar="DIR"
    )
    parser.add_argument(
        "--report", type=Path, default=Path("docs/ablation"), metavar="DIR"
    )
    parser.add_argument(
        "--only", action="append", metavar="TEXT", help="tables whose title has this"
    )
