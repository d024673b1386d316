"""Slices between two that a person has seen to: asked for, computed, stored nowhere.

What comes of it is painted by the browser as a turn, where locks and the labels that
paint may replace are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from annotation.access import access_session
from annotation.models import User
from annotation.selectors.session import session_geometry
from annotation.services.log import session_check_open
from annotation.wire import malformed
from inference_worker.contract.geometry import Geometry, Region
from inference_worker.contract.wire import pack_mask, unpack_mask

VOXELS_MAX = 2**28
"""Voxels of all slices between: a few seconds of one processor."""

Mask = NDArray[np.bool_]


def interpolation_make(
    *, user: User, session_id: UUID | str, first: Any, second: Any
) -> list[dict[str, Any]]:
    """The shape on every slice between two, packed; slices without it are left out.

    Parameters
    ----------
    first, second: packed masks of a part of one slice each, the lower slice first.

    Raises
    ------
    AccessRefused, SessionRefused (``session:submitted``), PromptError
        (``prompt:outside-volume``), MessageError (``message:malformed``).
    """
    session = access_session(user=user, id=session_id, write=True)
    session_check_open(session=session)
    geometry = session_geometry(session=session)
    lower, below = _key(first, geometry)
    upper, above = _key(second, geometry)
    count = upper.start[0] - lower.start[0] - 1
    if count < 1:
        raise malformed("there is no slice between the two")
    box = _around(lower, upper)
    if count * int(np.prod(box.shape)) > VOXELS_MAX:
        raise malformed(f"the slices between hold more than {VOXELS_MAX} voxels")
    pixel = (float(geometry.spacing[1]), float(geometry.spacing[2]))
    shapes = interpolated(
        _within(box, lower, below), _within(box, upper, above), count, pixel
    )
    found = []
    for index, shape in enumerate(shapes, start=lower.start[0] + 1):
        if shape.any():
            region = Region((index, *box.start[1:]), (index + 1, *box.stop[1:]))
            found.append(pack_mask(region, shape[None]))
    return found


def interpolated(
    first: Mask, second: Mask, count: int, pixel: tuple[float, float]
) -> Iterator[Mask]:
    """Yield the ``count`` shapes between two, evenly spaced (bool, shape of both).

    A voxel is inside where the blend of its signed distances to both borders is (Raya
    and Udupa, Shape-based interpolation of multidimensional objects, IEEE TMI 1990).

    Parameters
    ----------
    first, second: bool (y, x), neither of them empty. pixel: mm along y and x.
    """
    below, above = _signed_distance(first, pixel), _signed_distance(second, pixel)
    for step in range(1, count + 1):
        share = step / (count + 1)
        yield (1 - share) * below + share * above < 0


def _signed_distance(mask: Mask, pixel: tuple[float, float]) -> NDArray[np.float64]:
    """Distance of every voxel to the mask's border in mm, negative inside."""
    # A frame of what is outside, so that a mask may fill its box.
    framed = np.pad(mask, 1)
    outside = distance_transform_edt(~framed, sampling=pixel)
    inside = distance_transform_edt(framed, sampling=pixel)
    return np.asarray((outside - inside)[1:-1, 1:-1], dtype=np.float64)


def _key(packed: Mapping[str, Any], geometry: Geometry) -> tuple[Region, Mask]:
    """A slice that is given, refused before it is unpacked where it cannot be one."""
    start, stop = packed["start"], packed["stop"]
    if len(start) != 3 or len(stop) != 3 or stop[0] - start[0] != 1:
        raise malformed("a mask to interpolate from is not one slice")
    geometry.check_voxels([start, [index - 1 for index in stop]])
    region, labels = unpack_mask(packed)
    if not labels.any():
        raise malformed("a mask to interpolate from is empty")
    return region, labels[0] > 0


def _around(lower: Region, upper: Region) -> Region:
    """The smallest box in-plane that holds both; one slice of it."""
    (_, y0, x0), (_, y1, x1) = lower.start, lower.stop
    (_, v0, u0), (_, v1, u1) = upper.start, upper.stop
    return Region((0, min(y0, v0), min(x0, u0)), (1, max(y1, v1), max(x1, u1)))


def _within(box: Region, region: Region, mask: Mask) -> Mask:
    """The mask of ``region`` in the frame of ``box``."""
    whole = np.zeros(box.shape[1:], dtype=bool)
    top, left = region.start[1] - box.start[1], region.start[2] - box.start[2]
    whole[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    return whole
