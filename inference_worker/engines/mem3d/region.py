"""The region of interest that the networks see, and what they are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

MARGIN = 0.1
"""The paper's: the region extends the reader's input by a tenth on every side …"""

STROKE_MARGIN = 0.5
"""… a first stroke, which need not reach the target's ends, by half …"""

WALK_MARGIN = 0.4
"""… and the last slice's mask by this much, for the target may grow."""

LEAST = 0.25
"""Of the slice's longer side: a click says nothing of a size."""

WALK_LEAST = 0.15
"""Of the slice's longer side: what has almost ended may begin again."""

GROWTH = 1.6
"""Of a region at whose edge the target goes on."""

_THIN = 64
"""Marks of fewer pixels of a region are drawn three pixels wide."""


@dataclass(frozen=True)
class Square:
    """A square of a slice's plane; it may reach beyond the slice."""

    row: int
    column: int
    side: int

    def window(self, index: int) -> list[float]:
        """Slice, row and column of the centre, side: as ``Mem3D.ask`` takes it."""
        half = self.side / 2
        return [float(index), self.row + half, self.column + half, float(self.side)]

    def grown(self, factor: float) -> Square:
        """A larger one about the same centre."""
        more = round(self.side * (factor - 1) / 2)
        return Square(self.row - more, self.column - more, self.side + 2 * more)

    def within(self, shape: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of a slice that it covers."""
        return (
            slice(max(self.row, 0), max(min(self.row + self.side, shape[0]), 0)),
            slice(max(self.column, 0), max(min(self.column + self.side, shape[1]), 0)),
        )


def square_around(marked: Mask, margin: float, least: float = LEAST) -> Square:
    """The square about the middle of ``marked`` (bool (y, x), not empty)."""
    rows = np.flatnonzero(marked.any(axis=1))
    columns = np.flatnonzero(marked.any(axis=0))
    extent = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    side = max((1 + 2 * margin) * float(extent), least * max(marked.shape), 8.0)
    whole = int(np.ceil(side))
    row = int(np.floor((rows[0] + rows[-1] + 1 - whole) / 2))
    column = int(np.floor((columns[0] + columns[-1] + 1 - whole) / 2))
    return Square(row, column, whole)


def guidance_of(positive: Mask, negative: Mask) -> Floats:
    """M: 1 where the reader marked the target, -1 where something else, 0 elsewhere."""
    return positive.astype(np.float32) - negative.astype(np.float32)


def cut(plane: NDArray[Any], square: Square, side: int) -> Floats:
    """The region of a plane (y, x) at the network's size: float32 (side, side).

    Beyond the slice its border goes on.
    """
    rows, columns = square.within((plane.shape[0], plane.shape[1]))
    part = np.ascontiguousarray(plane[rows, columns], dtype=np.float32)
    part = np.pad(part, _beyond(square, rows, columns), mode="edge")
    return _resized(part, side)


def cut_mask(mask: Mask, square: Square, side: int) -> Floats:
    """Share of the mask in every pixel of the region; none beyond the slice."""
    rows, columns = square.within((mask.shape[0], mask.shape[1]))
    part = mask[rows, columns].astype(np.float32)
    return _resized(np.pad(part, _beyond(square, rows, columns)), side)


def cut_guidance(guidance: Floats, square: Square, side: int) -> Floats:
    """As ``cut``, but no mark is too thin to be seen."""
    rows, columns = square.within((guidance.shape[0], guidance.shape[1]))
    part = np.pad(guidance[rows, columns], _beyond(square, rows, columns))
    if square.side <= side:
        at = ((np.arange(side) + 0.5) * square.side / side).astype(np.intp)
        small = part[at][:, at]
    else:
        small = np.zeros((side, side), dtype=np.float32)
        y, x = np.nonzero(part)
        small[y * side // square.side, x * side // square.side] = part[y, x]
    if np.count_nonzero(small) <= _THIN:
        box = np.ones((3, 3), dtype=np.uint8)
        thick = cv2.dilate((small > 0).astype(np.float32), box)
        thick = thick - cv2.dilate((small < 0).astype(np.float32), box)
        small = np.where(small != 0, small, thick)
    return small.astype(np.float32)


def reaches_edge(found: Mask, square: Square, shape: tuple[int, int]) -> bool:
    """Whether the target (bool (side, side) of the region) goes on beyond it."""
    rows, columns = square.within(shape)
    edges = (
        (found[0], rows.start == square.row and square.row > 0),
        (found[-1], rows.stop == square.row + square.side and rows.stop < shape[0]),
        (found[:, 0], columns.start == square.column and square.column > 0),
        (
            found[:, -1],
            columns.stop == square.column + square.side and columns.stop < shape[1],
        ),
    )
    return any(inside and edge.mean() > 0.05 for edge, inside in edges)


def pasted(region: Floats, square: Square, shape: tuple[int, int]) -> Floats:
    """The region's part of the slice: float32 of the size of ``square.within``."""
    whole = _resized(region, square.side)
    rows, columns = square.within(shape)
    return whole[
        rows.start - square.row : rows.stop - square.row,
        columns.start - square.column : columns.stop - square.column,
    ]


def _beyond(
    square: Square, rows: slice, columns: slice
) -> tuple[tuple[int, int], tuple[int, int]]:
    return (
        (rows.start - square.row, square.row + square.side - rows.stop),
        (columns.start - square.column, square.column + square.side - columns.stop),
    )


def _resized(part: Floats, side: int) -> Floats:
    shrinks = part.shape[0] > side
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (side, side), interpolation=how), np.float32)
