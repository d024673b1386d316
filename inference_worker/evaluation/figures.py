"""The figures of a report, drawn from runs on one data set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inference_worker.evaluation.results import (
    Run,
    by_arm,
    case_values,
    patient_values,
)
from inference_worker.evaluation.statistics import estimate
from inference_worker.evaluation.tables import curve_by_patient, rounds_of
from inference_worker.evaluation.time_tables import touched_by_part, user_seconds


def _figure(height: float = 4.5) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, height), layout="constrained")
    return figure, figure.subplots()


def dice_figure(runs: Sequence[Run], title: str) -> Figure:
    """Dice against interaction with 95 % intervals by patient."""
    figure, axis = _figure()
    arms = by_arm(runs)
    rounds = min(max(rounds_of(found) for found in arms.values()), 8)
    for number, (arm, found) in enumerate(arms.items()):
        curves = np.array(list(curve_by_patient(found, rounds).values()))
        if not curves.size:
            continue
        points = [estimate(curves[:, k]) for k in range(rounds + 1)]
        means = np.array([point.mean for point in points])
        low = np.array(
            [m if p.low is None else p.low for m, p in zip(means, points, strict=True)]
        )
        high = np.array(
            [
                m if p.high is None else p.high
                for m, p in zip(means, points, strict=True)
            ]
        )
        # A little apart, so that intervals do not hide one another.
        at = np.arange(rounds + 1) + (number - len(arms) / 2) * 0.03
        spread = np.abs(np.stack([means - low, high - means]))
        style = ("-", "--", ":")[number // 10 % 3]
        axis.errorbar(
            at,
            means,
            yerr=spread,
            label=arm,
            capsize=2,
            lw=1.4,
            elinewidth=0.7,
            linestyle=style,
            marker=".",
        )
    axis.axhline(0.9, color="0.8", lw=0.8, zorder=0)
    axis.set_xlabel("interactions per slice")
    axis.set_ylabel("Dice, mean of labels present")
    axis.set_ylim(0, 1)
    axis.set_xticks(range(rounds + 1))
    axis.legend(fontsize=7, ncols=2)
    axis.set_title(title, fontsize=10)
    return figure


def time_figure(runs: Sequence[Run], title: str) -> Figure | None:
    """Simulated user time and waiting to the target, per arm."""
    arms = by_arm([run for run in runs if run.has_target])
    if not arms:
        return None
    figure, axis = _figure(0.9 + 0.36 * len(arms))
    names = list(arms)[::-1]
    for place, arm in enumerate(names):
        user = patient_values(arms[arm], user_seconds(arms[arm]))
        waiting = patient_values(arms[arm], case_values(arms[arm], "waiting_s"))
        point = estimate([seconds / 60 for seconds in user.values()])
        axis.barh(place, point.mean, color="tab:blue")
        left = float(np.mean(list(waiting.values()))) / 60
        axis.barh(place, left, left=point.mean, color="tab:orange")
        if point.low is not None and point.high is not None:
            axis.plot([point.low, point.high], [place, place], color="k", lw=1)
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.set_xlabel("minutes per volume: simulated user time (blue), waiting (orange)")
    axis.set_title(title, fontsize=10)
    return figure


def touched_figure(runs: Sequence[Run], title: str) -> Figure | None:
    """Share of slices touched along the volume."""
    arms = by_arm([run for run in runs if run.has_target])
    figure, axis = _figure(3.6)
    drawn = False
    for arm, found in arms.items():
        shares = np.array(touched_by_part(found))
        if shares.size:
            places = np.arange(1, shares.shape[1] + 1)
            axis.plot(places, shares.mean(axis=0), marker="o", lw=1.2, label=arm)
            drawn = True
    if not drawn:
        return None
    axis.set_xticks(places, [f"quarter {k}" for k in places])
    axis.set_ylim(-0.02, 1.02)
    axis.set_ylabel("slices touched")
    axis.legend(fontsize=7, ncols=2)
    axis.set_title(title, fontsize=10)
    return figure
