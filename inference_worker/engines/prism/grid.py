"""The working grid: a volume in cubes of one size, and crops of it.

The paper resamples to 1 mm and cuts 128³. Here the side of a working voxel is the
finest spacing of the volume, or a 160th of its longest side if that is more, so that a
whole volume is kept beside its logits in a few megabytes; a microscope's picture, whose
millimetres are tiny, fares like any other. A crop of the network is a cube of
``patch * zoom`` working voxels, averaged by ``zoom``.

Working positions are continuous (z, y, x) with voxel centres at integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.engine import Volume
from inference_worker.contract.geometry import Region, Voxel
from inference_worker.nets.preprocessing import LUMINANCE, Intensity

LONGEST = 160
"""Working voxels along the longest side of a volume, at most."""

Positions = NDArray[np.float64]
Grey = NDArray[np.float32]


@dataclass(frozen=True)
class Crop:
    """A cube of ``patch * zoom`` working voxels from ``start``; it may overhang."""

    start: Voxel
    zoom: int


@dataclass(frozen=True)
class WorkingGrid:
    """How the voxels of a volume lie in cubes.

    Attributes
    ----------
    shape: of the volume. sides: of the grid, in working voxels.
    """

    shape: Voxel
    sides: Voxel

    @classmethod
    def of(cls, volume: Volume) -> WorkingGrid:
        """The grid of a volume; one of a single slice is one working voxel deep."""
        shape = volume.shape
        used = [i for i in range(3) if shape[i] > 1] or [2]
        spacing = volume.geometry.spacing
        longest = max(shape[i] * spacing[i] for i in used)
        cube = max(min(spacing[i] for i in used), longest / LONGEST)
        z, y, x = (
            max(1, round(shape[i] * spacing[i] / cube)) if i in used else 1
            for i in range(3)
        )
        return cls(shape, (z, y, x))

    @property
    def ratio(self) -> Positions:
        """Working voxels per voxel, (z, y, x)."""
        return np.array(self.sides) / np.array(self.shape)

    def to_working(self, voxels: Any) -> Positions:
        """Voxel indices (n, 3) as working positions (n, 3)."""
        return (np.asarray(voxels, dtype=float) + 0.5) * self.ratio - 0.5

    def to_crop(self, voxels: Any, crop: Crop) -> Positions:
        """Voxel indices (n, 3) as positions (n, 3) in the crop's patch."""
        within = self.to_working(voxels) - np.array(crop.start)
        return (within + 0.5) / crop.zoom - 0.5

    def region(self, low: Any, high: Any) -> Region:
        """The voxels that touch working voxels ``low`` to ``high`` (exclusive)."""
        start = np.floor(np.asarray(low) / self.ratio).astype(int)
        stop = np.ceil(np.asarray(high) / self.ratio).astype(int)
        start = np.clip(start, 0, np.array(self.shape) - 1)
        stop = np.clip(stop, start + 1, self.shape)
        z0, y0, x0 = start.tolist()
        z1, y1, x1 = stop.tolist()
        return Region((z0, y0, x0), (z1, y1, x1))

    def image(self, volume: Volume) -> Grey:
        """The volume on the grid: float32 ``sides``, clipped as ``Intensity`` says."""
        low, high = Intensity().span(volume)
        rows = _averaging(self.shape[1], self.sides[1])
        columns = _averaging(self.shape[2], self.sides[2]).T
        planes = np.empty((self.shape[0], *self.sides[1:]), np.float32)
        for index in range(self.shape[0]):
            plane = np.asarray(volume.voxels[index], dtype=np.float32)
            if plane.ndim == 3:
                plane = plane @ np.asarray(LUMINANCE, dtype=np.float32)
            planes[index] = rows @ np.clip(plane, low, high) @ columns
        deep = _averaging(self.shape[0], self.sides[0])
        return np.tensordot(deep, planes, axes=1)

    def on_voxels(self, working: NDArray[Any], region: Region) -> Grey:
        """An array on the grid at the voxels of ``region``, linearly between."""
        axes = [
            _between(self.to_axis(axis, region), side)
            for axis, side in enumerate(self.sides)
        ]
        (z, near_z), (y, near_y), (x, near_x) = axes
        block = working[near_z, near_y, near_x].astype(np.float32)
        return np.matmul(np.matmul(y, np.tensordot(z, block, axes=1)), x.T)

    def to_axis(self, axis: int, region: Region) -> Positions:
        """Working positions of the voxels of ``region`` along one axis."""
        indices = np.arange(region.start[axis], region.stop[axis], dtype=float)
        return (indices + 0.5) * self.ratio[axis] - 0.5


def _averaging(old: int, new: int) -> Grey:
    """Weights (new, old) of a tent as wide as the coarser of both grids."""
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    width = max(1.0, old / new)
    tent = 1 - np.abs(np.clip(centres, 0, old - 1)[:, None] - np.arange(old)) / width
    tent = np.maximum(tent, 0)
    return np.asarray(tent / tent.sum(axis=1, keepdims=True), dtype=np.float32)


def _between(positions: Positions, side: int) -> tuple[Grey, slice]:
    """Weights (n, m) of linear interpolation, and the m grid points they are of."""
    at = np.clip(positions, 0, side - 1)
    low = np.floor(at).astype(int)
    first, last = int(low[0]), min(int(low[-1]) + 1, side - 1)
    weights = 1 - np.abs(at[:, None] - np.arange(first, last + 1))
    return np.maximum(weights, 0).astype(np.float32), slice(first, last + 1)


def fitting_zoom(extent: Sequence[float], patch: int, most: int) -> int:
    """The smallest zoom whose crop, wherever it starts, holds ``extent`` voxels."""
    needed = max(extent) / (patch - patch // 8)
    return int(min(max(np.ceil(needed - 1e-9), 1), most))


def largest_zoom(grid: WorkingGrid, patch: int) -> int:
    """The zoom whose crop holds the whole volume."""
    return max(1, -(-max(grid.sides) // patch))


def crop_around(
    grid: WorkingGrid, low: Positions, high: Positions, patch: int, zoom: int
) -> Crop:
    """A crop around positions ``low`` to ``high``, inside where it can be.

    It starts at multiples of an eighth of its side, so that prompts near one another
    find the crop encoded.
    """
    size, sides = patch * zoom, np.array(grid.sides)
    step = max(size // 8, 1)
    start = np.floor(((low + high + 1) / 2 - size / 2) / step + 0.5).astype(int) * step
    inside = np.clip(start, 0, np.maximum(sides - size, 0))
    start = np.where(sides >= size, inside, (sides - size) // 2)
    z, y, x = start.tolist()
    return Crop((z, y, x), zoom)


def cut(working: NDArray[Any], crop: Crop, patch: int) -> Grey:
    """The crop of an array on the grid as a patch; what overhangs repeats the edge."""
    size = patch * crop.zoom
    window, outside = [], []
    for start, side in zip(crop.start, working.shape, strict=True):
        low, high = max(start, 0), min(start + size, side)
        window.append(slice(low, high))
        outside.append((low - start, start + size - high))
    block = np.pad(working[tuple(window)].astype(np.float32), outside, mode="edge")
    cubes = (patch, crop.zoom) * 3
    return np.asarray(block.reshape(cubes).mean(axis=(1, 3, 5)), dtype=np.float32)


def window_of(grid: WorkingGrid, crop: Crop, patch: int) -> tuple[Region, Region]:
    """Where the crop overlaps the grid: on the grid, and within the crop."""
    size, sides = patch * crop.zoom, np.array(grid.sides)
    start = np.array(crop.start)
    low, high = np.maximum(start, 0), np.minimum(start + size, sides)
    (z0, y0, x0), (z1, y1, x1) = low.tolist(), high.tolist()
    (w0, v0, u0), (w1, v1, u1) = (low - start).tolist(), (high - start).tolist()
    return (
        Region((z0, y0, x0), (z1, y1, x1)),
        Region((w0, v0, u0), (w1, v1, u1)),
    )
