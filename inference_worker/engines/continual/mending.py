"""From strokes to a changed mask, label by label: the first answer of a turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.engines.continual.evidence import Odds

Cover = NDArray[np.bool_]
Floats = NDArray[np.float32]

_DRAWN = 6.0
"""Log-odds of a pixel that the reader has drawn on."""

_SPARSE = 0.3
"""Share of a box under which its label counts as not shown there."""

_CORE = 0.1
"""Squared radius of the middle of a box, taken for the label, of its ellipse's."""


@dataclass(frozen=True)
class Strokes:
    """Per output channel, bool (h, w): drawn in this turn, and in all turns before."""

    new: Mapping[int, Cover]
    old: Mapping[int, Cover]


Fill = Callable[[Odds, Floats, Strokes], Odds]
"""Evidence (labels, h, w), intensities (h, w), strokes → evidence."""


def unfilled(odds: Odds, grey: Floats, strokes: Strokes) -> Odds:
    """Strokes alone, nothing around them."""
    return drawn(odds, strokes)


def enclosed(odds: Odds, grey: Floats, inside: Cover, channel: int, fill: Fill) -> Odds:
    """Evidence after a box (or extreme points) said that a label lies ``inside``.

    Nothing of the label is outside; where little of it was shown inside, an ellipse
    that fills the box is the mask that the fill starts from.
    """
    label = channel - 1
    changed = odds.copy()
    changed[label][~inside] = -_DRAWN
    rows = np.flatnonzero(inside.any(axis=1))
    columns = np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return changed
    if (changed[label][inside] > 0).mean() < _SPARSE:
        y, x = np.mgrid[0 : inside.shape[0], 0 : inside.shape[1]]
        across = (y - (rows[0] + rows[-1]) / 2) / (len(rows) / 2)
        along = (x - (columns[0] + columns[-1]) / 2) / (len(columns) / 2)
        radius = across**2 + along**2
        changed[label] = np.where(radius <= 1, 1.0, changed[label])
        changed[label][~inside] = -_DRAWN
        around = ndimage.binary_dilation(inside, iterations=2) & ~inside
        core = inside & (radius <= _CORE)
        view = fill(changed, grey, Strokes({channel: core, 0: around}, {}))
        changed[label] = np.where(inside, view[label], -_DRAWN)
    return changed


def _shares(odds: Odds) -> Floats:
    """Probability of every label, (labels, h, w), from log-odds against background."""
    top = np.maximum(odds.max(axis=0), 0)
    parts = np.exp(odds - top)
    return np.asarray(parts / (parts.sum(axis=0) + np.exp(-top)), dtype=np.float32)


def drawn(odds: Odds, strokes: Strokes) -> Odds:
    """Evidence as certain as can be where the reader drew, the newest word last."""
    certain = odds.copy()
    for covers in (strokes.old, strokes.new):
        for channel, cover in covers.items():
            certain[:, cover] = -_DRAWN
            if channel:
                certain[channel - 1][cover] = _DRAWN
    return certain


def labels_of(
    odds: Odds, values: NDArray[np.uint8], shape: tuple[int, int]
) -> tuple[NDArray[np.uint8], Floats]:
    """The mask (y, x) that evidence (labels, h, w) shows, and probabilities.

    Parameters
    ----------
    values: value of background, then of every label.

    Returns
    -------
    uint8 (y, x), and float32 (labels, y, x).
    """
    shares = _shares(odds)
    if shares.shape[1:] != shape:
        shares = np.stack(
            [cv2.resize(s, shape[::-1], interpolation=cv2.INTER_LINEAR) for s in shares]
        )
    background = 1 - shares.sum(axis=0, keepdims=True)
    winner = np.concatenate([background, shares]).argmax(axis=0)
    return values[winner], shares
