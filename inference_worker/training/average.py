"""Moving average of a network's weights, which is what a training leaves behind."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def follow(averaged: dict[str, torch.Tensor], net: nn.Module, decay: float) -> None:
    """Move ``averaged`` ``1 - decay`` of the way to the weights of ``net``, in place.

    Counters, which have no mean, are copied.
    """
    for name, value in net.state_dict().items():
        if value.is_floating_point():
            averaged[name].lerp_(value, 1 - decay)
        else:
            averaged[name].copy_(value)


def early(decay: float, step: int) -> float:
    """``decay``, but less in the first steps, whose weights are soon forgotten."""
    return min(decay, (step + 1) / (step + 10))
