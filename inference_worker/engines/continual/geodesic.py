"""Geodesic distance from a stroke: what it says of the pixels around it.

Criminisi, Sharp, Blake, "GeoS: geodesic image segmentation", ECCV 2008, equations 1-3,
computed by row-wise raster scans so that a slice costs milliseconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def geodesic_distance(
    seeds: NDArray[np.bool_], image: Floats, contrast: float, sweeps: int = 2
) -> Floats:
    """Distance (pixels) of every pixel from ``seeds`` along the cheapest path.

    A step of length ``d`` between intensities ``a`` and ``b`` costs
    ``sqrt(d² + contrast² (a − b)²)``.

    Parameters
    ----------
    seeds: bool (y, x). image: float32 (y, x), in its own standard deviations.

    Returns
    -------
    float32 (y, x); infinite where there are no seeds at all.
    """
    far = np.float32(1e6)
    distance = np.where(seeds, np.float32(0), far)
    if not seeds.any():
        return np.full(seeds.shape, np.inf, dtype=np.float32)
    down = _costs(image, contrast)
    right = _costs(image.T, contrast)
    for _ in range(sweeps):
        _scan(distance, down)
        _scan(distance.T, right)
    return distance


def _costs(image: Floats, contrast: float) -> tuple[Floats, Floats, Floats]:
    """Cost from row ``y`` to ``y + 1``: straight, from the left, from the right."""
    weight = np.float32(contrast**2)
    straight = np.sqrt(1 + weight * (image[1:] - image[:-1]) ** 2)
    left = np.sqrt(2 + weight * (image[1:, 1:] - image[:-1, :-1]) ** 2)
    right = np.sqrt(2 + weight * (image[1:, :-1] - image[:-1, 1:]) ** 2)
    return straight, left, right


def _scan(distance: Floats, costs: tuple[Floats, Floats, Floats]) -> None:
    straight, left, right = costs
    rows = len(distance)
    for y in range(1, rows):
        above, here = distance[y - 1], distance[y]
        np.minimum(here, above + straight[y - 1], out=here)
        np.minimum(here[1:], above[:-1] + left[y - 1], out=here[1:])
        np.minimum(here[:-1], above[1:] + right[y - 1], out=here[:-1])
    for y in range(rows - 2, -1, -1):
        below, here = distance[y + 1], distance[y]
        np.minimum(here, below + straight[y], out=here)
        np.minimum(here[:-1], below[1:] + left[y], out=here[:-1])
        np.minimum(here[1:], below[:-1] + right[y], out=here[1:])
