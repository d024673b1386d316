"""What the calibration found: tables and a figure of simulated beside real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from inference_worker.evaluation.provenance import commit
from inference_worker.simulate import fitting, time_fit
from inference_worker.simulate.fitting import Example
from inference_worker.simulate.hand import Hand
from inference_worker.simulate.measures import NAMES, Drawing
from inference_worker.simulate.timing import TimeModel

_SHOWN = 6

_MEANING = {
    "inside": "share of the covered pixels inside the object",
    "length": "centre-line pixels / root of the object's area",
    "width": "stroke width / image side",
    "strokes": "connected strokes per interaction",
    "depth": "median depth of the centre lines / greatest depth",
}


def sets_of(examples: Sequence[Example]) -> list[str]:
    """Data sets the examples come from."""
    return sorted({example.name.split("/")[0] for example in examples})


def everybody(examples: Sequence[Example]) -> list[Drawing]:
    """What all people drew on the objects."""
    return [drawing for person in fitting.people_of(examples) for drawing in person]


def values_of(drawings: Sequence[Drawing], name: str) -> Any:
    """One measure of every drawing, as an array."""
    return np.array([getattr(drawing, name) for drawing in drawings])


def strokes_figure(
    examples: Sequence[Example], hand: Hand, drawn: Sequence[Drawing]
) -> Figure:
    """Distributions above, a few drawings below: three people, then simulated."""
    figure = Figure(figsize=(15, 12), layout="constrained")
    halves: Any = figure.subfigures(2, 1, height_ratios=(1, 2.4))
    top, bottom = halves
    people = fitting.people_of(examples)
    for axis, name in zip(top.subplots(1, len(NAMES)), NAMES, strict=True):
        groups = [
            *(values_of(person, name) for person in people),
            values_of(drawn, name),
        ]
        labels = [*(f"person {k + 1}" for k in range(len(people))), "simulated"]
        for values, label in zip(groups, labels, strict=True):
            axis.ecdf(values, label=label, lw=2.5 if label == "simulated" else 1)
        axis.set_title(_MEANING[name], fontsize=8)
        axis.set_xlabel(name)
    axis.legend(fontsize=8)
    step = max(len(examples) // _SHOWN, 1)
    chosen = examples[::step][:_SHOWN]
    axes = bottom.subplots(4, len(chosen))
    simulated = list(fitting.simulated_masks(chosen, hand, seed=7))
    for column, (example, mask) in enumerate(simulated):
        for row, strokes in enumerate((*example.positive, mask)):
            picture = np.full((*mask.shape, 3), 0.1)
            picture[example.mask] = 0.55
            picture[strokes] = (1.0, 0.75, 0.1) if row < 3 else (0.2, 0.9, 1.0)
            axes[row, column].imshow(picture)
            axes[row, column].set_axis_off()
        axes[0, column].set_title(example.name.split("/")[0], fontsize=8)
    bottom.suptitle("strokes of three people (yellow), simulated (blue)", fontsize=9)
    return figure


def report_text(
    examples: Sequence[Example],
    hand: Hand,
    drawn: Sequence[Drawing],
    model: TimeModel,
    work: Mapping[str, time_fit.Work],
    history: Sequence[float],
    stand_ins: Mapping[str, str],
) -> str:
    """The report as Markdown.

    Parameters
    ----------
    drawn: what the fitted hand draws. work: by stand-in. history: best distances.
    stand_ins: folder that each stand-in's outlines come from.
    """
    people = fitting.people_of(examples)
    lines = [
        "# The simulated reader, calibrated",
        "",
        f"Commit {commit()}; `python -m inference_worker.evaluation calibrate --data "
        "DIR`. Numbers are read by the harness from "
        "`inference_worker/simulate/calibration.json`.",
        "",
        "## Strokes",
        "",
        f"{len(examples)} images of {len(sets_of(examples))} sets of MedScribble, each "
        f"drawn on by {len(people)} people. Real and simulated, mean ± standard "
        "deviation over images, strokes on the object:",
        "",
        "| measure | "
        + " | ".join(f"person {k + 1}" for k in range(len(people)))
        + " | all | simulated |",
        "|---|" + "---|" * (len(people) + 2),
    ]
    all_people = everybody(examples)
    for name in NAMES:
        groups = [*people, all_people, drawn]
        cells = [_plus_minus(values_of(group, name)) for group in groups]
        lines.append(f"| {_MEANING[name]} | " + " | ".join(cells) + " |")
    around = fitting.around(examples)
    lines += [
        "",
        "Strokes around the object (label 0) lie inside their side to "
        f"{_plus_minus(values_of(around, 'inside'))}, "
        f"{_plus_minus(values_of(around, 'strokes'))} of them an interaction. Only "
        "that number is used for erasing: people of MedScribble drew around a whole "
        "object; a correction lies in a bounded region and is drawn like a stroke on "
        "an object.",
        "",
        "Number, width and misses are read off; style, reach, loop depth, wander and "
        f"overshoot are found by random search ({len(history)} hands, summed "
        f"Wasserstein distance of {', '.join(fitting.FITTED)} in standard deviations: "
        f"{history[0]:.2f} → {history[-1]:.2f}).",
        "",
        *(f"- `{key}`: {_plain(value)}" for key, value in hand.as_json().items()),
        "",
        "![simulated beside real](strokes.png)",
        "",
        *_time_lines(model, work, stand_ins),
    ]
    return "\n".join(lines) + "\n"


def _time_lines(
    model: TimeModel, work: Mapping[str, time_fit.Work], stand_ins: Mapping[str, str]
) -> list[str]:
    lines = [
        "## Seconds: simulated user time",
        "",
        "| constant | value | source |",
        "|---|---|---|",
        f"| look over a slice | {model.look_s:.2f} s | upper bound: thesis table 5.1, "
        f"{time_fit.METHOD_MIN} min for {time_fit.METHOD_SLICES} slices of CHAOS-CT "
        "with the method, less accepting them |",
        f"| decide | {model.decide_s} s | operator M, Card, Moran, Newell 1980 |",
        f"| point | {model.point_s} s | operator P, same |",
        f"| press | {model.press_s} s | operator K, same |",
        f"| loose stroke | {model.drawing_mm_per_s:.1f} mm/s on the screen | operator "
        "D (0.16 s/cm), same |",
        f"| tracing | {model.tracing_mm_per_s:.1f} mm/s on the screen | minutes by "
        "hand of the same table, least squares |",
        f"| room of tracing | {model.tracing_room_mm:.1f} mm | MedScribble's stroke "
        "width; between the two speeds a stroke's speed grows with its room (steering "
        "law, Accot, Zhai 1997) |",
        "",
        "A slice is shown whole, 250 mm wide. The fit against the thesis' minutes "
        "(liver; our data stand in for the thesis' volumes); copying was not fitted:",
        "",
        "| row | stand-in | by hand: thesis | model | copying: thesis | model |",
        "|---|---|---|---|---|---|",
    ]
    for row in time_fit.TABLE_5_1:
        manual, copied = (
            time_fit.slice_seconds(model, counts) * row.slices / 60
            for counts in (work[row.stand_in].manual, work[row.stand_in].copied)
        )
        lines.append(
            f"| {row.name}, {row.slices} slices | {stand_ins[row.stand_in]} | "
            f"{row.manual_min:.0f} min | {manual:.1f} | {row.copy_min:.0f} min | "
            f"{copied:.1f} |"
        )
    lines += [
        "",
        "Where the model's copying is below the thesis', a method compared with "
        "`copy_previous` is compared with a faster reader than the thesis had.",
    ]
    return lines


def _plus_minus(values: Any) -> str:
    return f"{values.mean():.3f} ± {values.std():.3f}"


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(f"{item:.3g}" for item in value)
