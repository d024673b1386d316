"""What the machine can do at best: one forward pass, one step, of the same network."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

import torch

from inference_worker.nets import load_model
from inference_worker.nets.precision import fast_autocast


def median_s(act: Callable[[], object], *, times: int = 10) -> float:
    """Median seconds of ``act`` after one warm-up."""
    act()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def main(name: str) -> None:
    """Write the baselines as JSON."""
    model = load_model(name, device="cpu")
    side = 512
    weights = list(model.module.parameters())
    image = torch.rand(1, model.channels, side, side)
    image = image.to(memory_format=torch.channels_last)

    def forward() -> None:
        with torch.no_grad(), fast_autocast("cpu"):
            model.module(image)

    def step() -> None:
        for weight in weights:
            weight.requires_grad_(True)
        with fast_autocast("cpu"):
            loss = model.module(image).float().mean()
        loss.backward()

    figures = {"forward_s": median_s(forward), "step_s": median_s(step, times=5)}
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1])
