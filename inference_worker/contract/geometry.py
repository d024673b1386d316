"""Where voxels are: an integer index (z, y, x) is a voxel centre; points are LPS mm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inference_worker.contract.errors import PromptError

Voxel = tuple[int, int, int]
"""Integer index (z, y, x)."""


@dataclass(frozen=True)
class Region:
    """Half-open box of voxels, ``start <= voxel < stop`` on every axis (z, y, x)."""

    start: Voxel
    stop: Voxel

    @property
    def shape(self) -> Voxel:
        """Voxels along (z, y, x)."""
        (z0, y0, x0), (z1, y1, x1) = self.start, self.stop
        return (z1 - z0, y1 - y0, x1 - x0)

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """The index that cuts this region out of a (z, y, x) array."""
        z, y, x = (slice(a, b) for a, b in zip(self.start, self.stop, strict=True))
        return (z, y, x)

    def within(self, shape: Sequence[int]) -> bool:
        """Whether the region is non-empty and lies inside an array of ``shape``."""
        return all(
            0 <= a < b <= n
            for a, b, n in zip(self.start, self.stop, shape[:3], strict=True)
        )

    @staticmethod
    def of_slice(index: int, shape: Sequence[int]) -> Region:
        """The whole slice ``index`` of a (z, y, x) array of ``shape``."""
        return Region((index, 0, 0), (index + 1, int(shape[1]), int(shape[2])))

    def each_slice(self) -> Iterator[Region]:
        """The region cut into one region per slice, in order."""
        (_, y0, x0), (_, y1, x1) = self.start, self.stop
        for z in range(self.start[0], self.stop[0]):
            yield Region((z, y0, x0), (z + 1, y1, x1))


@dataclass(frozen=True)
class Geometry:
    """Shape and position of a volume, without its voxels.

    Attributes
    ----------
    shape: voxels along (z, y, x).
    affine: float64 (4, 4); maps (z, y, x, 1) to an LPS point (x, y, z, 1) in mm.
    """

    shape: Voxel
    affine: NDArray[np.float64]

    def __post_init__(self) -> None:
        # Judged by directions: steps of a microscope are millionths of a millimetre.
        steps = self.affine[:3, :3]
        lengths = np.linalg.norm(steps, axis=0)
        flat = not lengths.all() or abs(np.linalg.det(steps / lengths)) < 1e-6
        if self.affine.shape != (4, 4) or flat:
            raise ValueError(f"affine must be an invertible 4x4, got {self.affine}")

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance in mm between neighbouring voxel centres along (z, y, x)."""
        z, y, x = np.linalg.norm(self.affine[:3, :3], axis=0)
        return (float(z), float(y), float(x))

    def to_points(self, voxels: ArrayLike) -> NDArray[np.float64]:
        """Voxel indices (n, 3) as LPS points (n, 3) in mm."""
        indices = np.atleast_2d(np.asarray(voxels, dtype=np.float64))
        return np.asarray(indices @ self.affine[:3, :3].T + self.affine[:3, 3])

    def to_voxels(self, points: ArrayLike) -> NDArray[np.float64]:
        """LPS points (n, 3) in mm as continuous voxel indices (n, 3)."""
        inverse = np.linalg.inv(self.affine)
        located = np.atleast_2d(np.asarray(points, dtype=np.float64))
        return np.asarray(located @ inverse[:3, :3].T + inverse[:3, 3])

    def check_voxels(self, voxels: ArrayLike) -> None:
        """Refuse (``prompt:outside-volume``) indices outside the volume."""
        indices = np.atleast_2d(np.asarray(voxels))
        outside = (indices < 0) | (indices >= np.asarray(self.shape))
        if outside.any():
            worst = [int(i) for i in indices[outside.any(axis=1)][0]]
            raise PromptError(
                "outside-volume",
                f"Voxel {worst} lies outside the volume of {list(self.shape)} voxels; "
                "mark inside the image.",
                voxel=worst,
                shape=list(self.shape),
            )
