"""Keeps an update from harming: accepted slices are a free validation set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from inference_worker.nets.labelled import Network, Weights

_SMALLEST = 16
"""Pixels: a class that the frozen model shows on fewer may well vanish."""


@dataclass(frozen=True)
class Check:
    """A slice whose mask is known: image (1, c, h, w), labels int64 (1, h, w)."""

    image: torch.Tensor
    labels: torch.Tensor


def network_dice(network: Network, weights: Weights, checks: Sequence[Check]) -> float:
    """Mean soft Dice of the network alone over slices and classes present."""
    scores = []
    for check in checks:
        with torch.no_grad():
            probability = network.logits(weights, check.image).softmax(dim=1)
        for channel in torch.unique(check.labels).tolist():
            if channel:
                truth = (check.labels == channel).float()
                part = probability[:, channel]
                scores.append(
                    float(2 * (part * truth).sum() / (part.sum() + truth.sum()))
                )
    return sum(scores) / len(scores) if scores else 1.0


def vanished(
    network: Network, weights: Weights, start: Weights, image: torch.Tensor
) -> bool:
    """Whether nothing is seen on ``image`` where the frozen model sees something."""
    with torch.no_grad():
        before = network.logits(start, image).argmax(dim=1)
        after = network.logits(weights, image).argmax(dim=1)
    return bool((before > 0).sum() >= _SMALLEST and not (after > 0).any())


def finite(weights: Weights) -> bool:
    """Whether every weight is a number."""
    return all(bool(torch.isfinite(w).all()) for w in weights.values())


def between(old: Weights, new: Weights, share: float) -> Weights:
    """``old`` moved by ``share`` of the way to ``new``."""
    return {n: w if w is old[n] else old[n].lerp(w, share) for n, w in new.items()}


def guarded(
    old: Weights, new: Weights, harmless: Callable[[Weights], bool], tries: int = 2
) -> tuple[Weights, float]:
    """``new``, or half of the way there, or a quarter, or ``old``.

    Returns
    -------
    The weights to keep, and the share of the update that they hold.
    """
    share = 1.0
    for _ in range(tries + 1):
        weights = new if share == 1.0 else between(old, new, share)
        if finite(weights) and harmless(weights):
            return weights, share
        share /= 2
    return old, 0.0
