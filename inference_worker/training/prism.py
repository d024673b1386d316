"""Train PRISM, iteratively, on crops of volumes and of phantoms.

::

    python -m inference_worker.training.prism --data-root DIR --out var/prism
        [--encoder cnn|vit] [--masks 1] [--no-corrective] [--phase 480:32:4:2-4 …]

Every step draws crops and asks for a few turns (the paper: 11; here 2 to 4, for the
time it takes), each prompted by the simulated annotator on the errors of the turn
before. The image is encoded once; its gradients are collected over the turns. L_total
is the mean over turns of L_con + L_cor. The same command continues a run that was cut;
Ctrl-C finishes the step, saves and stops.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inference_worker.evaluation.provenance import commit
from inference_worker.nets.prism import Prism
from inference_worker.nets.prism_shape import SMALL, PrismShape
from inference_worker.nets.prism_weights import save_prism
from inference_worker.training.course import Course
from inference_worker.training.prism_annotator import Habits
from inference_worker.training.prism_examples import (
    LICENCES,
    Scan,
    draw_crop,
    held_out_patients,
    read_scans,
)
from inference_worker.training.prism_turns import open_targets, take_turn

log = logging.getLogger("training")


@dataclass(frozen=True)
class Phase:
    """Steps on crops of one size: small ones teach most, and five times faster."""

    steps: int
    patch: int
    batch: int
    turns: tuple[int, int]

    @staticmethod
    def parse(text: str) -> Phase:
        """Read ``480:32:4:2-4``."""
        steps, patch, batch, turns = text.split(":")
        least, _, most = turns.partition("-")
        return Phase(int(steps), int(patch), int(batch), (int(least), int(most)))


PHASES = (Phase(480, 32, 4, (2, 4)), Phase(120, 48, 2, (3, 4)))
LEARNING_RATE = 1.5e-3
WARM_UP = 50
AVERAGING = 0.98


def learn_step(
    net: Prism, scans: Sequence[Scan], phase: Phase, rng: np.random.Generator
) -> dict[str, float]:
    """Gradients of one step; the mean loss of its turns."""
    habits = Habits()
    crops = [draw_crop(scans, rng, phase.patch) for _ in range(phase.batch)]
    image = torch.from_numpy(np.stack([image for image, _ in crops])[:, None])
    image = image.contiguous(memory_format=torch.channels_last_3d)
    targets = open_targets([target for _, target in crops], rng, habits)
    features = net.encode(image)
    leaves = [level.detach().requires_grad_() for level in features]
    turns = int(rng.integers(phase.turns[0], phase.turns[1] + 1))
    total = 0.0
    for _ in range(turns):
        loss = take_turn(net, image, leaves, targets, rng, habits) / turns
        loss.backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
    reached = [
        (level, leaf.grad)
        for level, leaf in zip(features, leaves, strict=True)
        if level.requires_grad
    ]
    torch.autograd.backward([a for a, _ in reached], [b for _, b in reached])
    return {"loss": total}


def phase_at(step: int, phases: Sequence[Phase]) -> Phase:
    """The phase that ``step`` belongs to."""
    for phase in phases:
        if step < phase.steps:
            return phase
        step -= phase.steps
    return phases[-1]


def learning_rate(step: int, steps: int) -> float:
    """Linear warm-up, then half a cosine."""
    warm = min(1.0, (step + 1) / WARM_UP)
    return LEARNING_RATE * warm * 0.5 * (1 + math.cos(math.pi * step / steps))


def train(
    root: Path,
    out: Path,
    shape: PrismShape = SMALL,
    *,
    seed: int = 0,
    phases: Sequence[Phase] = PHASES,
) -> Path:
    """Train to the end; returns the model's path."""
    steps = sum(phase.steps for phase in phases)
    learned, held_out = held_out_patients(root, seed)
    scans = read_scans(root, learned)
    torch.manual_seed(seed)
    net = Prism(shape).to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=1e-2)
    course = Course(net.train(), optimizer, out, seed)
    runs = _runs(out / "runs.json", course.done, phases)
    course.run(
        lambda step, rng: learn_step(net, scans, phase_at(step, phases), rng),
        until=steps,
        rate=lambda step: learning_rate(step, steps),
        decay=AVERAGING,
    )
    net.load_state_dict(course.averaged)
    patients = {
        "train": [*learned, *sorted({s.patient for s in scans} - set(learned))],
        "held_out": held_out,
    }
    facts = _facts(patients, runs, course.done, seed, net)
    path = out / "model.safetensors"
    save_prism(path, net, facts)
    return path


def _runs(path: Path, done: int, phases: Sequence[Phase]) -> list[dict[str, Any]]:
    """What was planned from which step on, this run last; kept beside the weights."""
    runs: list[Any] = json.loads(path.read_text()) if path.is_file() else []
    plan = [asdict(phase) for phase in phases]
    if not runs or runs[-1]["phases"] != json.loads(json.dumps(plan)):
        runs.append({"from_step": done, "phases": plan, "commit": commit()})
        path.write_text(json.dumps(runs, indent=1))
    return runs


def _facts(
    patients: dict[str, list[str]],
    runs: list[dict[str, Any]],
    done: int,
    seed: int,
    net: Prism,
) -> dict[str, Any]:
    return {
        "training": {
            "script": "inference_worker.training.prism",
            "patients": patients,
            "licences": LICENCES,
            "runs": runs,
            "learning_rate": LEARNING_RATE,
            "seed": seed,
            "steps": done,
            "parameters": sum(p.numel() for p in net.parameters()),
            "commit": commit(),
        }
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--encoder", default=SMALL.encoder)
    parser.add_argument("--masks", type=int, default=SMALL.masks)
    parser.add_argument("--no-corrective", action="store_true")
    parser.add_argument(
        "--phase",
        action="append",
        type=Phase.parse,
        metavar="STEPS:PATCH:BATCH:TURNS-TURNS",
        help="may be repeated; the recipe's own without",
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    shape = replace(
        SMALL,
        encoder=given.encoder,
        masks=given.masks,
        corrective=0 if given.no_corrective else SMALL.corrective,
    )
    phases = given.phase or PHASES
    train(given.data_root, given.out, shape, phases=phases, seed=given.seed)


if __name__ == "__main__":
    main()
