"""Train PRISM, iteratively, on crops of volumes and of phantoms.

::

    python -m inference_worker.training.prism --data-root DIR --out var/prism
        [--encoder cnn|vit] [--masks 1] [--no-corrective] [--share 0.5]

Every step draws crops and asks for a few turns (the paper: 11; here 2 to 4, for the
time it takes), each prompted by the simulated annotator on the errors of the turn
before. The image is encoded once; its gradients are collected over the turns. L_total
is the mean over turns of L_con + L_cor. The same command continues a run that was cut;
Ctrl-C finishes the step, saves and stops.
"""

from __future__ import annotations

import argparse
import logging
import math
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.evaluation.provenance import commit
from inference_worker.nets.prism import Prism, select
from inference_worker.nets.prism_prompts import (
    LOGIT_MOST,
    Mark,
    PatchBox,
    Told,
    as_tensors,
    mark_map,
)
from inference_worker.nets.prism_shape import SMALL, PrismShape
from inference_worker.nets.prism_weights import save_prism
from inference_worker.training import checkpoint
from inference_worker.training.curve import draw_losses
from inference_worker.training.prism_annotator import Habits, box_of, marks_for
from inference_worker.training.prism_examples import (
    LICENCES,
    Scan,
    draw_crop,
    held_out_patients,
    read_scans,
)
from inference_worker.training.prism_loss import confidence_loss, mask_loss

log = logging.getLogger("training")

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Phase:
    """Steps on crops of one size: small ones teach most, and five times faster."""

    steps: int
    patch: int
    batch: int
    turns: tuple[int, int]


PHASES = (Phase(480, 32, 4, (2, 4)), Phase(120, 48, 2, (3, 4)))
LEARNING_RATE = 1.5e-3
WARM_UP = 50
AVERAGING = 0.98
FORGET = 0.2
"""Share of turns whose previous logits are unknown in a part of the crop, as they are
to an engine whose crop has moved."""


@dataclass
class Target:
    """One crop under way.

    Attributes
    ----------
    shown: the last answer. positive, negative: marks so far, as maps.
    """

    truth: Mask
    box: PatchBox | None
    shown: Mask
    previous: NDArray[np.float32]
    positive: Mask
    negative: Mask

    def hear(self, marks: Sequence[Mark]) -> None:
        """Add this turn's marks to the accumulated maps."""
        patch = len(self.truth)
        self.positive = self.positive | mark_map(marks, True, patch)
        self.negative = self.negative | mark_map(marks, False, patch)


def open_targets(
    truths: Sequence[Mask], rng: np.random.Generator, habits: Habits
) -> list[Target]:
    """Targets of which nothing was said yet, some with a box."""
    targets = []
    for truth in truths:
        boxed = rng.random() < habits.boxes
        box = box_of(truth, rng, habits.box_jitter) if boxed else None
        nothing = np.zeros_like(truth)
        previous = np.zeros(truth.shape, np.float32)
        targets.append(Target(truth, box, nothing, previous, nothing, nothing))
    return targets


def take_turn(
    net: Prism,
    image: torch.Tensor,
    features: list[torch.Tensor],
    targets: Sequence[Target],
    rng: np.random.Generator,
    habits: Habits,
) -> torch.Tensor:
    """One turn of every target; its loss L_con + L_cor, and ``targets`` moved on."""
    patch = image.shape[-1]
    told = []
    for target in targets:
        marks = marks_for(target.shown, target.truth, rng, habits)
        target.hear(marks)
        previous = target.previous
        if rng.random() < FORGET:
            previous = forget(previous, rng)
        told.append(Told(marks, target.box, previous))
    points, kinds, dense = as_tensors(told, patch)
    truth = torch.from_numpy(np.stack([t.truth for t in targets])[:, None]).float()
    masks, scores = net.answer(features, points, kinds, dense)
    loss = mask_loss(masks, truth) + confidence_loss(scores, masks, truth)
    answer = select(masks.detach(), scores.detach())
    if net.corrective is not None:
        maps = (
            torch.from_numpy(np.stack([getattr(t, name) for t in targets])[:, None])
            for name in ("positive", "negative")
        )
        positive, negative = (each.float() for each in maps)
        answer = net.correct(image, answer, positive, negative)
        loss = loss + mask_loss(answer, truth)
    logits = answer.detach()[:, 0].clamp(-LOGIT_MOST, LOGIT_MOST).numpy()
    for target, found in zip(targets, logits, strict=True):
        target.previous, target.shown = found, found > 0
    return loss


def forget(
    previous: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """The same logits, unknown (0) beyond a random plane."""
    known = previous.copy()
    axis, side = int(rng.integers(3)), len(previous)
    at = int(rng.integers(side))
    beyond: list[slice] = [slice(None)] * 3
    beyond[axis] = slice(at, None) if rng.random() < 0.5 else slice(None, at)
    known[tuple(beyond)] = 0
    return known


def learn_step(
    net: Prism, scans: Sequence[Scan], phase: Phase, rng: np.random.Generator
) -> float:
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
    return total


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
    share: float = 1.0,
    seed: int = 0,
    phases: Sequence[Phase] = PHASES,
) -> Path:
    """Train to the end; returns the model's path."""
    out.mkdir(parents=True, exist_ok=True)
    phases = [replace(p, steps=max(1, round(share * p.steps))) for p in phases]
    steps = sum(phase.steps for phase in phases)
    learned, held_out = held_out_patients(root, seed)
    scans = read_scans(root, learned)
    torch.manual_seed(seed)
    net = Prism(shape).to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=1e-2)
    averaged = {name: value.clone() for name, value in net.state_dict().items()}
    done = checkpoint.resume(out / "checkpoint.safetensors", net, averaged, optimizer)
    rows: list[tuple[int, float, float]] = []
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda *_: asked.append(1))
    try:
        while done < steps and not asked:
            began = time.monotonic()
            rng = np.random.default_rng([seed, done])
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(done, steps)
            optimizer.zero_grad()
            loss = learn_step(net.train(), scans, phase_at(done, phases), rng)
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            for name, value in net.state_dict().items():
                averaged[name].lerp_(value, 1 - AVERAGING)
            rows.append((done, loss, time.monotonic() - began))
            done += 1
            if done % 20 == 0:
                mean = np.mean([row[1:] for row in rows[-20:]], axis=0)
                log.info("step %d/%d loss %.3f, %.2f s", done, steps, *mean)
            if done % 100 == 0 or done == steps or asked:
                path = out / "checkpoint.safetensors"
                checkpoint.save(path, net, averaged, optimizer, done)
    finally:
        signal.signal(signal.SIGINT, before)
    if rows:
        draw_losses(rows, out / "losses.png")
    net.load_state_dict(averaged)
    patients = {
        "train": [*learned, *sorted({s.patient for s in scans} - set(learned))],
        "held_out": held_out,
    }
    facts = _facts(patients, phases, done, seed, net)
    path = out / "model.safetensors"
    save_prism(path, net, facts)
    return path


def _facts(
    patients: dict[str, list[str]],
    phases: Sequence[Phase],
    done: int,
    seed: int,
    net: Prism,
) -> dict[str, Any]:
    return {
        "training": {
            "script": "inference_worker.training.prism",
            "patients": patients,
            "licences": LICENCES,
            "phases": [vars(phase) for phase in phases],
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
    parser.add_argument("--share", type=float, default=1.0, help="of the steps")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    shape = replace(
        SMALL,
        encoder=given.encoder,
        masks=given.masks,
        corrective=0 if given.no_corrective else SMALL.corrective,
    )
    train(given.data_root, given.out, shape, share=given.share, seed=given.seed)


if __name__ == "__main__":
    main()
