"""Smooth random fields, sums of plane waves: no lattice shows, at any resolution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Axis = NDArray[np.float32]
WAVES = 16


def smooth_field(
    rng: np.random.Generator, axes: tuple[Axis, Axis, Axis], wavelength_mm: float
) -> Field:
    """Return a stationary random field of unit variance.

    Parameters
    ----------
    rng : Generator
        Draws wave vectors (length 2π / ``wavelength_mm``, within a factor of 1.5, any
        direction) and phases.
    axes : (z, y, x) coordinates in mm, one dimension each.
    wavelength_mm : typical distance between two crests.

    Returns
    -------
    float32 (z, y, x).
    """
    directions = rng.standard_normal((WAVES, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lengths = 2 * np.pi / (wavelength_mm * rng.uniform(0.67, 1.5, WAVES))
    kz, ky, kx = (directions * lengths[:, None]).T
    phases = rng.uniform(0, 2 * np.pi, WAVES)
    z, y, x = axes
    # exp(i(a + b)) is a product, so three dimensions cost one matrix product.
    rows = (
        np.exp(1j * (np.outer(z, kz) + phases))[:, None] * np.exp(1j * np.outer(y, ky))
    ).reshape(-1, WAVES)
    columns = np.exp(1j * np.outer(kx, x)) * np.sqrt(2 / WAVES)
    left = np.hstack([rows.real, -rows.imag]).astype(np.float32)
    right = np.vstack([columns.real, columns.imag]).astype(np.float32)
    return np.asarray(left @ right).reshape(len(z), len(y), len(x))
