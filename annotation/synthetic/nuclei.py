"""A synthetic haematoxylin-and-eosin micrograph: nuclei on stroma, with their truth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotation.synthetic.waves import Field, smooth_field

LABELS = {"nucleus": 1}

# Optical densities per channel (red, green, blue) of the stains at full strength;
# Ruifrok and Johnston, Quantification of histochemical staining, 2001, table 1.
HAEMATOXYLIN = np.array([0.65, 0.70, 0.29], dtype=np.float32)
EOSIN = np.array([0.07, 0.99, 0.11], dtype=np.float32)


@dataclass(frozen=True)
class SyntheticMicrograph:
    """voxels: uint8 (1, y, x, 3); labels: uint8 (1, y, x) of ``LABELS``."""

    voxels: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def micrograph(
    seed: int = 0, *, side: int = 512, nuclei: int = 130
) -> SyntheticMicrograph:
    """Make one image of ``side`` by ``side`` pixels; the same seed, the same image."""
    rng = np.random.default_rng(seed)
    axis = np.arange(side, dtype=np.float32)

    def texture(wavelength: float) -> Field:
        return smooth_field(rng, (np.zeros(1, np.float32), axis, axis), wavelength)[0]

    fibres = np.clip(0.45 + 0.16 * texture(45) + 0.07 * texture(9), 0.05, 1)
    lumen = np.clip((texture(170) - 0.9) * 4, 0, 1)
    eosin = fibres * (1 - 0.9 * lumen)
    haematoxylin = np.clip(0.10 + 0.03 * texture(20), 0, 1) * (1 - lumen)
    chromatin = 0.15 * texture(7) + 0.08 * texture(4)
    ragged = 0.09 * texture(14)
    labels = np.zeros((side, side), dtype=np.uint8)
    for _ in range(nuclei):
        centre = rng.uniform(0, side, 2)
        if lumen[tuple(centre.astype(int))] > 0.2:
            continue
        place, cover = nucleus_cover(rng, centre, ragged)
        density = rng.uniform(0.55, 1.0) * (1 + chromatin[place])
        haematoxylin[place] += cover * (density - haematoxylin[place])
        eosin[place] *= 1 - 0.7 * cover
        labels[place][cover > 0.5] = LABELS["nucleus"]
    density = haematoxylin[..., None] * HAEMATOXYLIN + 0.55 * eosin[..., None] * EOSIN
    # Beer and Lambert; the lamp is a little warm, the camera a little noisy.
    light = np.array([243, 240, 246], dtype=np.float32) * np.exp(-1.25 * density)
    light = cv2.GaussianBlur(light, (0, 0), 0.7)
    light += rng.standard_normal(light.shape, dtype=np.float32) * 2.2
    image = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    return SyntheticMicrograph(image[None], labels[None])


def nucleus_cover(
    rng: np.random.Generator, centre: NDArray[np.float64], ragged: Field
) -> tuple[tuple[slice, slice], Field]:
    """Where one nucleus lies, and the fraction of each pixel there that it covers."""
    long = rng.uniform(8, 15)
    short = long * rng.uniform(0.5, 0.95)
    turn = rng.uniform(0, np.pi)
    low = np.maximum(centre - 2 * long, 0).astype(int)
    high = np.minimum(centre + 2 * long + 1, ragged.shape).astype(int)
    place = (slice(low[0], high[0]), slice(low[1], high[1]))
    rows, columns = np.ogrid[place]
    dy = (rows - centre[0]).astype(np.float32)
    dx = (columns - centre[1]).astype(np.float32)
    u = (np.cos(turn) * dx + np.sin(turn) * dy) / long
    v = (np.cos(turn) * dy - np.sin(turn) * dx) / short
    reach = np.sqrt(u * u + v * v) + ragged[place]
    cover = np.clip(0.5 - (reach - 1) * short / 1.5, 0, 1)
    return place, np.asarray(cover, dtype=np.float32)
