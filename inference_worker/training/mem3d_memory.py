"""Train Mem3D further, with its memory and without: two networks of the same size.

::

    python -m inference_worker.training.mem3d_memory --data-root DIR \\
        --out var/mem3d-memory --steps 400

Both begin from the committed weights and are taught the same walks over five slices in
the same order. The one reads its memory; to the other the mask of the slice before is
carried over as it lies (``Mem3DShape.matched``). The interaction network is common to
both and stays as it is, so what a reader's mark gives on its own slice is the same.
For ``inference_worker.evaluation.mem3d_memory``; not for the product.
"""

from __future__ import annotations

import argparse
import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from inference_worker.evaluation.provenance import commit
from inference_worker.evaluation.splits import check_split
from inference_worker.nets.mem3d import Mem3D, Mem3DShape
from inference_worker.nets.prompted import PromptedModel, load_prompted
from inference_worker.nets.resnet import ResNetEncoder
from inference_worker.training.course import Course
from inference_worker.training.mem3d import save_taught
from inference_worker.training.mem3d_lessons import SEQUENCES, memory_loss
from inference_worker.training.sequences import Stacks, read_stacks
from inference_worker.training.targets import Pools, read_pools

ARMS = {"with": True, "without": False}
"""Whether the memory is read, by the folder of the network under ``--out``."""

STEPS = 400
LEARNING_RATE = 5e-4
WARM_UP = 20
DECAY = 0.98


def learning_rate(step: int, steps: int) -> float:
    """Linear warm-up, then half a cosine."""
    warm = min(1.0, (step + 1) / WARM_UP)
    return LEARNING_RATE * warm * 0.5 * (1 + math.cos(math.pi * step / steps))


def train(
    pools: Pools,
    stacks: Stacks,
    start: PromptedModel,
    out: Path,
    *,
    matched: bool,
    steps: int = STEPS,
    seed: int = 0,
) -> Path:
    """Teach one arm ``steps`` walks; returns the model's path."""
    sources = commit()
    shape = replace(start.shape, matched=matched)
    net = Mem3D(shape)
    net.load_state_dict(start.module.state_dict())
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    net.train().interactions.requires_grad_(False)
    for module in net.modules():
        if isinstance(module, ResNetEncoder):
            module.eval()  # a few views are too few for statistics
    learning = [p for p in net.parameters() if p.requires_grad]
    course = Course(net, torch.optim.AdamW(learning), out, seed)

    def lesson(_: int, rng: np.random.Generator) -> dict[str, float]:
        loss, dice = memory_loss(net, stacks, pools, rng)
        loss.backward()  # type: ignore[no-untyped-call]
        return {"loss": float(loss.detach()), "Dice propagated": dice}

    course.run(
        lesson,
        until=steps,
        rate=lambda step: learning_rate(step, steps),
        decay=DECAY,
    )
    return save_taught(
        course,
        net,
        pools,
        {
            "script": "inference_worker.training.mem3d_memory",
            "start": start.digest,
            "sequences": SEQUENCES,
            "commit": sources,
        },
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", default="mem3d")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    pools, stacks = read_pools(given.data_root), read_stacks(given.data_root)
    check_split(pools.patients["held_out"], given.start, allow_seen=False)
    start = load_prompted(given.start, "mem3d", Mem3DShape, Mem3D)
    for name, matched in ARMS.items():
        train(
            pools,
            stacks,
            start,
            given.out / name,
            matched=matched,
            steps=given.steps,
            seed=given.seed,
        )


if __name__ == "__main__":
    main()
