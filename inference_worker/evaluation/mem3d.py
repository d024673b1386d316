"""Mem3D's protocol: rounds with and without memory, and which slice to mark next.

::

    python -m inference_worker.evaluation.mem3d --cases DIR --labels 1:liver

Round 1 scribbles on the slice that shows most of the target and propagates both ways.
Each later round marks one more slice, accepts it and propagates again. Which slice that
is, is the suggestion study (the paper's Table 2): the engine's own estimate of quality,
which is 0 where no walk came, chance, or the truly worst (oracle); of equals the one
nearest to a marked slice; all among slices that the target is on or is shown on.
"Previous slice alone" propagates with a memory of one cell. Seconds are those in which
the process had a core, so they are of one thread on a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference_worker import engines
from inference_worker.canvas import Canvas
from inference_worker.contract.engine import Engine, Label
from inference_worker.contract.prompts import Accept, Prompt, Propagate
from inference_worker.evaluation.cases import (
    Case,
    find_cases,
    labels_named,
    patient_of,
    read_case,
    walked_slices,
)
from inference_worker.evaluation.mem3d_time import time_table
from inference_worker.evaluation.metrics import score_volume
from inference_worker.evaluation.provenance import commit
from inference_worker.evaluation.splits import check_split, overlap, read_header
from inference_worker.evaluation.statistics import compare, estimate
from inference_worker.evaluation.tables import Table
from inference_worker.evaluation.verdicts import in_words
from inference_worker.simulate.annotators import Reader
from inference_worker.simulate.hand import measured_hand
from inference_worker.simulate.styles import Scribbles
from inference_worker.simulate.truth import mean_dice

log = logging.getLogger(__name__)

ROUNDS = 6

DEVELOPMENT = ("btcv_00", "btcv_20", "btcv_23")
"""Patients on whom the engine was looked at while it was made: never measured."""


@dataclass(frozen=True)
class Arm:
    """How the next slice is chosen, and with how much memory is propagated.

    "planned" draws slices that the target is on, whatever is shown: arms that are told
    apart by something else mark the same ones.
    """

    title: str
    policy: str = "quality"
    memory: bool = True


ARMS = (
    Arm("suggested by quality"),
    Arm("random slice", "random"),
    Arm("worst slice (oracle)", "oracle"),
    Arm("suggested, previous slice alone", memory=False),
    Arm("same slices by hand, no propagation", "none"),
)


@dataclass
class Reading:
    """One case under one arm: Dice after each round, and where the seconds went.

    Attributes
    ----------
    rated, reached: estimated quality and true Dice of every propagated slice.
    propagated_s: machine seconds of each propagated slice.
    """

    case: str
    patient: str
    dice: list[float]
    propagated_s: list[float]
    rated: list[float]
    reached: list[float]


def read(
    case: Case,
    label: Label,
    engine: Engine[Any],
    arm: Arm,
    seed: int,
    rounds: int | None = None,
) -> Reading:
    """Work through one case, in ``ROUNDS`` without ``rounds``."""
    state = engine.open(case.volume, [label])
    reader = Reader(case.truth, case.name, Scribbles(measured_hand()), seed=seed)
    canvas = Canvas(case.volume.shape)
    truth = (case.truth.reveal() == label.value).astype(np.uint8)
    done = Reading(case.name, case.patient, [], [], [], [])
    walked = walked_slices(case.truth)
    rng = np.random.default_rng([seed, zlib.crc32(case.name.encode())])
    index: int | None = max(walked, key=lambda z: (int(truth[z].sum()), -z))
    visited: list[int] = []
    for _ in range(rounds or ROUNDS):
        if index is not None:
            visited.append(index)
            correction = reader.correct(canvas.shown(index), index, 0)
            turns: list[list[Prompt]] = [list(correction.prompts), [Accept(index)]]
            if arm.policy != "none":
                turns.append([Propagate(index)])
            for prompts in turns:
                _take(engine, state, prompts, canvas, done)
        shown = (canvas.labels() == label.value).astype(np.uint8)
        scores = score_volume(
            canvas.labels(), case.truth, [label.value], case.volume.geometry.spacing
        )
        done.dice.append(scores.mean_dice)
        index = _next(arm, state, shown, truth, walked, visited, rng)
    for z, quality in state.quality.items():
        if z not in visited and (truth[z].any() or shown[z].any()):
            done.rated.append(float(quality))
            done.reached.append(mean_dice(shown[z], truth[z]))
    return done


def _take(
    engine: Engine[Any],
    state: Any,
    prompts: Sequence[Prompt],
    canvas: Canvas,
    done: Reading,
) -> None:
    canvas.say(prompts)
    began = time.process_time()
    for prediction in engine.step(state, prompts):
        if prediction.stage == "propagated":
            done.propagated_s.append(time.process_time() - began)
        canvas.show(prediction)
        began = time.process_time()


def _next(
    arm: Arm,
    state: Any,
    shown: np.ndarray,
    truth: np.ndarray,
    walked: Sequence[int],
    visited: Sequence[int],
    rng: np.random.Generator,
) -> int | None:
    """The slice to mark next; None where every slice has been."""
    there = set(walked)
    if arm.policy != "planned":
        there |= set(np.flatnonzero(shown.any(axis=(1, 2))).tolist())
    left = sorted(there - set(visited))
    if not left:
        return None
    if arm.policy == "quality":
        return min(left, key=lambda z: (state.quality.get(z, 0.0), _far(z, visited)))
    if arm.policy == "oracle":
        return min(
            left, key=lambda z: (mean_dice(shown[z], truth[z]), _far(z, visited))
        )
    return int(rng.choice(left))


def _far(index: int, visited: Sequence[int]) -> int:
    return min((abs(index - each) for each in visited), default=0)


def measure(
    folder: Path,
    labels: Sequence[Label],
    weights: str,
    *,
    max_cases: int | None = None,
    held_out: bool = False,
    seed: int = 0,
    build: Callable[..., Engine[Any]] = engines.build,
) -> dict[str, list[Reading]]:
    """Every arm on every case and label; ``held_out`` keeps to unseen patients."""
    cases = [c for c in find_cases(folder) if patient_of(c.name) not in DEVELOPMENT]
    if held_out:
        seen = set(overlap([c.name for c in cases], read_header(weights)))
        cases = [c for c in cases if c.name not in seen]
    cases = cases[:max_cases]
    check_split([files.name for files in cases], weights, allow_seen=False)
    found: dict[str, list[Reading]] = {}
    for arm in ARMS:
        engine = build("mem3d", weights=weights, config={"memory": arm.memory})
        for files in cases:
            for label in labels:
                case = read_case(files, [label.value])
                if not walked_slices(case.truth):
                    continue
                reading = read(case, label, engine, arm, seed)
                found.setdefault(arm.title, []).append(reading)
                log.info("%s %s: %s", arm.title, case.name, _short(reading.dice))
    return found


def _short(values: Sequence[float]) -> str:
    return " ".join(f"{value:.3f}" for value in values)


def by_patient(readings: Sequence[Reading], number: int) -> dict[str, float]:
    """Dice after a round, averaged over each patient's readings."""
    groups: dict[str, list[float]] = {}
    for each in readings:
        groups.setdefault(each.patient, []).append(each.dice[number])
    return {patient: float(np.mean(values)) for patient, values in groups.items()}


def rounds_table(found: dict[str, list[Reading]], heading: str = "next slice") -> Table:
    """Dice of the volume after each round, and the difference to the first arm."""
    first_arm = next(iter(found.values()))
    rounds = len(first_arm[0].dice)
    own = by_patient(first_arm, rounds - 1)
    rows = []
    for title, readings in found.items():
        cells = [
            estimate(list(by_patient(readings, number).values())).text()
            for number in range(rounds)
        ]
        change = compare(by_patient(readings, rounds - 1), own)
        p = "–" if change.p is None else f"{change.p:.3f}"
        first = title == next(iter(found))
        cells.append("–" if first else f"{change.difference.text()} ({p})")
        rows.append((title, *cells))
    columns = (
        heading,
        *(f"round {number + 1}" for number in range(rounds)),
        f"difference at round {rounds} (p)",
    )
    note = (
        "Dice of the whole volume: mean over patients [95 % bootstrap interval]; "
        "difference to the first row, paired by patient, Wilcoxon's p."
    )
    return Table("rounds", "Dice by round", columns, tuple(rows), note)


def verdict(found: dict[str, list[Reading]]) -> str:
    """In words, what the intervals of the last round's differences say."""
    own, *others = found
    last = len(found[own][0].dice) - 1
    base = by_patient(found[own], last)
    changes = {
        arm: compare(by_patient(found[arm], last), base).difference for arm in others
    }
    words = in_words(changes) or "too few patients for an interval"
    return f"Dice after round {last + 1} against “{own}” — {words}."


def quality_table(
    found: dict[str, list[Reading]], heading: str = "next slice"
) -> Table:
    """How well the estimated quality follows the truth, and what a slice costs."""
    rows = []
    for title, readings in found.items():
        rated = np.concatenate([np.array(each.rated) for each in readings])
        reached = np.concatenate([np.array(each.reached) for each in readings])
        seconds = np.array([s for each in readings for s in each.propagated_s])
        if not len(seconds):
            continue
        ranks = [np.argsort(np.argsort(values)) for values in (rated, reached)]
        follows = np.corrcoef(ranks[0], ranks[1])[0, 1] if len(rated) > 2 else np.nan
        rows.append(
            (
                title,
                str(len(rated)),
                f"{follows:.2f}",
                f"{1e3 * np.median(seconds):.0f}",
                f"{1e3 * np.percentile(seconds, 95):.0f}",
            )
        )
    columns = (
        heading,
        "propagated slices at the end",
        "rank correlation of quality and Dice",
        "ms per propagated slice, median",
        "95th percentile",
    )
    note = "Computing time of one thread; the slices are those of the set."
    return Table("quality", "Quality and runtime", columns, tuple(rows), note)


def report(
    sets: dict[str, dict[str, list[Reading]]],
    weights: str,
    out: Path,
    *tables: Table,
) -> Path:
    """Tables of every set, and others after them."""
    lines = [
        "# Mem3D: rounds, memory, and the slice to mark next",
        "",
        "Written by `python -m inference_worker.evaluation.mem3d` at commit "
        f"{commit()}; do not edit. Weights {Path(weights).name} "
        f"({read_header(weights).get('sha256')}). No patient was seen in training. "
        "Round 1 scribbles on the slice that shows most of the target; every later one "
        "on another slice that the target is on or is shown on.",
        "",
    ]
    for name, found in sets.items():
        readings = next(iter(found.values()))
        patients = len({each.patient for each in readings})
        lines += [f"## {name}: {patients} patients, {len(readings)} targets", ""]
        lines += [rounds_table(found).markdown(), verdict(found), ""]
        lines += [quality_table(found).markdown()]
    lines += [table.markdown() for table in tables]
    out.mkdir(parents=True, exist_ok=True)
    if (out / "memory.md").is_file():
        lines += ["What the memory is worth: [without it](memory.md).", ""]
    path = out / "README.md"
    path.write_text("\n".join(lines).rstrip() + "\n")
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure one set, and report all measured so far."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--weights", required=True, metavar="FILE.safetensors")
    parser.add_argument("--set", dest="set_name", required=True)
    parser.add_argument("--max-cases", type=int)
    parser.add_argument("--held-out", action="store_true", help="only unseen patients")
    parser.add_argument("--results", type=Path, default=Path("var/mem3d-rounds"))
    parser.add_argument("--out", type=Path, default=Path("docs/mem3d"))
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    found = measure(
        given.cases,
        labels_named(given.labels, given.cases),
        given.weights,
        max_cases=given.max_cases,
        held_out=given.held_out,
    )
    given.results.mkdir(parents=True, exist_ok=True)
    kept = {arm: [vars(each) for each in made] for arm, made in found.items()}
    (given.results / f"{given.set_name}.json").write_text(json.dumps(kept))
    sets = {
        path.stem: {
            arm: [Reading(**each) for each in made]
            for arm, made in json.loads(path.read_text()).items()
        }
        for path in sorted(given.results.glob("*.json"))
    }
    timed = time_table(given.weights)
    log.info("%s", report(sets, given.weights, given.out, timed).read_text())


if __name__ == "__main__":
    main()
