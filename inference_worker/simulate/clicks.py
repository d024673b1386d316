"""Clicks at the centre of an error region, as a careful reader would set them.

The centre is the voxel farthest from the region's border (Sofiiuk et al., "Reviving
iterative training with mask guidance", ICIP 2022, section 3.3), in a slice or in 3D.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.contract.geometry import Voxel
from inference_worker.contract.prompts import Click
from inference_worker.simulate.truth import ErrorRegion


def region_centre(
    mask: NDArray[np.bool_], spacing: Sequence[float] | None = None
) -> tuple[int, ...]:
    """The voxel of ``mask`` farthest from its border.

    Parameters
    ----------
    mask: bool (y, x) or (z, y, x), not empty.
    spacing: mm between voxels along its axes; voxels count alike without.
    """
    padded = np.pad(mask, 1)
    depth = ndimage.distance_transform_edt(padded, sampling=spacing)
    deepest = np.unravel_index(int(depth.argmax()), depth.shape)
    return tuple(int(i) - 1 for i in deepest)


def click_in(
    region: ErrorRegion,
    slice_index: int,
    rng: np.random.Generator,
    *,
    jitter: float = 0.0,
) -> Click:
    """One click near the centre of a region of slice ``slice_index``.

    Parameters
    ----------
    region: error region in the frame of the slice (y, x).
    jitter: standard deviation in voxels of where the click lands. A click that
        jitter throws out of what the label may cover goes to the centre instead.
    """
    y, x = region_centre(region.mask)
    offset = rng.normal(0.0, jitter, 2) if jitter else np.zeros(2)
    row, column = (int(v) for v in np.rint(np.array([y, x]) + offset))
    rows, columns = region.mask.shape
    if 0 <= row < rows and 0 <= column < columns and region.allowed[row, column]:
        y, x = row, column
    return Click(region.label, (slice_index, y, x))


def click_in_volume(region: ErrorRegion, spacing: Sequence[float]) -> Click:
    """One click at the centre of a region of a volume (z, y, x)."""
    z, y, x = region_centre(region.mask, spacing)
    voxel: Voxel = (z, y, x)
    return Click(region.label, voxel)
