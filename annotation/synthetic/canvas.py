"""Paints solids into Hounsfield units with partial volume, and their labels beside."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotation.synthetic.shapes import Field, Grid
from annotation.synthetic.waves import Axis, smooth_field

COARSE = 4
"""In-plane voxels per sample of a solid's function; it is smooth, so few suffice."""
LAYERS = 2
"""Samples through the thickness of one slice."""
EDGE_MM = 1.2
"""Width of the in-plane blur of a scanner, over which a surface fades."""


@dataclass(frozen=True)
class Texture:
    """What a tissue looks like: mean in HU, its slow variation and over what length."""

    hu: float
    variation_hu: float = 0.0
    wavelength_mm: float = 8.0


class Canvas:
    """An image under construction.

    Attributes
    ----------
    hu: float32 (z, y, x). labels: uint8 (z, y, x), the solid on top at each voxel.
    grid: sample points of the solids' functions, coarser in plane, finer along z.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        spacing: tuple[float, float, float],
        centre: tuple[float, float, float],
        rng: np.random.Generator,
    ) -> None:
        """``spacing`` and ``centre`` of the image in mm, (z, y, x); sides of ``shape``
        in plane are multiples of four."""
        self.rng = rng
        self.hu = np.full(shape, -1000, dtype=np.float32)
        self.labels = np.zeros(shape, dtype=np.uint8)
        self.axes: tuple[Axis, Axis, Axis] = tuple(  # type: ignore[assignment]
            ((np.arange(n) - (n - 1) / 2) * step + middle).astype(np.float32)
            for n, step, middle in zip(shape, spacing, centre, strict=True)
        )
        z, y, x = self.axes
        layers = (np.arange(LAYERS) - (LAYERS - 1) / 2) * spacing[0] / LAYERS
        self.coarse_axes = (
            (z[:, None] + layers).ravel().astype(np.float32),
            y.reshape(-1, COARSE).mean(axis=1),
            x.reshape(-1, COARSE).mean(axis=1),
        )
        z, y, x = self.coarse_axes
        self.grid = Grid(x[None, None, :], y[None, :, None], z[:, None, None])
        self._roughness: dict[float, Field] = {}

    def warp(self, amplitude_mm: float, wavelength_mm: float) -> None:
        """Bend the space in which solids are drawn from here on."""
        amplitude = np.float32(amplitude_mm)
        bent = (
            axis + amplitude * smooth_field(self.rng, self.coarse_axes, wavelength_mm)
            for axis in (self.grid.x, self.grid.y, self.grid.z)
        )
        self.grid = Grid(*bent)

    def roughness(self, wavelength_mm: float) -> Field:
        """Return a random field of unit variance at the solids' sample points.

        One field serves every solid that asks for the same wavelength: they lie apart.
        """
        if wavelength_mm not in self._roughness:
            self._roughness[wavelength_mm] = smooth_field(
                self.rng, self.coarse_axes, wavelength_mm
            )
        return self._roughness[wavelength_mm]

    def paint(self, solid: Field, texture: Texture, label: int | None = None) -> None:
        """Cover what is there with ``solid``.

        Parameters
        ----------
        solid : float32, shape of the grid; mm to the surface, negative inside.
        texture : what it is made of.
        label : value it leaves in ``labels``; None leaves them as they are.
        """
        touched = solid < 2 * EDGE_MM
        low, high = [], []
        for axes in ((1, 2), (0, 2), (0, 1)):
            found = np.flatnonzero(touched.any(axis=axes))
            if not len(found):
                return
            low.append(max(int(found[0]) - 1, 0))
            high.append(min(int(found[-1]) + 2, touched.shape[len(high)]))
        slices = slice(low[0] // LAYERS, -(-high[0] // LAYERS))
        rows = slice(COARSE * low[1], COARSE * high[1])
        columns = slice(COARSE * low[2], COARSE * high[2])
        cut = solid[:, low[1] : high[1], low[2] : high[2]]
        z, y, x = self.axes
        tissue = np.full((1, 1, 1), texture.hu, dtype=np.float32)
        if texture.variation_hu:
            tissue = tissue + np.float32(texture.variation_hu) * smooth_field(
                self.rng, (z[slices], y[rows], x[columns]), texture.wavelength_mm
            )
        size = (columns.stop - columns.start, rows.stop - rows.start)
        for index in range(slices.start, slices.stop):
            cover = np.zeros(size[::-1], dtype=np.float32)
            for layer in range(LAYERS * index, LAYERS * (index + 1)):
                depth = cv2.resize(np.ascontiguousarray(cut[layer]), size)
                cover += np.clip(0.5 - depth / EDGE_MM, 0, 1) / LAYERS
            place = (index, rows, columns)
            own = tissue[0] if len(tissue) == 1 else tissue[index - slices.start]
            self.hu[place] += cover * (own - self.hu[place])
            if label is not None:
                self.labels[place][cover > 0.5] = label

    def expose(self, noise_hu: float, blur_voxels: float) -> NDArray[np.int16]:
        """Return the image as a scanner would: blurred noise added, whole HU.

        ``noise_hu`` is the standard deviation after the blur.
        """
        image = np.empty(self.hu.shape, dtype=np.int16)
        for plane, exposed in zip(self.hu, image, strict=True):
            noise = self.rng.standard_normal(plane.shape, dtype=np.float32)
            noise = cv2.GaussianBlur(noise, (0, 0), blur_voxels)
            noise *= np.float32(noise_hu / noise.std())
            exposed[:] = np.clip(np.rint(plane + noise), -1024, 3071)
        return image
