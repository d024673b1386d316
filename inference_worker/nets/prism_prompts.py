"""Marks as PRISM takes them: tokens for the prompt encoder, maps for the rest.

Everything is in voxels of one crop ("patch"), (z, y, x), voxel centres at integers.
Training and engine feed the network through this one module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

POINT_NEGATIVE, POINT_POSITIVE, STROKE_NEGATIVE, STROKE_POSITIVE = 1, 2, 3, 4
BOX_LOW, BOX_HIGH = 5, 6
"""Kinds of tokens; 0 fills up rows that have fewer."""

TOKENS_MOST = 64
STROKE_TOKENS = 8
LOGIT_MOST = 8.0
"""Logits are kept and fed back within this of zero."""

_LOGIT_SCALE = 0.25

Map = NDArray[np.bool_]


@dataclass(frozen=True)
class Mark:
    """One click or stroke.

    Attributes
    ----------
    voxels: float (n, 3) in the patch; those outside it are left out of the maps.
    positive: it lies on the target. stroke: it is drawn, not clicked.
    """

    voxels: NDArray[np.float64]
    positive: bool
    stroke: bool


@dataclass(frozen=True)
class PatchBox:
    """A half-open box around the target, edges in voxels of the patch."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


@dataclass(frozen=True)
class Told:
    """What one target is told in one turn.

    Attributes
    ----------
    previous: float32 (p, p, p), logits of the last answer; 0 where there is none.
    """

    marks: Sequence[Mark]
    box: PatchBox | None
    previous: NDArray[np.float32]


def mark_map(marks: Sequence[Mark], positive: bool, patch: int) -> Map:
    """Voxels of the marks of one sign and their face neighbours: bool (p, p, p)."""
    found = np.zeros((patch, patch, patch), dtype=bool)
    for mark in marks:
        if mark.positive is positive:
            at = np.floor(mark.voxels + 0.5).astype(int)
            at = at[((at >= 0) & (at < patch)).all(axis=1)]
            found[at[:, 0], at[:, 1], at[:, 2]] = True
    if not found.any():
        return found
    return np.asarray(ndimage.binary_dilation(found))


def box_map(box: PatchBox | None, patch: int) -> Map:
    """Voxels inside the box: bool (p, p, p); none without a box."""
    inside = np.zeros((patch, patch, patch), dtype=bool)
    if box is not None:
        sides = zip(box.low, box.high, strict=True)
        z, y, x = (
            slice(max(round(a), 0), max(min(round(b), patch), 0)) for a, b in sides
        )
        inside[z, y, x] = True
    return inside


def tokens_of(told: Told, patch: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Places (n, 3) as shares of the patch, and kinds (n,); n ≥ 1."""
    places: list[NDArray[np.float64]] = []
    kinds: list[int] = []
    if told.box is not None:
        places += [np.array([told.box.low]), np.array([told.box.high])]
        kinds += [BOX_LOW, BOX_HIGH]
    for mark in told.marks:
        voxels = mark.voxels
        if len(voxels) > STROKE_TOKENS:
            chosen = np.linspace(0, len(voxels) - 1, STROKE_TOKENS).round().astype(int)
            voxels = voxels[chosen]
        places.append(voxels + 0.5)
        first = STROKE_NEGATIVE if mark.stroke else POINT_NEGATIVE
        kinds += [first + int(mark.positive)] * len(voxels)
    if not places:
        return np.zeros((1, 3), np.float32), np.zeros(1, np.int64)
    joined = np.clip(np.concatenate(places) / patch, 0.0, 1.0).astype(np.float32)
    return joined[:TOKENS_MOST], np.array(kinds[:TOKENS_MOST], np.int64)


def as_tensors(
    told: Sequence[Told], patch: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """``points``, ``kinds`` and ``dense`` of ``Prism.answer`` for b targets."""
    rows = [tokens_of(each, patch) for each in told]
    longest = max(len(kinds) for _, kinds in rows)
    points = np.zeros((len(rows), longest, 3), np.float32)
    kinds = np.zeros((len(rows), longest), np.int64)
    for row, (places, found) in enumerate(rows):
        points[row, : len(found)], kinds[row, : len(found)] = places, found
    dense = np.stack(
        [
            np.stack(
                [
                    each.previous * _LOGIT_SCALE,
                    mark_map(each.marks, True, patch),
                    mark_map(each.marks, False, patch),
                    box_map(each.box, patch),
                ]
            ).astype(np.float32)
            for each in told
        ]
    )
    return torch.from_numpy(points), torch.from_numpy(kinds), torch.from_numpy(dense)


def standardise(patch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Clip to the 0.5–99.5 percentiles and z-score; a flat crop becomes zeros."""
    low, high = np.percentile(patch, (0.5, 99.5))
    clipped = np.clip(patch, low, high)
    spread = float(clipped.std())
    return np.asarray((clipped - clipped.mean()) / max(spread, 1e-4), dtype=np.float32)
