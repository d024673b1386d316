"""Stored voxels as the 16-bit integers or RGB bytes that a viewer draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def display_scale(voxels: NDArray[Any]) -> dict[str, float] | None:
    """Return the slope and intercept that bring float voxels into int16 for display.

    Value = stored * slope + intercept; None for integers, which are shown as they are.
    """
    if voxels.dtype.kind != "f":
        return None
    low, high = float(voxels.min()), float(voxels.max())
    return {
        "slope": (high - low) / 65535 or 1.0,
        "intercept": (high + low) / 2,
    }


def frame_bytes(plane: NDArray[Any], scale: Mapping[str, float] | None) -> bytes:
    """Return one slice as the little-endian bytes that the metadata describes.

    Parameters
    ----------
    plane : (y, x) int16, uint16 or float32, or (y, x, 3) uint8.
    scale : what `display_scale` said of the volume.
    """
    if scale is not None:
        stored = np.rint((plane - scale["intercept"]) / scale["slope"])
        plane = np.clip(stored, -32768, 32767).astype("<i2")
    return plane.tobytes()
