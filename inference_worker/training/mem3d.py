"""Train Mem3D: its interaction networks on targets, its memory on sequences.

::

    python -m inference_worker.training.mem3d --data-root DIR --out var/mem3d

Every third step teaches the interaction network: the simulated annotator scribbles
(or clicks), boxes or sets extreme points on each target, in regions that hold all of it
or a part; half of the scribbled ones are corrected once more, and some begin from a
mask that was spoilt, as propagation leaves them. The other steps teach the memory: the
first of five slices is remembered with its true mask, sometimes a spoilt one, and each
answer (sometimes the truth) joins the memory for the next; sometimes the last slice is
known too. The quality head learns the IoU that was reached and teaches nothing else;
in the last ``QUALITY_STEPS``, at a rate of its own, of the network as it is kept.
Seeded; the same command continues a run that was cut; Ctrl-C finishes the step, saves
and stops. What the log prints beside the loss is the Dice of the batch.

Departs from the paper (Adam at 1e-5, 120 epochs, ResNet-50 pre-trained on pictures):
the encoders start from a base model of ours (``--start``), trained on the patients that
are trained on here, and keep its batch statistics; a short run, warmed up and annealed
by a cosine; cross-entropy and Dice.
"""

from __future__ import annotations

import argparse
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inference_worker.evaluation.provenance import commit
from inference_worker.nets.base_model import BaseModel
from inference_worker.nets.mem3d import KINDS, SMALL, Mem3D
from inference_worker.nets.prompted import save_prompted
from inference_worker.nets.resnet import ResNetEncoder
from inference_worker.nets.weights_file import load_model
from inference_worker.training.checkpoint import note_run
from inference_worker.training.course import Course
from inference_worker.training.mem3d_lessons import (
    BATCH,
    interaction_loss,
    memory_loss,
)
from inference_worker.training.sequences import Stacks, read_stacks
from inference_worker.training.targets import (
    PREPROCESSING,
    REFERENCE,
    SOURCES,
    Pools,
    read_pools,
)

STEPS = 1900
QUALITY_STEPS = 200
INTERACTION_EVERY = 3
LEARNING_RATE = 1e-3
QUALITY_RATE = 3e-4
WARM_UP = 100
DECAY = 0.995


def start_encoders(net: Mem3D, base: BaseModel) -> None:
    """Copy the base model's encoder into every encoder of ``net``.

    A first convolution that sees more than an image takes the image's weights over and
    keeps its own for the rest. The encoders' batch statistics stay as they are.
    """
    given = {
        name.removeprefix("encoder."): value
        for name, value in base.module.state_dict().items()
        if name.startswith("encoder.")
    }
    with torch.no_grad():
        for name, value in net.state_dict().items():
            entry = name.rpartition("encoder.")[2]
            if entry == name:
                continue
            if entry == "conv1.weight":
                value[:, :1] = given[entry]
            else:
                value.copy_(given[entry])
    for module in net.modules():
        if isinstance(module, ResNetEncoder):
            module.eval()  # a few views are too few for statistics


def learning_rate(step: int, steps: int) -> float:
    """Linear warm-up, then half a cosine."""
    warm = min(1.0, (step + 1) / WARM_UP)
    return LEARNING_RATE * warm * 0.5 * (1 + math.cos(math.pi * step / steps))


def train(
    pools: Pools,
    stacks: Stacks,
    out: Path,
    *,
    steps: int = STEPS,
    stop_after: int | None = None,
    seed: int = 0,
    start: BaseModel | None = None,
) -> Path:
    """Train for ``steps`` and those of the quality head; returns the model's path.

    ``stop_after``: leave earlier, to go on later. ``start``: a base model with the
    encoders' layout; drawn at random without.
    """
    sources = commit()
    torch.manual_seed(seed)
    net = Mem3D(SMALL).train()
    # A fifth faster on a CPU.
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if start is not None:
        start_encoders(net, start)
    course = Course(net, torch.optim.AdamW(net.parameters()), out, seed)
    last = steps + QUALITY_STEPS
    last = min(last, stop_after or last)

    def lesson(step: int, rng: np.random.Generator) -> dict[str, float]:
        if step >= steps or step % INTERACTION_EVERY:
            taught = "propagated"
            loss, dice = memory_loss(net, stacks, pools, rng)
        else:
            taught = "marked"
            # Strokes come in more shapes than boxes: every other time.
            turn = step // INTERACTION_EVERY % 4
            kind = KINDS[0] if turn % 2 == 0 else KINDS[1 + turn // 2]
            loss, dice = interaction_loss(net, kind, pools, rng)
        loss.backward()  # type: ignore[no-untyped-call]
        return {"loss": float(loss.detach()), f"Dice {taught}": dice}

    trained = course.run(
        lesson,
        until=min(steps, last),
        rate=lambda step: learning_rate(step, steps),
        decay=DECAY,
    )
    if trained and course.done == steps:
        net.load_state_dict(course.averaged)
    if trained and last > steps:
        net.eval().requires_grad_(False)
        net.quality.requires_grad_(True)
        course.run(
            lesson, until=last, rate=lambda _: QUALITY_RATE, decay=DECAY, since=steps
        )
    return save_taught(
        course,
        net,
        pools,
        {
            "script": "inference_worker.training.mem3d",
            "sources": [
                {"folder": s.folder, "labels": len(s.labels), "licence": s.licence}
                for s in (*SOURCES, REFERENCE)
            ],
            "start": start and start.digest,
            "runs": note_run(out, course.begun, course.done, steps=steps),
            "batch": BATCH,
            "commit": sources,
        },
    )


def save_taught(
    course: Course, net: Mem3D, pools: Pools, facts: Mapping[str, Any]
) -> Path:
    """Write the averaged weights of ``course``, and how ``net`` came by them; the path.

    ``facts``: of the training, beside those that the course and the pools know.
    """
    net.load_state_dict(course.averaged)
    training = {
        **facts,
        "patients": pools.patients,
        "seed": course.seed,
        "steps": course.done,
        "parameters": sum(p.numel() for p in net.parameters()),
    }
    path = course.out / "model.safetensors"
    described = {"training": training}
    save_prompted(path, "mem3d", net.eval(), net.shape, PREPROCESSING, facts=described)
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", default="ct-abdomen")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(given.threads)
    train(
        read_pools(given.data_root),
        read_stacks(given.data_root),
        given.out,
        steps=given.steps,
        seed=given.seed,
        start=load_model(given.start),
    )


if __name__ == "__main__":
    main()
