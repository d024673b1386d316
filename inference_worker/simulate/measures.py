"""What can be measured on one side of a drawing, a person's or a simulated one."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.simulate.paths import skeleton_of


@dataclass(frozen=True)
class Drawing:
    """Strokes of one person on one side (object or surroundings) of one image.

    Attributes
    ----------
    inside: share of the covered pixels that lie inside the side they are meant for.
    length: pixels of the strokes' centre lines over the root of the side's area.
    width: twice the median depth at the centre lines, over the image's longer side.
    strokes: connected strokes.
    depth: median depth of the centre lines in the side, over its greatest depth.
    """

    inside: float
    length: float
    width: float
    strokes: float
    depth: float


NAMES = tuple(field.name for field in fields(Drawing))


def measure(
    strokes: NDArray[np.bool_], side: NDArray[np.bool_], room: NDArray[np.float64]
) -> Drawing:
    """Measure strokes (bool (y, x), not empty) drawn for ``side`` (bool (y, x)).

    Parameters
    ----------
    room: float (y, x), distance of every pixel of ``side`` from its border.
    """
    _, count = ndimage.label(strokes, np.ones((3, 3)))
    lines = skeleton_of(strokes)
    thickness = ndimage.distance_transform_edt(strokes)
    return Drawing(
        inside=float((strokes & side).sum() / strokes.sum()),
        length=float(lines.sum() / np.sqrt(side.sum())),
        width=float(2 * np.median(thickness[lines]) / max(strokes.shape)),
        strokes=float(count),
        depth=float(np.median(room[lines]) / room.max()),
    )


def depth_within(side: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance of every pixel from what is not ``side``; the image's edge is none."""
    return np.asarray(ndimage.distance_transform_edt(side))
