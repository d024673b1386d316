"""Tables and a figure of the eleven-turn protocol of PRISM."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from inference_worker.evaluation.statistics import Comparison, compare, estimate
from inference_worker.evaluation.tables import Table
from inference_worker.evaluation.verdicts import in_words

OWN = "PRISM"
"""The arm that others are compared with."""

OWN_ENCODER = "hybrid"
"""The same, of the short trainings."""

SHOWN_TURNS = (1, 2, 3, 5, 11)

STEP_BACK = 0.005
"""A fall in Dice that a reader would notice; smaller ones count as level."""

Rows = Sequence[Mapping[str, Any]]


def by_patient(rows: Rows, name: str) -> dict[str, np.ndarray]:
    """Series of ``name`` per patient, averaged over the patient's targets."""
    found: dict[str, list[list[float]]] = {}
    for row in rows:
        found.setdefault(row["patient"], []).append(row[name])
    return {patient: np.mean(series, axis=0) for patient, series in found.items()}


def write_report(
    results: Mapping[str, Any], out: Path, encoders: Mapping[str, Any] | None = None
) -> Path:
    """Write ``README.md``, CSV tables and the figure; the page.

    ``encoders``: results of networks trained shortly, to be told apart by their
    encoders alone; those that ``out`` holds already without.
    """
    out.mkdir(parents=True, exist_ok=True)
    lines = [
        "# PRISM: eleven turns on held-out patients",
        "",
        "Written by `python -m inference_worker.evaluation.prism report`; do not edit. "
        "One binary target at a time, prompted from the errors of the last answer: "
        "“plain” one point a turn, “ultra” a 3D box once, then five points and a "
        "scribble a turn. Mean over patients [95 % bootstrap interval]; a patient's "
        "targets are averaged first. A fall is a turn that lowers a target's Dice by "
        f"more than {STEP_BACK}. Arms of the same weights switch an idea off at the "
        "time of asking; the network was not trained again without it.",
        "",
    ]
    rows = results["rows"]
    sets = list(dict.fromkeys((row["set"], row["protocol"]) for row in rows))
    for name, protocol in sets:
        chosen = [r for r in rows if (r["set"], r["protocol"]) == (name, protocol)]
        table = dice_table(name, protocol, chosen)
        (out / f"{name}-{protocol}.csv").write_text(table.csv())
        lines += [table.markdown(), *verdicts(chosen)]
    lines += [_arms(results["arms"]).markdown(), _time(rows).markdown()]
    lines += ["![Dice after every turn](turns.png)", ""]
    if (out / "losses.png").is_file():
        lines += ["![Loss of the network's training](losses.png)", ""]
    kept = out / "encoders.json"
    if encoders is None and kept.is_file():
        encoders = json.loads(kept.read_text())
    if encoders is not None:
        lines += _encoders(encoders, out)
        kept.write_text(json.dumps(encoders, indent=None) + "\n")
    _figure(rows, sets).savefig(out / "turns.png", dpi=110)
    page = out / "README.md"
    page.write_text("\n".join(lines).rstrip() + "\n")
    (out / "results.json").write_text(json.dumps(results, indent=None) + "\n")
    return page


def _encoders(results: Mapping[str, Any], out: Path) -> list[str]:
    """Short trainings that differ in the encoder: the paper's Table 2, at our scale."""
    rows = results["rows"]
    lines = [
        "## Encoders",
        "",
        "Table 2 of the paper: the hybrid encoder against each of its paths alone. "
        "Every network was trained from the same seed for the same, small number of "
        "steps on the same crops. They are compared with one another, and not with the "
        "product's network above, which was trained for longer.",
        "",
    ]
    for name, protocol in dict.fromkeys((r["set"], r["protocol"]) for r in rows):
        chosen = [r for r in rows if (r["set"], r["protocol"]) == (name, protocol)]
        table = dice_table(name, protocol, chosen, own=OWN_ENCODER)
        (out / f"encoders-{name}-{protocol}.csv").write_text(table.csv())
        lines += [table.markdown(), *verdicts(chosen, own=OWN_ENCODER)]
    return [*lines, _arms(results["arms"]).markdown()]


def verdicts(rows: Rows, own: str = OWN) -> list[str]:
    """In words, what the interval of each arm's difference to ``own`` says."""
    base = by_patient([r for r in rows if r["arm"] == own], "dice")
    changes = {}
    for arm in dict.fromkeys(row["arm"] for row in rows):
        found = by_patient([r for r in rows if r["arm"] == arm], "dice")
        if arm != own and found.keys() & base.keys():
            changes[arm] = _change(found, base).difference
    words = in_words(changes)
    return [f"Dice after 11 turns against “{own}” — {words}.", ""] if words else []


def dice_table(name: str, protocol: str, rows: Rows, own: str = OWN) -> Table:
    """One set under one protocol: every arm after 1 … 11 turns, against ``own``."""
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    base = by_patient([r for r in rows if r["arm"] == own], "dice")
    body = []
    for arm in arms:
        found = [r for r in rows if r["arm"] == arm]
        dice, nsd = by_patient(found, "dice"), by_patient(found, "nsd")
        series = np.array(list(dice.values()))
        cells = [estimate(series[:, turn - 1]).text() for turn in SHOWN_TURNS]
        last = np.array([values[-1] for values in nsd.values()])
        body.append(
            (
                arm,
                str(len(dice)),
                *cells,
                estimate(last).text(),
                f"{_falls(found):.0%}",
                _against(dice, base) if arm != own and base else "–",
            )
        )
    tolerance = rows[0]["tolerance_mm"]
    targets = ", ".join(dict.fromkeys(row["target"] for row in rows))
    note = (
        f"Targets: {targets}. NSD at {tolerance:g} mm. The difference is to {own} "
        f"after 11 turns on the patients that both were run on, Wilcoxon's p."
    )
    columns = (
        "arm",
        "patients",
        *(f"Dice after {turn}" for turn in SHOWN_TURNS),
        "NSD after 11",
        "turns that fall",
        f"difference to {own} (p)",
    )
    title = f"{name}, {protocol}"
    return Table(f"{name}-{protocol}", title, columns, tuple(body), note)


def _falls(rows: Rows) -> float:
    steps = np.concatenate([np.diff(row["dice"]) for row in rows])
    return float((steps < -STEP_BACK).mean())


def _change(
    dice: Mapping[str, np.ndarray], own: Mapping[str, np.ndarray]
) -> Comparison:
    return compare(
        {patient: float(series[-1]) for patient, series in dice.items()},
        {patient: float(series[-1]) for patient, series in own.items()},
    )


def _against(dice: Mapping[str, np.ndarray], own: Mapping[str, np.ndarray]) -> str:
    found = _change(dice, own)
    p = "–" if found.p is None else f"{found.p:.3f}"
    return f"{found.difference.text()} ({p})"


def _arms(arms: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = tuple(
        (
            arm,
            f"{facts['parameters']:,}",
            str(facts["steps"]),
            ", ".join(f"{k} = {v}" for k, v in facts["config"].items()) or "–",
            facts["sha256"][:12],
            str(facts["commit"]),
        )
        for arm, facts in arms.items()
    )
    columns = ("arm", "parameters", "training steps", "settings", "weights", "commit")
    return Table("arms", "Arms", columns, rows)


def _time(rows: Rows) -> Table:
    body = []
    for name in dict.fromkeys(row["set"] for row in rows):
        for arm in dict.fromkeys(row["arm"] for row in rows):
            found = [r for r in rows if (r["set"], r["arm"]) == (name, arm)]
            if not found:
                continue
            cells = [
                _spread([value for row in found for value in row[kind][turns]])
                for kind in ("cpu_s", "machine_s")
                for turns in (slice(0, 1), slice(1, None))
            ]
            body.append((name, arm, *cells))
    note = (
        "Seconds, median / 95th percentile, one thread. Computing time is what the "
        "process was given; the wait is longer on a machine that others use as well."
    )
    columns = (
        "set",
        "arm",
        "computing, first turn",
        "computing, later turns",
        "wait, first turn",
        "wait, later turns",
    )
    return Table("time", "Time of a turn", columns, tuple(body), note)


def _spread(values: Sequence[float]) -> str:
    return f"{np.median(values):.2f} / {np.percentile(values, 95):.2f}"


def _figure(rows: Rows, sets: Sequence[tuple[str, str]]) -> Figure:
    """Dice against turns (Figure 3 of the paper), 95 % intervals of ``OWN``."""
    figure = Figure(figsize=(4 * len(sets), 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    panes = np.atleast_1d(figure.subplots(1, len(sets), sharey=True))
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    for axes, (name, protocol) in zip(panes, sets, strict=True):
        chosen = [r for r in rows if (r["set"], r["protocol"]) == (name, protocol)]
        for arm in dict.fromkeys(row["arm"] for row in chosen):
            found = by_patient([r for r in chosen if r["arm"] == arm], "dice")
            series = np.array(list(found.values()))
            turns = np.arange(1, series.shape[1] + 1)
            colour = f"C{arms.index(arm)}"
            axes.plot(turns, series.mean(axis=0), marker=".", label=arm, color=colour)
            points = [estimate(series[:, turn]) for turn in range(len(turns))]
            if arm == OWN and points[0].low is not None:
                low, high = ([getattr(p, e) for p in points] for e in ("low", "high"))
                axes.fill_between(turns, low, high, alpha=0.2, color=colour)
        axes.set_title(f"{name}, {protocol}", fontsize=9)
        axes.set(xlabel="turns", ylim=(0, 1))
    panes[0].set_ylabel("Dice")
    panes[0].legend(fontsize=6)
    return figure
