"""Arrays of any axis order turned into slices as people look at them, and back.

Nothing is resampled: axes are swapped and reversed, and the affine says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.errors import ImportRefused
from inference_worker.contract.geometry import Geometry

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Its own inverse."""

ANISOTROPIC = 1.5
"""An axis so much coarser than the next coarsest is taken for that of the slices."""

# How a slice is shown, by the patient axis its normal is nearest to: the LPS directions
# of rows' and columns' increase, as radiologists hang axial, coronal, sagittal images.
LEFT, BACK, DOWN = np.eye(3)[0], np.eye(3)[1], -np.eye(3)[2]
SHOWN = {2: (LEFT, BACK), 1: (LEFT, DOWN), 0: (BACK, DOWN)}


@dataclass(frozen=True)
class Grid:
    """How a (z, y, x) volume lies in the array of the file it came from.

    Attributes
    ----------
    axes: which axis of the file is z, y and x.
    flips: whether z, y and x count down along it.
    affine: the file's own, its index (i, j, k, 1) to RAS mm.
    """

    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    affine: NDArray[np.float64]

    def to_slices(self, array: NDArray[Any]) -> NDArray[Any]:
        """The file's (i, j, k) array as (z, y, x)."""
        turned = array.transpose(self.axes)
        return turned[tuple(slice(None, None, -1 if f else 1) for f in self.flips)]

    def to_file(self, volume: NDArray[Any]) -> NDArray[Any]:
        """A (z, y, x) array as the file's (i, j, k); undoes `to_slices`."""
        turned = volume[tuple(slice(None, None, -1 if f else 1) for f in self.flips)]
        return turned.transpose(np.argsort(self.axes))

    def affine_of_slices(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """The (z, y, x, 1) to LPS affine of a file's array of ``shape`` (i, j, k)."""
        step = np.zeros((4, 4))
        step[3, 3] = 1
        for column, (axis, flip) in enumerate(zip(self.axes, self.flips, strict=True)):
            step[axis, column] = -1 if flip else 1
            step[axis, 3] = shape[axis] - 1 if flip else 0
        return np.asarray(RAS_TO_LPS @ self.affine @ step)

    def as_json(self) -> dict[str, Any]:
        """For the row of the volume."""
        return {
            "axes": list(self.axes),
            "flips": list(self.flips),
            "affine": self.affine.tolist(),
        }


def grid_of(source: Mapping[str, Any], affine: NDArray[np.float64]) -> Grid:
    """Return the grid masks are exported on: the source file's, else (x, y, z).

    Parameters
    ----------
    source : a volume's; its ``grid`` is what `Grid.as_json` made.
    affine : of the volume, (z, y, x, 1) to LPS.
    """
    if known := source.get("grid"):
        (z, y, x), (fz, fy, fx) = known["axes"], known["flips"]
        return Grid((z, y, x), (fz, fy, fx), np.asarray(known["affine"], dtype=float))
    own = RAS_TO_LPS @ affine[:, [2, 1, 0, 3]]
    return Grid((2, 1, 0), (False, False, False), own)


def find_grid(shape: tuple[int, ...], affine: NDArray[np.float64]) -> Grid:
    """Choose the axis to annotate along, and how its slices are shown.

    The axis is the one of a single slice, else one clearly coarser than the others,
    else the one nearest to the long axis of the patient. Slices ascend along their
    normal.

    Parameters
    ----------
    shape : (i, j, k).
    affine : (4, 4), (i, j, k, 1) to RAS mm.

    Raises
    ------
    ImportRefused
        ``import:geometry`` where the affine places nothing.
    """
    steps = (RAS_TO_LPS @ affine)[:3, :3]
    spacing = np.linalg.norm(steps, axis=0)
    flat = not spacing.all() or abs(np.linalg.det(steps / spacing)) < 1e-6
    if not np.isfinite(affine).all() or flat:
        raise ImportRefused(
            "geometry", f"Its affine places no voxel: {np.round(affine, 4).tolist()}."
        )
    directions = steps / spacing
    along = _slice_axis(shape, spacing, directions)
    nearest = int(np.abs(directions[:, along]).argmax())
    right, down = SHOWN[nearest]
    others = [axis for axis in range(3) if axis != along]
    x, y = max(
        permutations(others),
        key=lambda pair: (
            abs(directions[:, pair[0]] @ right) + abs(directions[:, pair[1]] @ down)
        ),
    )
    flip_x = bool(directions[:, x] @ right < 0)
    flip_y = bool(directions[:, y] @ down < 0)
    normal = np.cross(
        directions[:, x] * (-1 if flip_x else 1),
        directions[:, y] * (-1 if flip_y else 1),
    )
    flip_z = bool(directions[:, along] @ normal < 0)
    return Grid((along, y, x), (flip_z, flip_y, flip_x), affine)


def _slice_axis(
    shape: tuple[int, ...],
    spacing: NDArray[np.float64],
    directions: NDArray[np.float64],
) -> int:
    single = [axis for axis in range(3) if shape[axis] == 1]
    if len(single) == 1:
        return single[0]
    order = np.argsort(spacing)
    if spacing[order[2]] > ANISOTROPIC * spacing[order[1]]:
        return int(order[2])
    return int(np.abs(directions[2]).argmax())


def onto(
    geometry: Geometry, labels: NDArray[Any], affine: NDArray[np.float64]
) -> NDArray[Any]:
    """Bring labels that lie on the same voxels, in any axis order, into the volume's.

    Parameters
    ----------
    geometry : of the volume, (z, y, x).
    labels : (i, j, k).
    affine : (4, 4), (i, j, k, 1) to LPS mm.

    Raises
    ------
    ImportRefused
        ``import:label-grid`` where voxels of the two do not coincide.
    """
    relation = np.linalg.inv(geometry.affine) @ affine
    steps = np.rint(relation[:3, :3]).astype(int)
    axes = [int(axis) for axis in np.abs(steps).argmax(axis=1)]
    shape = tuple(labels.shape[axis] for axis in axes)
    signs = [int(steps[row, axis]) for row, axis in enumerate(axes)]
    start = relation[:3, 3]
    wanted = [0 if sign > 0 else n - 1 for sign, n in zip(signs, shape, strict=True)]
    fits = (
        sorted(axes) == [0, 1, 2]
        and set(signs) <= {1, -1}
        and shape == geometry.shape
        # At its far corner, too, a voxel is less than a tenth of its size away.
        and np.abs((relation[:3, :3] - steps) * labels.shape).max() < 0.1
        and np.abs(start - wanted).max() < 0.1
    )
    if not fits:
        raise ImportRefused(
            "label-grid",
            f"Its labels of {list(labels.shape)} voxels do not lie on the voxels of "
            f"the image of {list(geometry.shape)}; resample them onto it first.",
        )
    flipped = tuple(slice(None, None, sign) for sign in signs)
    return labels.transpose(axes)[flipped]
