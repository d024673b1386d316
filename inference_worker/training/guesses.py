"""A first model's guesses as labels for the classes that a set does not label.

Self-training as in Lee, "Pseudo-label", ICML workshop 2013, with one piece of anatomy:
a class is one connected region, and of an upright slice we know which half it is in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.nets.base_model import BaseModel
from inference_worker.training.examples import Example
from inference_worker.training.losses import IGNORED

LEFT_OF_PICTURE = frozenset({"liver"})
"""Classes whose region lies mostly in the left half of an upright axial slice."""

PIXELS_MIN = 150
UNSURE = (0.25, 0.75)


def guess_labels(example: Example, names: Sequence[str], model: BaseModel) -> Example:
    """The example with ``names`` labelled as ``model`` guesses them.

    The largest region is taken for the class, its unsure border is ignored, other
    regions are background; without such a region the class stays unknown. Labels the
    example has are kept.
    """
    plane = torch.from_numpy(example.image.astype(np.float32) / 255)[None, None]
    with torch.inference_mode():
        image = model.preprocessing.intensity.standardise(plane)
        share = model.module(image).softmax(dim=1)[0].numpy()
    target, labelled = example.target.copy(), example.labelled.copy()
    for name in names:
        channel = model.classes.index(name)
        region = _largest_region(share[channel] > 0.5, example.inside, name)
        if region.sum() < PIXELS_MIN:
            continue
        labelled[channel] = True
        near = cv2.dilate(region.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        between = (share[channel] > UNSURE[0]) & (share[channel] < UNSURE[1])
        unsure = near & (between | (share[channel] > 0.5)) & ~region
        unsure |= region & between
        free = example.target == 0
        target[free & region] = channel
        target[free & unsure] = IGNORED
    return replace(example, target=target, labelled=labelled)


def _largest_region(
    mask: NDArray[np.bool_], inside: NDArray[np.bool_], name: str
) -> NDArray[np.bool_]:
    """The largest region of ``mask`` in its half, thin bridges to others cut."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    opened = cv2.morphologyEx((mask & inside).astype(np.uint8), cv2.MORPH_OPEN, disc)
    count, parts, facts, centres = cv2.connectedComponentsWithStats(opened)
    columns = np.flatnonzero(inside.any(axis=0))
    # Muscle beside the spine, the usual mistake, lies closer to the middle than this.
    side = columns.min() + 0.37 * np.ptp(columns) if len(columns) else 0.0
    best, best_area = 0, 0
    for part in range(1, count):
        if name in LEFT_OF_PICTURE and centres[part][0] > side:
            continue
        if facts[part, cv2.CC_STAT_AREA] > best_area:
            best, best_area = part, int(facts[part, cv2.CC_STAT_AREA])
    if not best:
        return np.zeros(mask.shape, dtype=bool)
    return np.asarray(parts == best)


def check_unseen(start: Path, held_out: Sequence[str]) -> None:
    """A patient held out now may not have taught the model that is started from."""
    training = json.loads(start.with_suffix(".json").read_text())["training"]
    both = sorted(set(training["patients"]["train"]) & set(held_out))
    if both:
        raise ValueError(
            f"{start.name} was trained on {both[:3]} and {len(both)} patients in all "
            "that are held out now; train both rounds with the same seed"
        )
