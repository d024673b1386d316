"""The equations of method 1: uncertainty, the two losses, the moving average."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

import torch
import torch.nn.functional as F


def uncertain_ratio(
    probability: torch.Tensor, low: float = 0.4, high: float = 0.6
) -> float:
    """Share of uncertain pixels among those that matter (3.1, as decided).

    ``|U| / |U ∪ F|``: ``U`` are the pixels whose top probability lies in
    ``[low, high]``, ``F`` those given to a class other than background with more than
    ``high``; 0 where both are empty.

    Parameters
    ----------
    probability: (1, c, y, x), channel 0 background, summing to 1 over ``c``.
    """
    top, winner = probability.max(dim=1)
    uncertain = (top >= low) & (top <= high)
    sure = (winner > 0) & (top > high)
    either = int((uncertain | sure).sum())
    return int(uncertain.sum()) / either if either else 0.0


def number_of_augmentations(ratio: float, cap: int = 16) -> int:
    """4, 16 or 32 augmentations by the uncertain ratio (3.2), at most ``cap``."""
    number = 4 if ratio <= 0.3 else 16 if ratio <= 0.7 else 32
    return min(number, cap)


def consistency_loss(
    logits: torch.Tensor,
    pseudo: torch.Tensor,
    kept: torch.Tensor,
    reduction: str = "mean",
) -> torch.Tensor:
    """Cross-entropy with the teacher's pseudo-label where its variance is low (3.3).

    Parameters
    ----------
    logits: the student's, (1, c, y, x). pseudo: ``ȳ_T``, (1, c, y, x).
    kept: ``v``, bool (y, x). reduction: ``mean`` as decided, ``sum`` as printed.
    """
    entropy = -(pseudo * logits.log_softmax(dim=1)).sum(dim=1)[0]
    return _reduce(entropy, kept, reduction)


def interactive_loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    marked: torch.Tensor,
    reduction: str = "mean",
) -> torch.Tensor:
    """Cross-entropy with the reader's labels where there are strokes (3.4).

    Parameters
    ----------
    logits: the student's, (1, c, y, x). labels: int64 (y, x), output channels.
    marked: ``m``, bool (y, x).
    """
    entropy = F.cross_entropy(logits, labels[None], reduction="none")[0]
    return _reduce(entropy, marked, reduction)


def _reduce(values: torch.Tensor, where: torch.Tensor, reduction: str) -> torch.Tensor:
    total = (values * where).sum()
    return total if reduction == "sum" else total / where.sum().clamp(min=1)


def replay_loss(
    logits: torch.Tensor, labels: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy plus soft Dice over the classes present, for whole slices.

    Parameters
    ----------
    logits: (b, c, y, x). labels: int64 (b, y, x), output channels.
    weight: (b, y, x), 0 where a pixel says nothing.
    """
    entropy = F.cross_entropy(logits, labels, reduction="none")
    entropy = (entropy * weight).sum() / weight.sum().clamp(min=1)
    probability = logits.softmax(dim=1) * weight[:, None]
    truth = F.one_hot(labels, logits.shape[1]).movedim(-1, 1) * weight[:, None]
    overlap = (probability * truth).sum(dim=(0, 2, 3))[1:]
    size = (probability + truth).sum(dim=(0, 2, 3))[1:]
    dice = (2 * overlap + 1) / (size + 1)
    return entropy + 1 - dice.mean() if len(dice) else entropy


def follow(
    teacher: MutableMapping[str, torch.Tensor],
    student: Mapping[str, torch.Tensor],
    alpha: float,
) -> None:
    """``θ_T ← α θ_T + (1 − α) θ_S`` (3.5), in place, for what the student holds."""
    with torch.no_grad():
        for name, value in student.items():
            teacher[name].mul_(alpha).add_(value.detach(), alpha=1 - alpha)
