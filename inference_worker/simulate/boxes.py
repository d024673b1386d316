"""Boxes and extreme points around what a reader wants, set with an unsteady hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import Box, ExtremePoints


def box_around(
    mask: NDArray[np.bool_],
    label: int,
    slice_index: int,
    rng: np.random.Generator,
    *,
    jitter: float = 0.0,
) -> Box:
    """A box around ``mask`` (bool (y, x), not empty) on one slice.

    Parameters
    ----------
    jitter: standard deviation of every side as a share of the box's own size; at
        least one voxel is always enclosed.
    """
    rows, columns = np.nonzero(mask)
    low = np.array([rows.min(), columns.min()], dtype=float)
    high = np.array([rows.max() + 1, columns.max() + 1], dtype=float)
    size = high - low
    if jitter:
        low += rng.normal(0.0, jitter, 2) * size
        high += rng.normal(0.0, jitter, 2) * size
    shape = np.array(mask.shape)
    start = np.clip(np.rint(low), 0, shape - 1).astype(int)
    stop = np.clip(np.rint(high), start + 1, shape).astype(int)
    return Box(
        label,
        Region(
            (slice_index, int(start[0]), int(start[1])),
            (slice_index + 1, int(stop[0]), int(stop[1])),
        ),
    )


def extreme_points_of(
    mask: NDArray[np.bool_],
    label: int,
    slice_index: int,
    rng: np.random.Generator,
    *,
    jitter: float = 0.0,
) -> ExtremePoints:
    """Top, bottom, left and right of ``mask`` (bool (y, x), not empty).

    Where several voxels are outermost, one of them is drawn. ``jitter`` is the
    standard deviation in voxels; points stay inside the slice.
    """
    rows, columns = np.nonzero(mask)
    voxels = []
    for axis, outermost in (
        (rows, np.min),
        (rows, np.max),
        (columns, np.min),
        (columns, np.max),
    ):
        tied = np.flatnonzero(axis == outermost(axis))
        chosen = int(rng.choice(tied))
        point = np.array([rows[chosen], columns[chosen]], dtype=float)
        if jitter:
            point += rng.normal(0.0, jitter, 2)
        y, x = np.clip(np.rint(point), 0, np.array(mask.shape) - 1).astype(int)
        voxels.append((slice_index, int(y), int(x)))
    return ExtremePoints(label, tuple(voxels))
