"""Tables of time and of differences: what a method saves the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from inference_worker.evaluation.results import (
    Run,
    by_arm,
    case_values,
    patient_values,
)
from inference_worker.evaluation.statistics import Comparison, compare, estimate
from inference_worker.evaluation.tables import Table, curve_by_patient, rounds_of

LOOKS_S = (1.35, None, 10.0)
"""Seconds of looking to recompute times with; None: the calibrated ones."""


def time_table(runs: Sequence[Run], against: str) -> Table | None:
    """Simulated user time to the target per volume."""
    aimed = [run for run in runs if run.has_target]
    if not aimed:
        return None
    arms = by_arm(aimed)
    base = case_values(arms[against], "simulated_user_s") if against in arms else {}
    rows = []
    for arm, found in arms.items():
        user = case_values(found, "simulated_user_s")
        waiting = case_values(found, "waiting_s")
        slices = case_values(found, "slices")
        by_hand = case_values(found, "slices_finished_by_hand")
        each = {case: user[case] / slices[case] for case in user}
        rows.append(
            (
                arm,
                estimate(_patients(found, _minutes(user))).text(2),
                estimate(_patients(found, each)).text(1),
                estimate(_patients(found, _minutes(waiting))).text(2),
                *(_ratio(found, arms.get(against), look) for look in LOOKS_S),
                f"{sum(by_hand.values()) / sum(slices.values()):.0%}",
            )
        )
    if not base:
        rows = [(*row[:4], *row[7:]) for row in rows]
    target = aimed[0].meta["until_dice"]
    columns = ["arm", "min per volume", "s per slice", "waiting, min"]
    if base:
        columns += [
            f"× {against} (looking {'calibrated' if s is None else f'{s} s'})"
            for s in LOOKS_S
        ]
    columns.append("slices finished by brush")
    note = (
        "**Simulated** user time: looking, deciding, pointing and drawing, by the "
        "model of docs/calibration; waiting for the machine is beside it. Slices an "
        "engine did not bring to the target were finished by brush, which is counted. "
        f"The ratios to {against} are given for other assumed times of looking, too."
    )
    title = f"Simulated user time to Dice {target} on every slice of a volume"
    return Table("time", title, tuple(columns), tuple(rows), note)


def _minutes(seconds: Mapping[str, float]) -> dict[str, float]:
    return {case: value / 60 for case, value in seconds.items()}


def _patients(runs: Sequence[Run], values: Mapping[str, float]) -> list[float]:
    return list(patient_values(runs, values).values())


def _ratio(runs: Sequence[Run], base: Sequence[Run] | None, look: float | None) -> str:
    if not base:
        return ""
    ours, theirs = user_seconds(runs, look), user_seconds(base, look)
    ratios = {c: ours[c] / theirs[c] for c in ours.keys() & theirs.keys()}
    return estimate(_patients(runs, ratios)).text(2) if ratios else ""


def user_seconds(runs: Sequence[Run], look_s: float | None = None) -> dict[str, float]:
    """Simulated user time by case, with another time of looking over a slice."""
    seconds = case_values(runs, "simulated_user_s")
    if look_s is None:
        return seconds
    found = {}
    for run in runs:
        for row in run.cases:
            looked = row["simulated_user_s_by_action"].get("look", 0.0)
            calibrated = run.meta["look_s"]
            change = looked / calibrated * (look_s - calibrated)
            found[row["case"]] = seconds[row["case"]] + change
    return found


def paired_table(runs: Sequence[Run], against: str) -> Table | None:
    """Every arm against one, by patient."""
    arms = by_arm(runs)
    if against not in arms:
        return None
    rows = []
    for arm, found in arms.items():
        if arm == against:
            continue
        for what, ours, theirs, digits in _measures(found, arms[against]):
            if ours.keys() & theirs.keys():
                rows.append((arm, what, *_cells(compare(ours, theirs), digits)))
    columns = ("arm", "measure", "difference", "patients", "Wilcoxon p", "effect")
    note = (
        f"Difference to {against} over the same patients, 95 % bootstrap interval; "
        "effect: matched-pairs rank-biserial correlation. With fewer than 6 patients "
        "Wilcoxon's p cannot fall below 0.05. p is not corrected for many rows."
    )
    title = f"Paired differences to {against}"
    return Table("paired", title, columns, tuple(rows), note)


def _measures(
    ours: Sequence[Run], theirs: Sequence[Run]
) -> list[tuple[str, dict[str, float], dict[str, float], int]]:
    rounds = min(rounds_of(ours), rounds_of(theirs))
    first, second = (curve_by_patient(runs, rounds) for runs in (ours, theirs))
    found = []
    for count in sorted({0, min(1, rounds), rounds}):
        label = f"Dice after {count}"
        a = {patient: curve[count] for patient, curve in first.items()}
        b = {patient: curve[count] for patient, curve in second.items()}
        found.append((label, a, b, 3))
    aimed = [[run for run in runs if run.has_target] for runs in (ours, theirs)]
    minutes = [patient_values(runs, _minutes(user_seconds(runs))) for runs in aimed]
    found.append(("simulated user min", minutes[0], minutes[1], 2))
    return found


def _cells(comparison: Comparison, digits: int) -> tuple[str, ...]:
    p = "–" if comparison.p is None else f"{comparison.p:.3f}"
    return (
        comparison.difference.text(digits),
        str(comparison.difference.patients),
        p,
        f"{comparison.effect:+.2f}",
    )


def touched_by_part(runs: Sequence[Run], parts: int = 4) -> list[list[float]]:
    """Share of slices that needed a correction, per case and part of the volume."""
    shares = []
    for run in runs:
        for case in run.cases:
            rows = [row for row in run.turns if row["case"] == case["case"]]
            slices = sorted({row["slice"] for row in rows})
            touched = {row["slice"] for row in rows if row["turn"]}
            if len(slices) < parts:
                continue
            split = np.array_split(slices, parts)
            shares.append([float(np.mean([s in touched for s in p])) for p in split])
    return shares


def touched_table(runs: Sequence[Run], parts: int = 4) -> Table | None:
    """Slices that needed a correction as a volume goes on."""
    aimed = [run for run in runs if run.has_target]
    rows = []
    for arm, found in by_arm(aimed).items():
        shares = np.array(touched_by_part(found, parts))
        if shares.size:
            cells = [f"{share:.0%}" for share in shares.mean(axis=0)]
            rows.append((arm, str(len(shares)), *cells))
    if not rows:
        return None
    columns = ("arm", "volumes", *(f"quarter {k + 1}" for k in range(parts)))
    title = "Slices touched as a volume goes on"
    note = "Share of slices that needed at least one correction to reach the target."
    return Table("touched", title, columns, tuple(rows), note)
