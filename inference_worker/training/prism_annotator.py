"""What the simulated annotator tells PRISM of one crop, turn by turn.

Li et al., "PRISM", section 2, "Iterative learning": points from the false negatives and
false positives of the last answer, scribbles along the skeleton of an error, a box
around the target from the first turn on. Regions, clicks and scribbles are those of
``simulate``; a scribble lies on a slice across a random axis, as in a reading room's
three planes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.marks import scribble_mask
from inference_worker.nets.prism_prompts import Mark, PatchBox
from inference_worker.simulate.clicks import region_centre
from inference_worker.simulate.hand import measured_hand
from inference_worker.simulate.scribbles import scribbles_in
from inference_worker.simulate.truth import ErrorRegion, error_regions

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Habits:
    """How much is said in a turn.

    Attributes
    ----------
    points_most: points of a turn; their number is drawn from 1 on, few more often.
    scribbles, boxes: shares of turns with a stroke, and of targets with a box.
    box_jitter: standard deviation of a box's sides as a share of its size.
    """

    points_most: int = 12
    scribbles: float = 0.45
    boxes: float = 0.35
    box_jitter: float = 0.05


def box_of(
    truth: Mask, rng: np.random.Generator, jitter: float = 0.0
) -> PatchBox | None:
    """A box around the target, set with an unsteady hand."""
    inside = np.argwhere(truth)
    low, high = inside.min(axis=0).astype(float), inside.max(axis=0) + 1.0
    size = high - low
    low, high = (side + rng.normal(0, jitter, 3) * size for side in (low, high))
    high = np.maximum(high, low + 1)
    return PatchBox(tuple(low.tolist()), tuple(high.tolist()))


def marks_for(
    shown: Mask, truth: Mask, rng: np.random.Generator, habits: Habits
) -> list[Mark]:
    """Points and strokes in the errors of ``shown``; empty where it is right."""
    found = error_regions(shown.astype(np.uint8), truth.astype(np.uint8))
    if not found:
        return []
    marks: list[Mark] = []
    scribbled = rng.random() < habits.scribbles
    if scribbled:
        marks += _strokes(found[0], rng)
    few = rng.random() < 0.5
    count = 1 if few else int(rng.integers(1, habits.points_most + 1))
    if not scribbled or not few:
        marks += _points(found, count, rng)
    return marks


def _points(
    found: Sequence[ErrorRegion], count: int, rng: np.random.Generator
) -> list[Mark]:
    """The centre of the largest error or a voxel of any, each as often."""
    marks = []
    if rng.random() < 0.5:
        centre = np.array([region_centre(found[0].mask)], dtype=float)
        marks.append(Mark(centre, bool(found[0].label), stroke=False))
    sizes = np.array([region.size for region in found], dtype=float)
    while len(marks) < count:
        region = found[int(rng.choice(len(found), p=sizes / sizes.sum()))]
        voxels = np.argwhere(region.mask)
        voxel = voxels[int(rng.integers(len(voxels)))]
        marks.append(Mark(voxel[None].astype(float), bool(region.label), stroke=False))
    return marks


def _strokes(region: ErrorRegion, rng: np.random.Generator) -> list[Mark]:
    """One or two strokes on the slice through the middle of an error."""
    axis = int(rng.integers(3))
    at = region_centre(region.mask)[axis]
    plane = np.moveaxis(region.mask, axis, 0)[at]
    allowed = np.moveaxis(region.allowed, axis, 0)[at]
    cut = ErrorRegion(region.label, plane, allowed, int(plane.sum()))
    marks = []
    for stroke in scribbles_in(cut, 0, int(rng.integers(1, 3)), rng, measured_hand()):
        covered = np.argwhere(scribble_mask(stroke, (plane.shape[0], plane.shape[1])))
        voxels = np.insert(covered.astype(float), axis, at, axis=1)
        marks.append(Mark(voxels, bool(region.label), stroke=True))
    return marks
