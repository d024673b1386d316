"""The normal form: what every format is read into before it is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.standards.window import default_window
from inference_worker.contract.geometry import Geometry


@dataclass(frozen=True)
class Image:
    """One image as it will be stored.

    Attributes
    ----------
    voxels: (z, y, x) int16, uint16 or float32, or (z, y, x, 3) uint8 for RGB.
    geometry: LPS placement of the (z, y, x) grid.
    modality: DICOM modality; OT where the format knows none.
    window: (centre, width) for display, in units of ``voxels``.
    name: what to call it, from the file or the series.
    source: JSON that says where it came from and how to go back there.
    notices: sentences for whoever imports it.
    """

    voxels: NDArray[Any]
    geometry: Geometry
    modality: str
    window: tuple[float, float]
    name: str
    source: dict[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


def make_image(
    voxels: NDArray[Any],
    affine: NDArray[np.float64],
    *,
    modality: str,
    name: str,
    window: tuple[float, float] | None = None,
    source: dict[str, Any] | None = None,
    notices: tuple[str, ...] = (),
) -> Image:
    """Bring voxels into a stored type and give them a window.

    Parameters
    ----------
    voxels : (z, y, x) of any real type, or (z, y, x, 3) uint8.
    affine : (4, 4), (z, y, x, 1) to LPS mm.
    """
    if voxels.ndim == 3:
        finite, count = without_holes(voxels)
        voxels = narrowest(finite)
        if count:
            notices = (*notices, f"{count} voxels without a number were set to 0.")
    z, y, x = voxels.shape[:3]
    return Image(
        voxels=voxels,
        geometry=Geometry((z, y, x), np.asarray(affine, dtype=np.float64)),
        modality=modality,
        window=window or default_window(voxels, modality),
        name=name,
        source=source or {},
        notices=notices,
    )


def rescaled(stored: NDArray[Any], slope: float, intercept: float) -> NDArray[Any]:
    """Return ``stored * slope + intercept``: whole numbers stay whole, else float32."""
    if slope == 1 and intercept == 0:
        return stored
    wide = np.int32 if stored.dtype.itemsize < 4 else np.int64
    whole = float(slope).is_integer() and float(intercept).is_integer()
    if stored.dtype.kind in "iu" and whole:
        return stored.astype(wide) * int(slope) + int(intercept)
    return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def without_holes(voxels: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Return voxels with NaN and infinities set to 0, and how many there were."""
    if voxels.dtype.kind != "f":
        return voxels, 0
    holes = ~np.isfinite(voxels)
    count = int(holes.sum())
    return (np.where(holes, 0, voxels), count) if count else (voxels, 0)


def narrowest(voxels: NDArray[Any]) -> NDArray[Any]:
    """Return the same numbers as little-endian int16, uint16 or float32.

    The first of these that holds them exactly, float32 (rounded) if none does.
    """
    whole = voxels.dtype.kind in "iub" or _whole(voxels)
    if whole:
        low, high = (int(voxels.min()), int(voxels.max())) if voxels.size else (0, 0)
        for dtype in (np.dtype("<i2"), np.dtype("<u2")):
            bounds = np.iinfo(dtype)
            if bounds.min <= low and high <= bounds.max:
                return voxels.astype(dtype, copy=False)
    return voxels.astype(np.dtype("<f4"), copy=False)


def _whole(voxels: NDArray[Any]) -> bool:
    return all(bool((plane == np.rint(plane)).all()) for plane in voxels)
