"""From prompts to voxels: the one rule for which voxels a stroke covers.

A voxel belongs to a scribble when its centre lies within ``width / 2`` of the
polyline (Euclidean, in in-plane voxels), or when the polyline passes through it.
The browser draws by the same rule (``frontend/src/geometry``).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.prompts import (
    Click,
    ExtremePoints,
    Lasso,
    Prompt,
    Scribble,
)

UNMARKED = 255
"""Value of a voxel that no prompt covers in an array of marks."""


def scribble_mask(scribble: Scribble, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Voxels of a scribble on its slice: bool (y, x)."""
    mask = np.zeros(shape, dtype=bool)
    points = np.asarray([v[1:] for v in scribble.voxels], dtype=np.float64)
    radius = max(scribble.width / 2, 0.0)
    starts, ends = (
        (points[:1], points[:1])
        if len(points) == 1
        else (
            points[:-1],
            points[1:],
        )
    )
    for start, end in zip(starts, ends, strict=True):
        _cover_segment(mask, start, end, radius)
    return mask


def _cover_segment(
    mask: NDArray[np.bool_],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    radius: float,
) -> None:
    reach = int(np.ceil(radius))
    low = np.maximum(np.minimum(start, end).astype(int) - reach, 0)
    high = np.minimum(np.maximum(start, end).astype(int) + reach + 1, mask.shape)
    if (low >= high).any():
        return
    y, x = np.mgrid[low[0] : high[0], low[1] : high[1]]
    along = end - start
    length2 = float(along @ along)
    t = (
        np.clip(((y - start[0]) * along[0] + (x - start[1]) * along[1]) / length2, 0, 1)
        if length2
        else np.zeros(y.shape)
    )
    distance2 = (y - start[0] - t * along[0]) ** 2 + (x - start[1] - t * along[1]) ** 2
    mask[low[0] : high[0], low[1] : high[1]] |= distance2 <= radius**2
    steps = int(np.abs(along).max())
    for step in range(steps + 1):
        # floor(v + 0.5): rounding halves up, as JavaScript's Math.round does
        point = np.floor(start + along * (step / steps if steps else 0) + 0.5)
        row, column = point.astype(int)
        if 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]:
            mask[row, column] = True


def lasso_mask(lasso: Lasso, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Voxels whose centre lies inside a closed polygon (even-odd), border included."""
    polygon = np.asarray([v[1:] for v in lasso.voxels], dtype=np.float64)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    inside = np.zeros(shape, dtype=bool)
    for (y0, x0), (y1, x1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)
        inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    closed = (*lasso.voxels, lasso.voxels[0])
    return inside | scribble_mask(Scribble(lasso.label, closed, width=0), shape)


def marks_on_slice(
    prompts: Iterable[Prompt], index: int, shape: tuple[int, int]
) -> NDArray[np.uint8]:
    """What the reader said of the voxels of slice ``index``.

    Returns
    -------
    uint8 (y, x): the label of the last click, scribble, extreme point or lasso that
    covers the voxel; ``UNMARKED`` elsewhere. Boxes enclose and say nothing of a voxel;
    paint is the reader's mask, not a mark.
    """
    marks = np.full(shape, UNMARKED, dtype=np.uint8)
    for prompt in prompts:
        match prompt:
            case Click(voxel=(z, y, x)) if z == index:
                marks[y, x] = prompt.label
            case Scribble(voxels=voxels) if voxels[0][0] == index:
                marks[scribble_mask(prompt, shape)] = prompt.label
            case Lasso(voxels=voxels) if voxels[0][0] == index:
                marks[lasso_mask(prompt, shape)] = prompt.label
            case ExtremePoints(voxels=voxels):
                for z, y, x in voxels:
                    if z == index:
                        marks[y, x] = prompt.label
            case _:
                pass
    return marks
