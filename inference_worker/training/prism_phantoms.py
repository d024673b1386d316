"""Crops of nothing in particular: objects of every shape and contrast, with one target.

A network that has seen them has to go by the prompts, not by anatomy. Ellipsoids, blobs
and tubes lie in a textured background and over one another; contrast, noise, blur and
bias vary from crop to crop.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

_TARGET_LEAST = 40
"""Voxels below which nobody can tell what was meant."""


def draw_phantom(rng: np.random.Generator, patch: int) -> tuple[Grey, Mask]:
    """Image float32 and target bool, both (p, p, p)."""
    while True:
        image, objects = _scene(rng, patch)
        large = [m for m in objects if _TARGET_LEAST <= m.sum() <= 0.6 * m.size]
        if large:
            return image, large[int(rng.integers(len(large)))]


def smooth_noise(rng: np.random.Generator, patch: int, grain: float) -> Grey:
    """Smooth noise of unit variance whose bumps are about ``grain`` voxels."""
    coarse = max(3, round(patch / grain) + 2)
    field = rng.normal(size=(coarse,) * 3).astype(np.float32)
    fine = ndimage.zoom(field, patch / coarse, order=1, mode="nearest", grid_mode=True)
    fine = ndimage.uniform_filter(fine, max(round(grain / 2), 1))
    return np.asarray(fine / max(float(fine.std()), 1e-6), dtype=np.float32)


def _scene(rng: np.random.Generator, patch: int) -> tuple[Grey, list[Mask]]:
    image = rng.uniform(0.1, 0.6) * smooth_noise(rng, patch, rng.uniform(4, 24))
    objects: list[Mask] = []
    for _ in range(int(rng.integers(1, 6))):
        shape = (_ellipsoid, _blob, _tube)[int(rng.choice(3, p=(0.3, 0.45, 0.25)))]
        mask = shape(rng, patch)
        objects = [other & ~mask for other in objects]
        objects.append(mask)
        contrast = rng.choice((-1.0, 1.0)) * rng.uniform(0.7, 3.0)
        texture = rng.uniform(0.0, 0.4) * smooth_noise(rng, patch, rng.uniform(3, 12))
        image = np.where(
            mask, image * rng.uniform(0.2, 1.0) + contrast + texture, image
        )
    image = ndimage.gaussian_filter(image, rng.uniform(0.0, 1.2))
    image = image + rng.uniform(0.05, 0.6) * rng.normal(size=image.shape)
    image = image + rng.uniform(0.0, 0.6) * smooth_noise(rng, patch, patch)
    return image.astype(np.float32), objects


def _away(rng: np.random.Generator, patch: int, size: float) -> Grey:
    """Distance from a turned ellipsoid's centre, 1 on its surface."""
    centre = rng.uniform(0.2, 0.8, 3) * patch
    radii = size * patch * rng.uniform(0.5, 1.0, 3)
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    grid = np.stack(np.meshgrid(*(np.arange(patch),) * 3, indexing="ij"), axis=-1)
    turned = (grid - centre) @ axes / radii
    return np.asarray(np.linalg.norm(turned, axis=-1), dtype=np.float32)


def _ellipsoid(rng: np.random.Generator, patch: int) -> Mask:
    return np.asarray(_away(rng, patch, rng.uniform(0.1, 0.5)) < 1)


def _blob(rng: np.random.Generator, patch: int) -> Mask:
    size = rng.uniform(0.12, 0.5)
    bumps = smooth_noise(rng, patch, size * patch * rng.uniform(0.4, 1.2))
    return np.asarray(_away(rng, patch, size) + rng.uniform(0.1, 0.35) * bumps < 1)


def _tube(rng: np.random.Generator, patch: int) -> Mask:
    ends = rng.uniform(-0.1, 1.1, (4, 3)) * patch
    t = np.linspace(0, 1, 2 * patch)[:, None]
    u = 1 - t
    curve = u**3 * ends[0] + 3 * u * u * t * ends[1] + 3 * u * t * t * ends[2]
    curve = np.rint(curve + t**3 * ends[3]).astype(int)
    curve = curve[((curve >= 0) & (curve < patch)).all(axis=1)]
    beside = np.ones((patch,) * 3, dtype=bool)
    if not len(curve):
        return ~beside
    beside[curve[:, 0], curve[:, 1], curve[:, 2]] = False
    radius = rng.uniform(1.2, 0.11 * patch)
    return np.asarray(ndimage.distance_transform_edt(beside) <= radius)
