"""Colour models of label and background, cut apart where the image changes.

Rother, Kolmogorov, Blake, "GrabCut", SIGGRAPH 2004, as OpenCV computes it. It knows
two classes, so each label is cut against all others; a voxel that several labels claim
goes to the one whose mark is nearest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.contract.marks import UNMARKED
from inference_worker.planar.engine import Look, PlanarEngine, Slice, at_once
from inference_worker.planar.seeds import Seeds, paste, seeds_of

ITERATIONS = 5


def cut(look: Look) -> Slice:
    """GrabCut labels of the slice."""
    seeds = seeds_of(look)
    if seeds is None:
        return np.zeros_like(look.said)
    image = np.ascontiguousarray(look.rgb[seeds.area])
    nearest = np.full(seeds.labels.shape, np.inf)
    labels = np.zeros_like(seeds.labels)
    for value in seeds.values:
        claimed = _cut_out(image, seeds, value)
        distance = ndimage.distance_transform_edt(seeds.labels != value)
        wins = claimed & (distance < nearest)
        labels[wins] = value
        nearest[wins] = distance[wins]
    return paste(seeds, labels, look.said.shape)


def _cut_out(image: NDArray[np.uint8], seeds: Seeds, value: int) -> NDArray[np.bool_]:
    """What belongs to ``value`` rather than to everything else: bool (y, x)."""
    own = seeds.labels == value
    if not own.any():
        return own
    mask = np.full(own.shape, cv2.GC_PR_BGD, dtype=np.uint8)
    # Close to a mark a voxel is rather the label's: the colour models start from it.
    reach = ndimage.distance_transform_edt(~own) <= max(3, 0.1 * min(own.shape))
    mask[reach] = cv2.GC_PR_FGD
    mask[seeds.labels != UNMARKED] = cv2.GC_BGD
    mask[own] = cv2.GC_FGD
    cv2.setRNGSeed(0)  # its colour models begin with k-means
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    unused = (0, 0, 1, 1)
    cv2.grabCut(
        image, mask, unused, background, foreground, ITERATIONS, cv2.GC_INIT_WITH_MASK
    )
    return np.asarray((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD))


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> PlanarEngine:
    """The door that ``engines.build`` knocks at."""
    return PlanarEngine(name, at_once(cut))
