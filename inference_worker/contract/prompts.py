"""The marks of a reader; every marking prompt names its label, 0 being background.

Coordinates are voxel indices (z, y, x) of the whole volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.geometry import Region, Voxel


@dataclass(frozen=True)
class Click:
    """One point that belongs to ``label``."""

    label: int
    voxel: Voxel


@dataclass(frozen=True)
class Scribble:
    """A stroke on one slice: a polyline of voxels, ``width`` in-plane voxels wide."""

    label: int
    voxels: tuple[Voxel, ...]
    width: float = 1.0


@dataclass(frozen=True)
class Box:
    """A half-open box that encloses ``label``."""

    label: int
    region: Region


@dataclass(frozen=True)
class ExtremePoints:
    """The outermost voxels of ``label`` along the axes of a slice.

    Of a plane across the slices, for engines that take marks in any plane.
    """

    label: int
    voxels: tuple[Voxel, ...]


@dataclass(frozen=True)
class Lasso:
    """A closed polygon around ``label`` on one slice."""

    label: int
    voxels: tuple[Voxel, ...]


PaintOrigin = Literal["hand", "interpolation"]


@dataclass(frozen=True)
class Paint:
    """The person's own mask: ``labels`` replace what was there where ``where`` is set.

    Attributes
    ----------
    labels: uint8, shape of ``region``. where: bool, same shape. origin: "hand", or
        "interpolation" where it was made from the slices around it and nobody has
        looked at it yet. Engines take both alike.
    """

    region: Region
    labels: NDArray[np.uint8]
    where: NDArray[np.bool_]
    origin: PaintOrigin = "hand"


@dataclass(frozen=True)
class Propagate:
    """Carry slice ``slice`` through the volume: 1 up, -1 down, 0 both ways.

    Slices are answered away from it, up before down; ``count`` ends a walk and changes
    nothing before its end, so that one that is stopped can be kept (``shortening``).
    """

    slice: int
    direction: int = 0
    count: int | None = None


@dataclass(frozen=True)
class Accept:
    """The reader says that slice ``slice`` is right as shown."""

    slice: int


@dataclass(frozen=True)
class Visit:
    """The reader looks at slice ``slice`` and wants a first prediction."""

    slice: int


Prompt = (
    Click | Scribble | Box | ExtremePoints | Lasso | Paint | Propagate | Accept | Visit
)

KINDS: dict[str, type[Prompt]] = {
    "click": Click,
    "scribble": Scribble,
    "box": Box,
    "extreme_points": ExtremePoints,
    "lasso": Lasso,
    "paint": Paint,
    "propagate": Propagate,
    "accept": Accept,
    "visit": Visit,
}
"""Wire name of every prompt."""

KIND_OF: dict[type[Prompt], str] = {cls: name for name, cls in KINDS.items()}


def slice_of(prompt: Prompt) -> int:
    """The slice (z) a prompt works on; for one that spans several, its first."""
    match prompt:
        case Click(voxel=voxel):
            return voxel[0]
        case Scribble(voxels=voxels) | ExtremePoints(voxels=voxels):
            return voxels[0][0]
        case Lasso(voxels=voxels):
            return voxels[0][0]
        case Box(region=region) | Paint(region=region):
            return region.start[0]
        case Propagate() | Accept() | Visit():
            return prompt.slice
