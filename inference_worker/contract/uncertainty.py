"""How unsure an engine is of each voxel of a slice, small enough to travel.

Unsure is where the second most probable label is nearly as probable as the first: the
margin between the two (Scheffer et al., "Active hidden Markov models for information
extraction", IDA 2001), turned over. Background is a label like the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.geometry import Region
from inference_worker.contract.wire import pack_mask, unpack_mask

LEVELS = 16
SIDE_MAX = 256
"""Rows and columns at most: blocks of voxels are told together above it."""


@dataclass(frozen=True)
class Uncertainty:
    """Levels of one slice, 0 (sure) to ``LEVELS`` - 1 (two labels equally probable).

    Attributes
    ----------
    levels: uint8 (rows, columns); one of ``step`` × ``step`` voxels each, the last ones
        of fewer where the slice ends.
    """

    levels: NDArray[np.uint8]
    step: int

    @classmethod
    def of(
        cls, shares: NDArray[np.floating[Any]], sure: NDArray[np.bool_]
    ) -> Uncertainty:
        """Of the labels' probabilities.

        Parameters
        ----------
        shares: (labels, y, x), without background, which has what is left.
        sure: bool (y, x), voxels of which the reader said something.
        """
        values = np.asarray(shares, dtype=np.float32)
        top = np.clip(1 - values.sum(axis=0), 0, 1)
        second = np.zeros_like(top)
        for share in values:
            np.maximum(second, np.minimum(top, share), out=second)
            np.maximum(top, share, out=top)
        unsure = np.clip(1 - (top - second), 0, 1)
        unsure[sure] = 0
        levels = np.rint(unsure * (LEVELS - 1)).astype(np.uint8)
        step = -(-max(levels.shape) // SIDE_MAX)
        return cls(_largest_of_blocks(levels, step), step)

    def to_json(self, index: int) -> dict[str, Any]:
        """As slice ``index`` travels: a packed mask of blocks, and their side."""
        rows, columns = self.levels.shape
        region = Region((index, 0, 0), (index + 1, rows, columns))
        return {"step": self.step, **pack_mask(region, self.levels[None])}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Uncertainty:
        """Undo ``to_json``."""
        _, levels = unpack_mask(body)
        return cls(levels[0], int(body["step"]))


def _largest_of_blocks(levels: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    if step == 1:
        return levels
    rows, columns = (-(-size // step) for size in levels.shape)
    padded = np.zeros((rows * step, columns * step), dtype=np.uint8)
    padded[: levels.shape[0], : levels.shape[1]] = levels
    found = padded[::step, ::step].copy()
    # Strided maxima: thirty times as fast as a maximum over two axes of blocks.
    for row in range(step):
        for column in range(step):
            np.maximum(found, padded[row::step, column::step], out=found)
    return found
