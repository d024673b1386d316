"""Every voxel takes the label whose mark a random walker reaches first.

Grady, "Random walks for image segmentation", TPAMI 28(11), 2006, as scikit-image
solves it: several labels at once, edges weighted by exp(−β·difference²).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from skimage.segmentation import random_walker

from inference_worker.contract.marks import UNMARKED
from inference_worker.planar.engine import Look, PlanarEngine, Slice, at_once
from inference_worker.planar.seeds import paste, seeds_of

BETA = 130.0
"""Scikit-image's β, for intensities in [0, 1]."""

UNDECIDED = 0
"""The value that scikit-image decides; the labels marked are numbered from 1."""


def first_reached(look: Look) -> Slice:
    """Random-walker labels of the slice."""
    seeds = seeds_of(look)
    if seeds is None:
        return np.zeros_like(look.said)
    marked = seeds.labels != UNMARKED
    if marked.all():
        return paste(seeds, seeds.labels, look.said.shape)
    # Numbered without gaps: scikit-image renumbers labels that have some.
    values = np.unique(seeds.labels[marked])
    marks = np.full(seeds.labels.shape, UNDECIDED, dtype=np.int32)
    marks[marked] = np.searchsorted(values, seeds.labels[marked]) + 1
    walked = random_walker(
        look.grey[seeds.area].astype(np.float64),
        marks,
        beta=BETA,
        mode="cg_j",
        tol=1e-5,
    )
    # A voxel shut in by marks of none is told apart by −1: it is background.
    labels = np.where(walked > 0, values[np.maximum(walked, 1) - 1], 0).astype(np.uint8)
    return paste(seeds, labels, look.said.shape)


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> PlanarEngine:
    """The door that ``engines.build`` knocks at."""
    return PlanarEngine(name, at_once(first_reached))
