"""Turns on a few crops at once: prompt, answer, correct, and what that costs.

Li et al., "PRISM", MICCAI 2024, section 2, "Iterative learning": prompts come from the
errors of the last answer and are not kept; their maps for the corrective network are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.nets.prism import Prism, select
from inference_worker.nets.prism_prompts import (
    LOGIT_MOST,
    Mark,
    PatchBox,
    Told,
    as_tensors,
    mark_map,
)
from inference_worker.training.prism_annotator import Habits, box_of, marks_for
from inference_worker.training.prism_loss import confidence_loss, mask_loss

FORGET = 0.2
"""Share of turns whose previous logits are unknown in a part of the crop, as they are
to an engine whose crop has moved."""

Mask = NDArray[np.bool_]


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
