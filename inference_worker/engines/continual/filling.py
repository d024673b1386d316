"""How far a stroke speaks for the pixels around it: the local fill.

A reader draws along the middle of what is wrong. So where the label drawn is shown
already, the truth ends about as far from the stroke on the one side as the mask lies on
the other; where it is not shown, only the image says where it ends. Distances are
geodesic (``planar.geodesic``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.engines.continual.evidence import Odds
from inference_worker.engines.continual.mending import Floats, Strokes, drawn
from inference_worker.planar.geodesic import geodesic_distance

_HEIGHT = 6.0
"""Log-odds beside a stroke."""

_BOUNDARY = 4.0
"""Pixels: a stroke so near to a mask of its label corrects the boundary by itself."""

_LEAST, _FARTHEST = 1.5, 28.0
"""Reach, in pixels, of the smallest correction and of one where nothing is shown."""

_CONTRAST = 4.0
"""Multiples of the reach that crossing the whole range of intensities costs."""

_SAID_WRONG = 0.2
"""Share of a stroke that lies on a label from which on it speaks against that label;
against others beside it, it says nothing."""

_ROOM = 3.0
"""Distance to which the fill is computed, as a multiple of the reach."""


def geodesic_fill(odds: Odds, grey: Floats, strokes: Strokes) -> Odds:
    """Evidence for a label that falls with the geodesic distance from its strokes.

    Parameters
    ----------
    odds: log-odds (labels, h, w). grey: float32 (h, w) in [0, 1].
    """
    shown = np.concatenate([np.zeros_like(odds[:1]), odds]).argmax(axis=0)
    changed = odds.copy()
    for channel, cover in strokes.new.items():
        near = _nearness(cover, shown, channel, grey)
        if channel:
            changed[channel - 1] += _HEIGHT * near
        else:
            changed -= _HEIGHT * near
    return drawn(changed, strokes)


def _nearness(
    cover: NDArray[np.bool_], shown: NDArray[np.intp], channel: int, grey: Floats
) -> Floats:
    """1 on strokes, falling to 0 around them; each stroke has a reach of its own."""
    near = np.zeros_like(grey)
    same = shown == channel
    gap = np.asarray(ndimage.distance_transform_edt(~same)) if same.any() else None
    parts, _ = ndimage.label(cover, np.ones((3, 3)))
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        part = parts == number
        reach = _FARTHEST
        if gap is not None:
            distance = float(np.percentile(gap[part], 75))
            if distance <= _BOUNDARY:
                continue
            reach = float(np.clip(distance, _LEAST, _FARTHEST))
        room = int(np.ceil(_ROOM * reach))
        crop = tuple(slice(max(s.start - room, 0), s.stop + room) for s in box)
        path = geodesic_distance(part[crop], grey[crop], _CONTRAST * reach)
        spread = np.exp(-((path / reach) ** 2))
        spread[~_contested(part, shown)[crop] & ~same[crop]] = 0
        near[crop] = np.maximum(near[crop], spread)
    return near


def _contested(part: NDArray[np.bool_], shown: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Where the labels are shown that a stroke was drawn over, bool (h, w)."""
    under = np.bincount(shown[part])
    return np.isin(shown, np.flatnonzero(under >= _SAID_WRONG * part.sum()))
