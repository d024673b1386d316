"""The command line of the harness."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inference_worker.arithmetic import chosen_device, set_threads
from inference_worker.contract.catalog import ENGINES
from inference_worker.contract.errors import SlicewiseError
from inference_worker.evaluation.ablation import ablate, add_ablate
from inference_worker.evaluation.ablation_plan import VARIANTS
from inference_worker.evaluation.calibration import add_calibrate
from inference_worker.evaluation.cases import labels_named
from inference_worker.evaluation.report import add_report
from inference_worker.evaluation.run import ANNOTATORS, RunOptions, run
from inference_worker.evaluation.study import add_study
from inference_worker.evaluation.walk import TIMERS, Plan

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0, or 2 after one plain sentence about what is wrong."""
    parsed = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        parsed.command(parsed)
    except SlicewiseError as error:
        log.error("%s (%s)", error.message, error.code)
        return 2
    return 0


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments."""
    top = argparse.ArgumentParser(
        prog="python -m inference_worker.evaluation", description=__doc__
    )
    commands = top.add_subparsers(required=True)
    add_run(commands.add_parser("run", help="walk cases with one engine"))
    add_study(commands.add_parser("study", help="every method on every kind of data"))
    add_ablations(
        commands.add_parser("ablate", help="one setting of a method at a time")
    )
    add_report(commands.add_parser("report", help="tables and figures of results"))
    add_calibrate(
        commands.add_parser("calibrate", help="fit the simulated reader to people")
    )
    return top


def add_run(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``run``."""
    parser.add_argument("--engine", required=True, choices=sorted(ENGINES))
    _add_options(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.json")
    parser.set_defaults(command=run_command)


def add_ablations(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``ablate``."""
    parser.add_argument("engine", choices=sorted(VARIANTS))
    _add_options(parser)
    add_ablate(parser)
    parser.set_defaults(command=ablate_command)


def ablate_command(parsed: argparse.Namespace) -> None:
    """``ablate``: one setting of a method at a time."""
    if parsed.timer == "cpu":
        set_threads(1)
    ablate(options_from(parsed), parsed.results, parsed.report, parsed.only)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", help="a committed name, or a .safetensors file")
    parser.add_argument("--cases", required=True, type=Path, metavar="DIR")
    parser.add_argument(
        "--labels", required=True, help="1,2 or 1:liver,2:spleen", metavar="VALUES"
    )
    parser.add_argument("--annotator", choices=ANNOTATORS, default="scribble")
    parser.add_argument(
        "--rounds", type=positive, help="corrections per slice (4)", metavar="N"
    )
    parser.add_argument(
        "--until-dice",
        type=share,
        metavar="D",
        help="correct each slice to this mean Dice, by brush where the engine fails",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-cases", type=positive, metavar="K")
    parser.add_argument(
        "--volume-cap", type=positive, metavar="N", help="the middle N slices only"
    )
    parser.add_argument(
        "--skip-repeats",
        action="store_true",
        help="leave out slices whose truth is the slice before's, voxel for voxel",
    )
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        type=setting,
        metavar="KEY=VALUE",
        help="a setting of the engine; may be repeated",
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--timer",
        choices=sorted(TIMERS),
        default="wall",
        help="the machine's seconds, or only its own thread's on a busy machine",
    )
    parser.add_argument(
        "--carry", action="store_true", help="start each volume from the last one's"
    )
    parser.add_argument(
        "--allow-seen",
        action="store_true",
        help="run on patients the weights were trained on, and mark them",
    )
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="replay recorded turns (JSON)"
    )
    parser.add_argument("--arm", help="what tables call this run")


def run_command(parsed: argparse.Namespace) -> None:
    """``run``: one engine over a folder of cases."""
    if parsed.timer == "cpu":
        set_threads(1)
    run(options_from(parsed), parsed.out)


def options_from(parsed: argparse.Namespace) -> RunOptions:
    """The options a parsed ``run`` asks for."""
    rounds = parsed.rounds
    if rounds is None and parsed.until_dice is None:
        rounds = Plan().rounds
    return RunOptions(
        engine=parsed.engine,
        folder=parsed.cases,
        labels=tuple(labels_named(parsed.labels, parsed.cases)),
        weights=parsed.weights or ENGINES[parsed.engine].weights or None,
        config=dict(parsed.config),
        device=chosen_device(parsed.device),
        annotator=parsed.annotator,
        plan=Plan(
            rounds,
            parsed.until_dice,
            parsed.volume_cap,
            repeats=not parsed.skip_repeats,
        ),
        seed=parsed.seed,
        max_cases=parsed.max_cases,
        carry=parsed.carry,
        allow_seen=parsed.allow_seen,
        log=parsed.log,
        arm=parsed.arm,
        timer=parsed.timer,
    )


def positive(text: str) -> int:
    """A whole number of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def share(text: str) -> float:
    """A number in (0, 1]."""
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not in (0, 1]")
    return value


def setting(text: str) -> tuple[str, Any]:
    """``key=value``; the value as JSON where it is that, else as text."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
