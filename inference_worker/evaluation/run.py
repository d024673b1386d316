"""One run: an engine, a folder of cases, a simulated reader, one result file."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from inference_worker import engines
from inference_worker.contract.engine import Carry, Engine, Label
from inference_worker.evaluation.cases import CaseFiles, find_cases, read_case
from inference_worker.evaluation.provenance import provenance
from inference_worker.evaluation.replay import Log, Replay, read_log
from inference_worker.evaluation.rows import CaseRow
from inference_worker.evaluation.splits import check_split, read_header
from inference_worker.evaluation.walk import BY_BRUSH, TIMERS, Plan, Walk
from inference_worker.simulate.annotators import Reader
from inference_worker.simulate.hand import measured_hand
from inference_worker.simulate.styles import Boxes, Brush, Clicks, Scribbles, Style
from inference_worker.simulate.timing import calibrated_time

logger = logging.getLogger(__name__)

ANNOTATORS = ("scribble", "click", "box", "extreme")

Result = dict[str, Any]


@dataclass(frozen=True)
class RunOptions:
    """Everything a run depends on.

    Attributes
    ----------
    arm: what tables call this run; the engine and its settings without.
    set_name: what tables call the data; the folder's name without.
    carry: each volume starts from what the one before taught.
    stroke_length: of simulated strokes, over people's.
    log: a file of recorded turns to replay instead of simulating a reader.
    allow_seen: run on patients the weights were trained on, and mark them.
    timer: of the machine's seconds, ``wall`` or ``cpu``.
    """

    engine: str
    folder: Path
    labels: tuple[Label, ...]
    weights: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    device: str = "cpu"
    annotator: str = "scribble"
    plan: Plan = field(default_factory=Plan)
    seed: int = 0
    max_cases: int | None = None
    carry: bool = False
    allow_seen: bool = False
    stroke_length: float = 1.0
    log: Path | None = None
    arm: str | None = None
    set_name: str | None = None
    timer: str = "wall"

    @property
    def arm_name(self) -> str:
        """The engine, with the settings that differ from its own."""
        if self.arm:
            return self.arm
        settings = ",".join(f"{k}={v}" for k, v in sorted(self.config.items()))
        return f"{self.engine}[{settings}]" if settings else self.engine


def style_of(options: RunOptions) -> Style:
    """How the reader marks errors.

    One turn holds as many clicks as there are labels; for one label that is the NoC
    protocol of Sofiiuk et al. (RITM, ICIP 2022).
    """
    if options.engine in BY_BRUSH:
        return Brush()
    clicks = Clicks(per_turn=len(options.labels))
    match options.annotator:
        case "scribble":
            hand = measured_hand()
            return Scribbles(replace(hand, reach=hand.reach * options.stroke_length))
        case "click":
            return clicks
        case "box":
            return Boxes(then=clicks)
        case "extreme":
            return Boxes(extreme=True, then=clicks)
    raise ValueError(f"annotator {options.annotator!r} is none of {ANNOTATORS}")


def chosen_cases(options: RunOptions) -> list[CaseFiles]:
    """The cases of the folder, by name, no more than asked for."""
    return find_cases(options.folder)[: options.max_cases]


def run(
    options: RunOptions,
    out: Path | None = None,
    *,
    engine: Engine[Any] | None = None,
    files: Sequence[CaseFiles] | None = None,
) -> Result:
    """Walk every case; the result, also written to ``out`` after each case.

    Parameters
    ----------
    engine: built from the registry without.
    files: the cases; those of ``options.folder`` without.
    """
    files = chosen_cases(options) if files is None else files
    names = [case.name for case in files]
    logs = read_log(options.log, names) if options.log else {}
    files = [case for case in files if not logs or case.name in logs]
    seen = check_split(names, options.weights, allow_seen=options.allow_seen)
    if engine is None:
        engine = engines.build(
            options.engine,
            weights=options.weights,
            config={**options.config, "seed": options.seed},
            device=options.device,
        )
    result: Result = {"meta": _meta(options, engine, seen), "turns": [], "cases": []}
    carry: Carry | None = None
    for case in files:
        walk, row, learnt = _walk(case, options, engine, carry, logs.get(case.name))
        carry = learnt if options.carry else None
        result["cases"].append(row.as_json())
        result["turns"] += [row.as_json() for row in walk.turns]
        result["meta"]["finished"] = case is files[-1]
        if out is not None:
            write_result(result, out)
    return result


def _walk(
    files: CaseFiles,
    options: RunOptions,
    engine: Engine[Any],
    carry: Carry | None,
    turns: Log | None,
) -> tuple[Walk, CaseRow, Carry | None]:
    case = read_case(files, [label.value for label in options.labels])
    style = style_of(options)
    reader = Reader(case.truth, case.name, style, seed=options.seed)
    timer = TIMERS[options.timer]
    given = (engine, case, options.labels, reader, options.plan, carry, timer)
    walk = Walk(*given) if turns is None else Replay(*given, log=turns)
    row, learnt = walk.run()
    logger.info(
        "%s %s: %d slices, %d interactions, Dice %.3f, simulated user %.0f s, "
        "machine %.1f s",
        options.arm_name,
        row.case,
        row.slices,
        row.interactions,
        row.slice_dice,
        row.user_s or 0.0,
        row.machine_s,
    )
    return walk, row, learnt


def _meta(
    options: RunOptions, engine: Engine[Any], seen: Sequence[str]
) -> dict[str, Any]:
    header = read_header(options.weights)
    return {
        "arm": options.arm_name,
        "engine": options.engine,
        "weights": Path(options.weights).name if options.weights else None,
        "weights_sha256": header.get("sha256"),
        "config": dict(options.config),
        "planar": engine.spec.planar,
        "cases": options.folder.resolve().name,
        "set": options.set_name,
        "labels": {str(label.value): label.name for label in options.labels},
        "annotator": _annotator_of(options),
        "stroke_length": options.stroke_length,
        "rounds": options.plan.rounds,
        "until_dice": options.plan.until_dice,
        "volume_cap": options.plan.slices_max,
        "repeats": options.plan.repeats,
        "tolerance_mm": options.plan.tolerance_mm,
        "seed": options.seed,
        "carry": options.carry,
        "seen_in_training": list(seen),
        "look_s": calibrated_time().look_s,
        "timer": options.timer,
        "user_time": None if options.log else "simulated",
        **provenance(options.device),
    }


def _annotator_of(options: RunOptions) -> str:
    if options.log:
        return f"recorded: {options.log.name}"
    return "brush" if options.engine in BY_BRUSH else options.annotator


def write_result(result: Result, out: Path) -> None:
    """Write a result file in one move; a reader never meets half of one."""
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f"{out.name}.part")
    partial.write_text(json.dumps(result, separators=(",", ":"), allow_nan=False))
    os.replace(partial, out)
