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

import numpy as np

from inference_worker.evaluation.calibration_report import (
    everybody,
    report_text,
    sets_of,
    strokes_figure,
    values_of,
)
from inference_worker.evaluation.cases import find_cases, read_case, walked_slices
from inference_worker.evaluation.provenance import commit
from inference_worker.simulate import fitting, time_fit
from inference_worker.simulate.hand import CALIBRATION
from inference_worker.simulate.measures import NAMES, Drawing

logger = logging.getLogger(__name__)

# Folder below the data root, and the liver's label there.
STAND_INS = {"ct": ("btcv_abdomen_ct/full", 6), "mr": ("chaos_mr_t2spir", 1)}

_STROKE_SHARE = 4 / 256


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
            f"({len(examples)} images: {', '.join(sets_of(examples))})",
            "minutes": "thesis table 5.1; outlines of the liver in "
            f"{', '.join(folder for folder, _ in STAND_INS.values())}",
            "real": _summary(everybody(examples)),
            "simulated": _summary(drawn),
        },
    }
    parsed.out.write_text(json.dumps(body, indent=1) + "\n")
    parsed.report.mkdir(parents=True, exist_ok=True)
    strokes_figure(examples, hand, drawn).savefig(
        parsed.report / "strokes.png", dpi=110, metadata={"Software": None}
    )
    folders = {name: folder for name, (folder, _) in STAND_INS.items()}
    text = report_text(examples, hand, drawn, model, work, history, folders)
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


def _summary(drawings: Sequence[Drawing]) -> dict[str, dict[str, float]]:
    return {
        name: {
            "mean": round(float(values_of(drawings, name).mean()), 4),
            "sd": round(float(values_of(drawings, name).std()), 4),
            "median": round(float(np.median(values_of(drawings, name))), 4),
        }
        for name in NAMES
    }
