"""Planes in space: whether they are one evenly spaced stack, and in which order.

The affine it finds places every slice where its own header does, gantry tilt included:
the step from slice to slice need not be along their normal. What no affine can say
(missing slices, two spacings, two orientations) is refused, never resampled: a mask
drawn on invented slices would not fit the images it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.errors import ImportRefused

ORIENTATION_TOLERANCE = 1e-3
"""Greatest difference of direction cosines within a stack; headers round to 1e-4."""
POSITION_TOLERANCE = 0.1
"""Greatest distance of a slice from its even place, in slice spacings."""
TILT_NOTICED_DEG = 0.5


@dataclass(frozen=True)
class Plane:
    """Where one slice lies.

    Attributes
    ----------
    position: LPS point in mm of the centre of its first voxel.
    along_x, along_y: unit vectors in which columns and rows count up.
    spacing: mm between voxels along (y, x).
    thickness: mm, of a slice without neighbours.
    """

    position: NDArray[np.float64]
    along_x: NDArray[np.float64]
    along_y: NDArray[np.float64]
    spacing: tuple[float, float]
    thickness: float = 1.0

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector along which slices count up."""
        return np.cross(self.along_x, self.along_y)


@dataclass(frozen=True)
class Stack:
    """Planes in order.

    Attributes
    ----------
    order: indices of the planes given, ascending along their normal.
    affine: (z, y, x, 1) to LPS mm.
    notices: sentences for whoever imports it.
    """

    order: tuple[int, ...]
    affine: NDArray[np.float64]
    notices: tuple[str, ...] = ()


def arrange(planes: Sequence[Plane]) -> Stack:
    """Order planes and fit the affine that places them all.

    Raises
    ------
    ImportRefused
        ``import:mixed-orientation``, ``import:mixed-spacing``,
        ``import:overlapping-slices``, ``import:missing-slices``,
        ``import:uneven-spacing``, ``import:geometry``.
    """
    first = planes[0]
    check_frame(first)
    check_alike(planes)
    normal = first.normal
    heights = np.array([plane.position @ normal for plane in planes])
    order = np.argsort(heights, kind="stable")
    positions = np.array([planes[i].position for i in order])
    step, origin, notices = fit_steps(positions, heights[order], normal, first)
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = first.along_y * first.spacing[0]
    affine[:3, 2] = first.along_x * first.spacing[1]
    affine[:3, 3] = origin
    return Stack(tuple(int(i) for i in order), affine, notices)


def check_frame(plane: Plane) -> None:
    """Refuse (``import:geometry``) directions that span no right angle, or no size."""
    lengths = [float(np.linalg.norm(v)) for v in (plane.along_x, plane.along_y)]
    numbers = [*plane.position, *lengths, *plane.spacing]
    if not np.isfinite(numbers).all() or min(plane.spacing) <= 0:
        raise ImportRefused(
            "geometry",
            "Its position or spacing is no usable number: "
            f"{plane.position.tolist()} mm, {list(plane.spacing)} mm.",
        )
    cosine = abs(float(plane.along_x @ plane.along_y))
    if cosine > ORIENTATION_TOLERANCE or any(abs(n - 1) > 0.01 for n in lengths):
        raise ImportRefused(
            "geometry",
            "Its rows and columns are not at right angles "
            f"({plane.along_x.tolist()} and {plane.along_y.tolist()}).",
        )


def check_alike(planes: Sequence[Plane]) -> None:
    """Refuse planes that are not parallel or not of one pixel size."""
    first = planes[0]
    for plane in planes:
        turned = max(
            float(np.abs(plane.along_x - first.along_x).max()),
            float(np.abs(plane.along_y - first.along_y).max()),
        )
        if turned > ORIENTATION_TOLERANCE:
            raise ImportRefused(
                "mixed-orientation",
                "Its slices are not parallel; import each orientation on its own.",
            )
        if not np.allclose(plane.spacing, first.spacing, rtol=1e-3):
            raise ImportRefused(
                "mixed-spacing",
                f"Its slices have different pixel sizes, {list(first.spacing)} and "
                f"{list(plane.spacing)} mm.",
            )


def fit_steps(
    positions: NDArray[np.float64],
    heights: NDArray[np.float64],
    normal: NDArray[np.float64],
    first: Plane,
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    """Step and origin of evenly spaced positions (n, 3), by least squares."""
    count = len(positions)
    if count == 1:
        return normal * first.thickness, positions[0], ()
    gaps = np.diff(heights)
    if gaps.min() < 1e-3:
        raise ImportRefused(
            "overlapping-slices",
            f"{int((gaps < 1e-3).sum()) + 1} of its slices lie at the same place "
            "(several phases, echoes or times in one series?); import each on its own.",
        )
    index = np.arange(count)
    design = np.stack([np.ones(count), index], axis=1)
    (origin, step), *_ = np.linalg.lstsq(design, positions, rcond=None)
    spacing = float(step @ normal)
    off = np.linalg.norm(positions - design @ np.array([origin, step]), axis=1)
    if off.max() > POSITION_TOLERANCE * spacing:
        raise uneven(gaps)
    notices = tilt_notices(step, normal)
    if off.max() > 0.01 * spacing:
        notices = (
            *notices,
            f"Slices lie up to {off.max():.3f} mm off an even spacing of "
            f"{spacing:.3f} mm.",
        )
    return step, origin, notices


def tilt_notices(
    step: NDArray[np.float64], normal: NDArray[np.float64]
) -> tuple[str, ...]:
    """What to say where slices are not stacked along their normal."""
    cosine = float(step @ normal / np.linalg.norm(step))
    tilt = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    if tilt <= TILT_NOTICED_DEG:
        return ()
    return (
        f"The stack is tilted by {tilt:.1f}°: slices are kept as acquired, each at its "
        "own place, so other planes through them look sheared.",
    )


def placement_notices(affine: NDArray[np.float64]) -> tuple[str, ...]:
    """Check an affine (z, y, x, 1) to LPS that a file brings; say what is odd in it.

    Raises
    ------
    ImportRefused
        ``import:geometry`` where rows and columns are not at right angles.
    """
    step, down, along = affine[:3, 0], affine[:3, 1], affine[:3, 2]
    rows, columns = float(np.linalg.norm(down)), float(np.linalg.norm(along))
    plane = Plane(affine[:3, 3], along / columns, down / rows, (rows, columns))
    check_frame(plane)
    return tilt_notices(step, plane.normal)


def uneven(gaps: NDArray[np.float64]) -> ImportRefused:
    """The refusal that fits these distances in mm between neighbouring slices."""
    usual = float(np.sort(gaps)[(len(gaps) - 1) // 2])
    multiples = gaps / usual
    whole = np.abs(multiples - np.rint(multiples)) < POSITION_TOLERANCE * 2
    missing = int(np.rint(multiples).sum()) - len(gaps)
    if whole.all() and missing:
        places = ", ".join(str(int(i) + 1) for i in np.flatnonzero(multiples > 1.5)[:8])
        return ImportRefused(
            "missing-slices",
            f"{missing} slices are missing (after slice {places}, counted upwards). "
            "Copy the whole series, or import the parts on their own.",
            missing=missing,
        )
    kinds = sorted({round(float(gap), 2) for gap in gaps})
    shown = ", ".join(f"{gap:g}" for gap in kinds[:6])
    return ImportRefused(
        "uneven-spacing",
        f"Its slices are unevenly spaced ({shown} mm). They are not resampled, because "
        "a mask on invented slices would fit no image; import each evenly spaced part "
        "on its own.",
        gaps_mm=kinds[:20],
    )
