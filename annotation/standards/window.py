"""Display windows: which numbers are black and which are white."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SOFT_TISSUE = (40.0, 400.0)
"""Centre and width in HU that a radiologist starts from in the trunk."""

SAMPLES = 2_000_000


def default_window(voxels: NDArray[Any], modality: str) -> tuple[float, float]:
    """Return (centre, width) for an image that brings none.

    Hounsfield units get the soft-tissue window; everything else the range between its
    first and 99.5th percentile, taken from every n-th voxel of large images.
    """
    if voxels.ndim == 4:
        return (128.0, 256.0)
    if modality == "CT" and voxels.size and voxels.min() < -200:
        return SOFT_TISSUE
    step = max(1, voxels.size // SAMPLES)
    low, high = np.percentile(voxels.reshape(-1)[::step], (1, 99.5))
    if high <= low:
        low, high = float(voxels.min()), float(voxels.max())
    # PS3.3 C.11.2.1.2.1: the width is at least 1 for whole numbers.
    width = high - low
    if width <= 0 or (voxels.dtype.kind in "iu" and width < 1):
        width = 1.0
    return ((float(low) + float(high)) / 2, float(width))
