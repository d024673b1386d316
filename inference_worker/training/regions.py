"""Targets that nobody labelled: connected pixels that look alike.

A click network that is shown liver and pancreas alone learns liver and pancreas. Half
of what it is shown are therefore regions of the image's own, as Wong et al.
("ScribblePrompt", 2023, section 3.3) train on superpixels: it learns that a click means
the thing under it, whatever that is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_SMOOTHING = (0.8, 3.0)
"""Standard deviations in pixels, after which pixels are compared."""

_LIKE = (0.03, 0.12)
"""How far intensities may differ from the seed's, in shares of the span."""

_DARK = 0.04
"""Air and the background of a picture, where nobody clicks."""

_LARGEST = 0.3
"""Share of the view above which a region is everything rather than something."""


def alike_region(
    image: NDArray[np.float32], rng: np.random.Generator, least: int
) -> NDArray[np.bool_] | None:
    """A filled region around a random pixel, or None where chance finds none.

    Parameters
    ----------
    image: float32 (y, x) in [0, 1]. least: pixels it must have.
    """
    bright = np.flatnonzero(image > _DARK)
    if not bright.size:
        return None
    smooth = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(*_SMOOTHING)))
    seed = np.unravel_index(bright[rng.integers(bright.size)], image.shape)
    alike = np.abs(smooth - smooth[seed]) < rng.uniform(*_LIKE)
    alike = ndimage.binary_opening(alike, iterations=int(rng.integers(3)))
    parts, _ = ndimage.label(alike)
    if not parts[seed]:
        return None
    region = np.asarray(ndimage.binary_fill_holes(parts == parts[seed]))
    size = int(region.sum())
    return region if least <= size <= _LARGEST * region.size else None
