"""The protocol of PRISM: eleven turns on one target, Dice and NSD after each.

::

    python -m inference_worker.evaluation.prism run --data-root DIR \\
        --model var/prism/model.safetensors --results FILE.json [--arm "CNN alone"]
        [--config corrective=false] [--sets hippocampus,btcv] [--patients 8]
    python -m inference_worker.evaluation.prism report --results FILE.json --out DIR
        [--encoders FILE.json]

Li et al., "PRISM", MICCAI 2024, section 3: in every turn prompts come from the false
negatives and false positives of the last answer. "plain" is one point a turn;
"ultra" a 3D box in the first turn, then points and a scribble. The engine is asked as
the product asks it, by prompts, and what is scored is what it shows.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference_worker import engines
from inference_worker.contract.engine import Engine, Label, Volume
from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import Box, Click, Prompt
from inference_worker.evaluation.cases import find_cases, patient_of, read_case
from inference_worker.evaluation.cli import setting
from inference_worker.evaluation.metrics import score_volume
from inference_worker.evaluation.prism_report import write_report
from inference_worker.evaluation.provenance import provenance
from inference_worker.evaluation.run import write_result
from inference_worker.evaluation.splits import check_split
from inference_worker.simulate.clicks import click_in_volume
from inference_worker.simulate.hand import measured_hand
from inference_worker.simulate.scribbles import scribbles_in
from inference_worker.simulate.truth import ErrorRegion, Truth, error_regions

logger = logging.getLogger(__name__)

TURNS = 11
POINTS = 5
"""Points of a turn of "ultra", beside its scribble."""

PROTOCOLS = ("plain", "ultra")

Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class TargetSet:
    """Volumes and the labels of them that are segmented one at a time.

    Attributes
    ----------
    tolerance_mm: of the surface Dice: about one voxel.
    development: patients that the engine was developed on: never measured.
    """

    name: str
    folder: str
    targets: dict[int, str]
    tolerance_mm: float
    development: tuple[str, ...] = ()


SETS = (
    TargetSet(
        "hippocampus",
        "msd_hippocampus",
        {1: "anterior hippocampus", 2: "posterior hippocampus"},
        1.0,
    ),
    TargetSet(
        "btcv",
        "btcv_abdomen_ct/stride3",
        {1: "spleen", 3: "left kidney", 6: "liver", 8: "aorta"},
        2.0,
        development=("btcv_00",),
    ),
)


@dataclass(frozen=True)
class Row:
    """One target of one patient under one arm: a value after every turn.

    Attributes
    ----------
    machine_s: waiting time of every turn; cpu_s: what of it was computing.
    """

    arm: str
    set: str
    protocol: str
    case: str
    patient: str
    target: str
    tolerance_mm: float
    dice: list[float]
    nsd: list[float]
    machine_s: list[float]
    cpu_s: list[float]

    @property
    def key(self) -> tuple[str, ...]:
        """What tells rows apart."""
        return (self.arm, self.set, self.protocol, self.case, self.target)


def prompts_for(
    shown: Labels,
    truth: Labels,
    volume: Volume,
    protocol: str,
    turn: int,
    rng: np.random.Generator,
) -> list[Prompt]:
    """What the simulated annotator says of target 1 in a turn; empty if all is right.

    Parameters
    ----------
    shown, truth: 0 or 1, (z, y, x). turn: from 1.
    """
    found, start = regions_within(shown, truth)
    if not found:
        return []
    label, spacing = found[0].label, volume.geometry.spacing
    centre = np.array(click_in_volume(found[0], spacing).voxel) + start
    z, y, x = (int(at) for at in centre)
    clicks: list[Prompt] = [Click(label, (z, y, x))]
    if protocol == "plain":
        return clicks
    prompts: list[Prompt] = []
    if turn == 1:
        inside = np.argwhere(truth)
        low, high = inside.min(axis=0).tolist(), (inside.max(axis=0) + 1).tolist()
        prompts.append(Box(1, Region(tuple(low), tuple(high))))
    points = _points(found, start, rng)
    plane = (truth.shape[1], truth.shape[2])
    return [*prompts, *clicks, *points, *_scribble(found[0], start, z, plane, rng)]


def regions_within(
    shown: Labels, truth: Labels
) -> tuple[list[ErrorRegion], tuple[int, ...]]:
    """Error regions in the part of the volume that holds them, and where it starts.

    A mask of the whole volume for each of hundreds of regions takes longer than the
    engine's turn.
    """
    held = np.nonzero(shown | truth)
    start = tuple(int(at.min()) if len(at) else 0 for at in held)
    part = tuple(
        slice(low, int(at.max()) + 1 if len(at) else 0)
        for low, at in zip(start, held, strict=True)
    )
    return error_regions(shown[part], truth[part]), start


def _points(
    found: Sequence[ErrorRegion], start: Sequence[int], rng: np.random.Generator
) -> Iterator[Prompt]:
    """Points drawn uniformly from all errors; ``start``: of the part they lie in."""
    sizes = np.array([region.size for region in found], dtype=float)
    for _ in range(POINTS - 1):
        region = found[int(rng.choice(len(found), p=sizes / sizes.sum()))]
        voxels = np.argwhere(region.mask)
        z, y, x = (voxels[int(rng.integers(len(voxels)))] + start).tolist()
        yield Click(region.label, (z, y, x))


def _scribble(
    region: ErrorRegion,
    start: Sequence[int],
    index: int,
    plane: tuple[int, int],
    rng: np.random.Generator,
) -> list[Prompt]:
    """One stroke on slice ``index``; ``plane``: rows and columns of the volume."""
    own = region.mask.shape[1:]
    room = [
        (low, side - low - had)
        for low, side, had in zip(start[1:], plane, own, strict=True)
    ]
    mask, allowed = (
        np.pad(whole[index - start[0]], room) for whole in (region.mask, region.allowed)
    )
    cut = ErrorRegion(region.label, mask, allowed, int(mask.sum()))
    return list(scribbles_in(cut, index, 1, rng, measured_hand()))


def take_turns(
    engine: Engine[Any],
    volume: Volume,
    truth: Truth,
    protocol: str,
    rng: np.random.Generator,
    tolerance_mm: float,
) -> dict[str, list[float]]:
    """Eleven turns on target 1 of ``truth``; Dice, NSD and seconds after each."""
    state = engine.open(volume, [Label(1, "target")])
    shown = np.zeros(volume.shape, np.uint8)
    series: dict[str, list[float]] = {
        name: [] for name in ("dice", "nsd", "machine_s", "cpu_s")
    }
    for turn in range(1, TURNS + 1):
        prompts = prompts_for(shown, truth.reveal(), volume, protocol, turn, rng)
        began, cpu = time.perf_counter(), time.process_time()
        for prediction in engine.step(state, prompts) if prompts else ():
            shown[prediction.region.slices] = prediction.labels
        series["cpu_s"].append(time.process_time() - cpu)
        series["machine_s"].append(time.perf_counter() - began)
        spacing = volume.geometry.spacing
        scores = score_volume(shown, truth, [1], spacing, tolerance_mm)
        series["dice"].append(scores.mean_dice)
        series["nsd"].append(scores.mean_nsd)
    return series


def measure(
    engine: Engine[Any],
    arm: str,
    chosen: TargetSet,
    folder: Path,
    cases: Sequence[str],
    protocols: Sequence[str],
    seed: int = 0,
) -> Iterator[Row]:
    """Rows of every target of ``cases``; a target of under 30 voxels is left out."""
    for files in find_cases(folder):
        if files.name not in cases:
            continue
        case = read_case(files, list(chosen.targets))
        for value, name in chosen.targets.items():
            target = (case.truth.reveal() == value).astype(np.uint8)
            if target.sum() < 30:
                continue
            truth = Truth(target, [1])
            for protocol in protocols:
                key = zlib.crc32(f"{files.name} {name} {protocol}".encode())
                rng = np.random.default_rng([seed, key])
                series = take_turns(
                    engine, case.volume, truth, protocol, rng, chosen.tolerance_mm
                )
                patient = patient_of(files.name)
                told = (arm, chosen.name, protocol, files.name, patient, name)
                yield Row(*told, chosen.tolerance_mm, *series.values())


def run(parsed: argparse.Namespace) -> None:
    """``run``: add one arm's rows to the results; rows that are there stay."""
    engine = engines.build(
        "prism", weights=str(parsed.model), config=dict(parsed.config)
    )
    described = json.loads(parsed.model.with_suffix(".json").read_text())
    held_out = described["training"]["patients"]["held_out"]
    results: dict[str, Any] = {"arms": {}, "rows": []}
    if parsed.results.is_file():
        results = json.loads(parsed.results.read_text())
    facts = {
        "sha256": described["sha256"],
        "steps": described["training"]["steps"],
        "parameters": described["training"]["parameters"],
        "config": dict(parsed.config),
        **provenance("cpu"),
    }
    before = results["arms"].get(parsed.arm, {})
    results["arms"][parsed.arm] = facts | {"commit": commits_of(before, facts)}
    known = {Row(**row).key[:4] for row in results["rows"]}
    for chosen in SETS:
        if chosen.name not in parsed.sets.split(","):
            continue
        folder = parsed.data_root / chosen.folder
        names = [files.name for files in find_cases(folder)]
        if chosen.name == "hippocampus":
            names = [name for name in names if patient_of(name) in held_out]
        names = [n for n in names if patient_of(n) not in chosen.development]
        names = names[: parsed.patients]
        check_split(names, str(parsed.model), allow_seen=False)
        for name in names:
            protocols = [
                p
                for p in parsed.protocols.split(",")
                if (parsed.arm, chosen.name, p, name) not in known
            ]
            for row in measure(engine, parsed.arm, chosen, folder, [name], protocols):
                results["rows"].append(asdict(row))
                logger.info(
                    "%s %s %s %s: Dice %.3f %.3f %.3f",
                    *(row.arm, row.case, row.target, row.protocol),
                    *(row.dice[turn] for turn in (0, 4, TURNS - 1)),
                )
            write_result(results, parsed.results)


def commits_of(before: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Every commit at which an arm was measured, those of earlier runs first."""
    now = str(facts["commit"])
    known = str(before.get("commit", now)).split(", ")
    return ", ".join(dict.fromkeys([*known, now]))


def report(parsed: argparse.Namespace) -> None:
    """``report``: tables and a figure of the results."""
    encoders = None
    if parsed.encoders:
        encoders = json.loads(parsed.encoders.read_text())
    write_report(json.loads(parsed.results.read_text()), parsed.out, encoders)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and run or report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True)
    runs = commands.add_parser("run")
    runs.add_argument("--model", type=Path, required=True)
    runs.add_argument("--data-root", type=Path, required=True)
    runs.add_argument("--results", type=Path, required=True)
    runs.add_argument("--arm", default="PRISM")
    runs.add_argument("--config", action="append", default=[], type=setting)
    runs.add_argument("--sets", default=",".join(s.name for s in SETS))
    runs.add_argument("--protocols", default=",".join(PROTOCOLS))
    runs.add_argument("--patients", type=int, default=8)
    runs.set_defaults(command=run)
    reports = commands.add_parser("report")
    reports.add_argument("--results", type=Path, required=True)
    reports.add_argument("--out", type=Path, required=True)
    reports.add_argument(
        "--encoders", type=Path, help="results of short trainings, by encoder"
    )
    reports.set_defaults(command=report)
    parsed = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parsed.command(parsed)


if __name__ == "__main__":
    main()
