"""Correcting by brush: the reader redraws the true outline where the mask is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import Paint
from inference_worker.simulate import paths
from inference_worker.simulate.truth import ErrorRegion

# Mean length of one step of an 8-connected digital line, over all directions:
# (4 / pi) * ln(1 + sqrt(2)).
_STEP_LENGTH = 1.122


def paint_over(regions: Sequence[ErrorRegion], slice_index: int) -> Paint:
    """One ``Paint`` that puts the given error regions (frame (y, x)) right."""
    rows, columns = regions[0].mask.shape
    labels = np.zeros((1, rows, columns), dtype=np.uint8)
    where = np.zeros((1, rows, columns), dtype=bool)
    for region in regions:
        labels[0][region.mask] = region.label
        where[0] |= region.mask
    _, ys, xs = np.nonzero(where)
    box = Region(
        (slice_index, int(ys.min()), int(xs.min())),
        (slice_index + 1, int(ys.max()) + 1, int(xs.max()) + 1),
    )
    cut = (slice(None), *box.slices[1:])
    return Paint(box, labels[cut].copy(), where[cut].copy())


def paint_slice(labels: NDArray[np.uint8], slice_index: int) -> Paint:
    """A whole slice (uint8 (y, x)) as the reader's own mask.

    After a reader has finished a slice by hand no engine may change it again.
    """
    rows, columns = labels.shape
    box = Region((slice_index, 0, 0), (slice_index + 1, rows, columns))
    return Paint(box, labels[None].copy(), np.ones((1, rows, columns), dtype=bool))


def redrawn_length(region: ErrorRegion, truth: NDArray[np.uint8]) -> float:
    """Voxels of outline to redraw so that an error region (y, x) is put right.

    That is the part of the true outline that bounds the region: all of it where an
    object is missing, one side of a sliver along a border. A region without any true
    outline (an island of nothing) is wiped along its centre line.

    Parameters
    ----------
    truth: uint8 (y, x), the slice's true labels.
    """
    own = truth == region.label
    if region.label:
        border = own & ~ndimage.binary_erosion(own, border_value=0)
    else:
        border = own & ndimage.binary_dilation(~own)
    outline = int((border & region.mask).sum())
    if outline:
        return _STEP_LENGTH * outline
    return max(paths.path_length(paths.centre_line(region.mask)), 1.0)
