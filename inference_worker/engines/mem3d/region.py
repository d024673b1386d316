"""The region of interest that an interaction network sees, and what it is told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference_worker.nets.preprocessing import resize_plane

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]
Window = tuple[slice, slice]

MARGIN = 0.1
"""The paper's: the region extends the reader's input by a tenth on every side …"""

STROKE_MARGIN = 0.5
"""… and a first stroke, which need not reach the target's ends, by half."""

LEAST = 0.25
"""Of the slice's longer side: a click says nothing of a size."""


def window_around(marked: Mask, margin: float, least: float = LEAST) -> Window:
    """Rows and columns of the region around ``marked`` (bool (y, x), not empty)."""
    sides = []
    shortest = least * max(marked.shape)
    for axis, size in ((1, marked.shape[0]), (0, marked.shape[1])):
        hit = np.flatnonzero(marked.any(axis=axis))
        low, high = float(hit[0]), float(hit[-1]) + 1
        grown = max((1 + 2 * margin) * (high - low), shortest)
        middle = (low + high) / 2
        start = max(int(np.floor(middle - grown / 2)), 0)
        stop = min(int(np.ceil(middle + grown / 2)), size)
        sides.append(slice(start, stop))
    return sides[0], sides[1]


def guidance_of(positive: Mask, negative: Mask) -> Floats:
    """M: 1 where the reader marked the target, -1 where something else, 0 elsewhere."""
    return positive.astype(np.float32) - negative.astype(np.float32)


def cut(plane: NDArray[Any], window: Window, side: int) -> Floats:
    """The region of a plane (y, x) at the network's size: float32 (side, side)."""
    part = np.ascontiguousarray(plane[window], dtype=np.float32)
    return np.asarray(resize_plane(part, (side, side)), dtype=np.float32)


def cut_guidance(guidance: Floats, window: Window, side: int) -> Floats:
    """As ``cut``, but no mark is too thin to be seen: the strongest of a cell stays."""
    part = guidance[window]
    if part.shape[0] <= side and part.shape[1] <= side:
        return np.asarray(
            resize_plane(part.astype(np.int8), (side, side)), dtype=np.float32
        )
    small = np.zeros((side, side), dtype=np.float32)
    rows, columns = np.nonzero(part)
    y = (rows * side) // part.shape[0]
    x = (columns * side) // part.shape[1]
    small[y, x] = part[rows, columns]
    return small


def paste(region: Floats, window: Window, shape: tuple[int, int]) -> Floats:
    """The region's probabilities on a slice; 0 outside, as the paper decides."""
    plane = np.zeros(shape, dtype=np.float32)
    rows, columns = window
    size = (rows.stop - rows.start, columns.stop - columns.start)
    plane[window] = resize_plane(region, size)
    return plane
