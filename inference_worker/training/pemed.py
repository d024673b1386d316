"""Train PE-MED by iterative marks on targets of every kind.

::

    python -m inference_worker.training.pemed --data-root DIR --out var/pemed

In every step each view's target is marked, and the network answers up to five marks,
each set by the simulated reader in the largest error so far: a click in its middle, as
a rule, or a stroke. The first and the last answer are learnt from with the normalised
focal loss. Views are drawn to hold a whole slice at the size that the engine works in,
at last also in pixels: of a network that had seen crops alone, answers to a first click
were as small as the crops. ``--without palm_i`` (or ``palm_o``, ``self_loop``,
``tsip``; may be repeated) trains a network that lacks the idea. Seeded; the same
command continues a run that was cut; Ctrl-C finishes the step, saves and stops.

Departs from the paper, which trains 100 epochs on one set with Adam at 5e-3: a short
run over several sets, AdamW, warmed up and annealed by a cosine.
"""

from __future__ import annotations

import argparse
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from inference_worker.evaluation.provenance import commit
from inference_worker.nets.pemed import IDEAS, SMALL, PEMed, PEMedShape
from inference_worker.nets.prompted import save_prompted
from inference_worker.training.checkpoint import note_run
from inference_worker.training.course import Course
from inference_worker.training.focal import normalised_focal_loss
from inference_worker.training.ritm import DISC, next_click
from inference_worker.training.strokes import stroke_in
from inference_worker.training.targets import (
    PREPROCESSING,
    REFERENCE,
    SOURCES,
    Pools,
    draw_targets,
    read_pools,
)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Phase:
    """Until this share of the steps, ``batch`` views of ``side`` pixels."""

    until: float
    side: int
    batch: int


STEPS = 560
PHASES = (Phase(0.4, 128, 8), Phase(0.7, 192, 6), Phase(1.0, 256, 4))
CLICKS = (0.3, 0.2, 0.2, 0.15, 0.15)
"""Odds that so many marks are made; the first says most about what is learnt."""
STROKE_SHARE = 0.2
"""Of marks, which the engine takes as well."""
LEARNING_RATE = 1.5e-3
WARM_UP = 50
DROPPED_SHARE = 0.05
PLAIN_SHARE = 0.05
"""Steps in which an idea is left out, and all are: so that one network answers for all
ablations, each of which it was trained for."""
DECAY = 0.995
"""Of the averaged weights, which are the ones kept."""

PREPARED = replace(
    PREPROCESSING, intensity=replace(PREPROCESSING.intensity, stretch=True)
)
"""Half of the micrographs use less than a third of their 8 bits."""


def next_mark(
    shown: Mask, truth: Mask, rng: np.random.Generator
) -> tuple[Mask, bool] | None:
    """A disc or stroke in the largest error, and whether it adds; None without one."""
    if rng.random() >= STROKE_SHARE:
        return next_click(shown, truth)
    drawn = stroke_in(shown, truth, rng, clicks=0.0)
    if drawn is None:
        return None
    near = ndimage.distance_transform_edt(~drawn[0]) <= DISC
    return np.asarray(near), drawn[1]


def answer_marks(
    net: PEMed, image: Tensor, truth: Mask, marks: int, rng: np.random.Generator
) -> list[Tensor]:
    """Logits (b, s, s) after the first and after the last of ``marks``, which learn.

    Parameters
    ----------
    image: (b, 1, s, s), standardised. truth: (b, s, s).
    """
    positive = torch.zeros(len(truth), 1, *truth.shape[1:])
    negative = torch.zeros_like(positive)
    f_i = net.encode(image)
    logits = torch.full_like(positive, -1.0)
    learnt = []
    for number in range(marks):
        shown = (logits.detach()[:, 0] > 0).numpy()
        positive, negative = positive.clone(), negative.clone()
        for index, target in enumerate(truth):
            mark = next_mark(shown[index], target, rng)
            if mark is not None:
                disc, adds = mark
                (positive if adds else negative)[index, 0][torch.from_numpy(disc)] = 1
        learns = number in (0, marks - 1)
        with torch.set_grad_enabled(learns):
            if not number:
                logits = net.first_passes(f_i, positive, negative)
            else:
                before = logits.detach()
                logits = net(f_i, positive, negative, before.sigmoid(), before)
        if learns:
            learnt.append(logits[:, 0])
    return learnt


def learning_rate(step: int, steps: int) -> float:
    """Linear warm-up, then half a cosine."""
    warm = min(1.0, (step + 1) / WARM_UP)
    return LEARNING_RATE * warm * 0.5 * (1 + math.cos(math.pi * step / steps))


def train(
    pools: Pools,
    out: Path,
    *,
    without: Sequence[str] = (),
    steps: int = STEPS,
    stop_after: int | None = None,
    seed: int = 0,
    phases: Sequence[Phase] = PHASES,
) -> Path:
    """Train to ``steps`` (or leave at ``stop_after``); returns the model's path."""
    sources = commit()
    torch.manual_seed(seed)
    shape = PEMedShape(**{**asdict(SMALL), **dict.fromkeys(without, False)})
    net = PEMed(shape).train()
    optimizer = torch.optim.AdamW(net.parameters())
    course = Course(net, optimizer, out, seed)

    def lesson(step: int, rng: np.random.Generator) -> dict[str, float]:
        phase = next(each for each in phases if step < each.until * steps)
        views, truth = draw_targets(pools, phase.side, phase.batch, rng, fitted=True)
        image = PREPARED.intensity.standardise(torch.from_numpy(views))
        plain = rng.random() < PLAIN_SHARE
        dropped = plain | (rng.random(len(IDEAS)) < DROPPED_SHARE)
        net.use(**{i: not out for i, out in zip(IDEAS, dropped, strict=True)})
        marks = 1 + int(rng.choice(len(CLICKS), p=CLICKS))
        wanted = torch.from_numpy(truth)
        losses = [
            normalised_focal_loss(logits, wanted)
            for logits in answer_marks(net, image, truth, marks, rng)
        ]
        loss = torch.stack(losses).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        return {
            "loss": float(loss.detach()),
            "first": float(losses[0].detach()),
            "last": float(losses[-1].detach()),
        }

    course.run(
        lesson,
        until=min(steps, stop_after or steps),
        rate=lambda step: learning_rate(step, steps),
        decay=DECAY,
    )
    net.load_state_dict(course.averaged)
    net.use()
    facts = {
        "training": {
            "script": "inference_worker.training.pemed",
            "sources": [
                {"folder": s.folder, "labels": len(s.labels), "licence": s.licence}
                for s in (*SOURCES, REFERENCE)
            ],
            "patients": pools.patients,
            "without": list(without),
            "seed": seed,
            "steps": course.done,
            "runs": note_run(out, course.begun, course.done, steps=steps),
            "batch": [phase.batch for phase in phases],
            "commit": sources,
            "parameters": sum(p.numel() for p in net.parameters()),
        }
    }
    path = out / "model.safetensors"
    save_prompted(path, "pemed", net.eval(), shape, PREPARED, facts=facts)
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--without", choices=IDEAS, action="append", default=[])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(given.threads)
    train(
        read_pools(given.data_root, prepared=PREPARED),
        given.out,
        without=given.without,
        steps=given.steps,
        seed=given.seed,
    )


if __name__ == "__main__":
    main()
