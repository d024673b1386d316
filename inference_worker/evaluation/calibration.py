"""``calibrate``: fit the simulated reader to strokes and minutes of people.

Writes the constants (numbers only) beside ``simulate/hand.py`` and a report with a
figure of simulated beside real.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from inference_worker.evaluation.cases import find_cases, read_case, walked_slices
from inference_worker.evaluation.provenance import commit
from inference_worker.simulate import fitting, time_fit
from inference_worker.simulate.fitting import Example
from inference_worker.simulate.hand import CALIBRATION, Hand
from inference_worker.simulate.measures import NAMES, Drawing
from inference_worker.simulate.timing import TimeModel

logger = logging.getLogger(__name__)

# Folder below the data root, and the liver's label there.
STAND_INS = {"ct": ("btcv_abdomen_ct/full", 6), "mr": ("chaos_mr_t2spir", 1)}

_STROKE_SHARE = 4 / 256
_SHOWN = 6


def add_calibrate(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``calibrate``."""
    parser.add_argument("--data", required=True, type=Path, metavar="DIR")
    parser.add_argument("--draws", type=int, default=150, help="hands to try")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=CALIBRATION)
    parser.add_argument("--report", type=Path, default=Path("docs/calibration"))
    parser.set_defaults(command=calibrate_command)


def calibrate_command(parsed: argparse.Namespace) -> None:
    """``calibrate``: fit, then write constants and report."""
    examples = fitting.read_examples(parsed.data / "medscribble")
    hand, history = fitting.fit(examples, draws=parsed.draws, seed=parsed.seed)
    logger.info("distance %.3f → %.3f", history[0], history[-1])
    work = {name: _work(parsed.data, *place) for name, place in STAND_INS.items()}
    model = time_fit.fit_time(work, _STROKE_SHARE)
    # Drawn with another seed than the fit's: the fit is not shown its own dice.
    drawn = fitting.simulate(examples, hand, parsed.seed + 1)
    body = {
        "hand": hand.as_json(),
        "time": asdict(model),
        "provenance": {
            "command": "python -m inference_worker.evaluation calibrate",
            "commit": commit(),
            "draws": parsed.draws,
            "seed": parsed.seed,
            "strokes": "MedScribble, 3 people "
            f"({len(examples)} images: {', '.join(_sets(examples))})",
            "minutes": "thesis table 5.1; outlines of the liver in "
            f"{', '.join(folder for folder, _ in STAND_INS.values())}",
            "real": _summary(_everybody(examples)),
            "simulated": _summary(drawn),
        },
    }
    parsed.out.write_text(json.dumps(body, indent=1) + "\n")
    parsed.report.mkdir(parents=True, exist_ok=True)
    _figure(examples, hand, drawn).savefig(
        parsed.report / "strokes.png", dpi=110, metadata={"Software": None}
    )
    text = _report(examples, hand, drawn, model, work, history)
    (parsed.report / "README.md").write_text(text)
    logger.info("wrote %s and %s", parsed.out, parsed.report)


def _work(root: Path, folder: str, label: int) -> time_fit.Work:
    works = []
    for files in find_cases(root / folder):
        case = read_case(files, [label])
        slices = walked_slices(case.truth)
        works.append(time_fit.brush_work(case.truth, slices, case.name))
    manual = np.mean([work.manual for work in works], axis=0)
    copied = np.mean([work.copied for work in works], axis=0)
    return time_fit.Work(_three(manual), _three(copied))


def _three(values: Any) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third


def _sets(examples: Sequence[Example]) -> list[str]:
    return sorted({example.name.split("/")[0] for example in examples})


def _everybody(examples: Sequence[Example]) -> list[Drawing]:
    return [drawing for person in fitting.people_of(examples) for drawing in person]


def _values(drawings: Sequence[Drawing], name: str) -> Any:
    return np.array([getattr(drawing, name) for drawing in drawings])


def _summary(drawings: Sequence[Drawing]) -> dict[str, dict[str, float]]:
    return {
        name: {
            "mean": round(float(_values(drawings, name).mean()), 4),
            "sd": round(float(_values(drawings, name).std()), 4),
            "median": round(float(np.median(_values(drawings, name))), 4),
        }
        for name in NAMES
    }


_MEANING = {
    "inside": "share of the covered pixels inside the object",
    "length": "centre-line pixels / root of the object's area",
    "width": "stroke width / image side",
    "strokes": "connected strokes per interaction",
    "depth": "median depth of the centre lines / greatest depth",
}


def _figure(
    examples: Sequence[Example], hand: Hand, drawn: Sequence[Drawing]
) -> Figure:
    """Distributions above, a few drawings below: three people, then simulated."""
    matplotlib.use("Agg")
    figure = Figure(figsize=(15, 12), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 2.4))
    people = fitting.people_of(examples)
    for axis, name in zip(top.subplots(1, len(NAMES)), NAMES, strict=True):
        groups = [*(_values(person, name) for person in people), _values(drawn, name)]
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


def _report(
    examples: Sequence[Example],
    hand: Hand,
    drawn: Sequence[Drawing],
    model: TimeModel,
    work: dict[str, time_fit.Work],
    history: Sequence[float],
) -> str:
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
        f"{len(examples)} images of {len(_sets(examples))} sets of MedScribble, each "
        f"drawn on by {len(people)} people. Real and simulated, mean ± standard "
        "deviation over images, strokes on the object:",
        "",
        "| measure | "
        + " | ".join(f"person {k + 1}" for k in range(len(people)))
        + " | all | simulated |",
        "|---|" + "---|" * (len(people) + 2),
    ]
    everybody = _everybody(examples)
    for name in NAMES:
        groups = [*people, everybody, drawn]
        cells = [_plus_minus(_values(group, name)) for group in groups]
        lines.append(f"| {_MEANING[name]} | " + " | ".join(cells) + " |")
    around = fitting.around(examples)
    lines += [
        "",
        "Strokes around the object (label 0) lie inside their side to "
        f"{_plus_minus(_values(around, 'inside'))}, {_plus_minus(_values(around, 'strokes'))} "
        "of them an interaction. Only that number is used for erasing: people of "
        "MedScribble drew around a whole object, a correction lies in a bounded region "
        "and is drawn like a stroke on an object.",
        "",
        f"Number, width and misses are read off; style, reach, loop depth, wander and "
        f"overshoot are found by random search ({len(history)} hands, summed Wasserstein "
        f"distance of {', '.join(fitting.FITTED)} in standard deviations: "
        f"{history[0]:.2f} → {history[-1]:.2f}).",
        "",
        *(f"- `{key}`: {_plain(value)}" for key, value in hand.as_json().items()),
        "",
        "![simulated beside real](strokes.png)",
        "",
        *_time_lines(model, work),
    ]
    return "\n".join(lines) + "\n"


def _time_lines(model: TimeModel, work: dict[str, time_fit.Work]) -> list[str]:
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
        f"| loose stroke | {model.drawing_mm_per_s:.1f} mm/s on the screen | operator D "
        "(0.16 s/cm), same |",
        f"| tracing | {model.tracing_mm_per_s:.1f} mm/s on the screen | minutes by hand "
        "of the same table, least squares |",
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
            f"| {row.name}, {row.slices} slices | {STAND_INS[row.stand_in][0]} | "
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
