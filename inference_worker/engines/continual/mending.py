"""From strokes to a changed mask, label by label: the first answer of a turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.engines.continual.evidence import Odds
from inference_worker.engines.continual.mender import SIDE, STANDING, Mender, seen
from inference_worker.planar.geodesic import geodesic_distance

Cover = NDArray[np.bool_]
Floats = NDArray[np.float32]

_ROOM = 1.5
"""Side of the square around what a label covers, as a multiple of that."""

_UNKNOWN_ROOM = 2.2
"""The same around a stroke of a label that is not shown there yet."""

_LEAST_SIDE = 32

_TOUCH = 3
"""Pixels: parts of a label this near to a new stroke belong to what is mended."""

_DRAWN = 6.0
"""Log-odds of a pixel that the reader has drawn on."""

_SPARSE = 0.3
"""Share of a box under which its label counts as not shown there."""

_CORE = 0.1
"""Squared radius of the middle of a box, taken for the label, of its ellipse's."""

_GEODESIC = (6.0, 8.0, 20.0)
"""Log-odds, reach in pixels and contrast of the geodesic fill."""


@dataclass(frozen=True)
class Strokes:
    """Per output channel, bool (h, w): drawn in this turn, and in all turns before."""

    new: Mapping[int, Cover]
    old: Mapping[int, Cover]

    def of(self, channel: int) -> Floats | None:
        """Strokes of a channel: 1 where new, 0.5 where old; None without any."""
        return _weighted(self.new.get(channel), self.old.get(channel))

    def against(self, channel: int, shape: tuple[int, int]) -> Floats:
        """Strokes of all other channels."""
        total = np.zeros(shape, dtype=np.float32)
        for other in {*self.new, *self.old} - {channel}:
            drawn = self.of(other)
            if drawn is not None:
                total = np.maximum(total, drawn)
        return total


Fill = Callable[[Odds, Floats, Strokes], Odds]
"""Evidence (labels, h, w), intensities (h, w), strokes → evidence."""


def unfilled(odds: Odds, grey: Floats, strokes: Strokes) -> Odds:
    """Strokes alone, nothing around them."""
    return _drawn(odds, strokes)


def geodesic_fill(odds: Odds, grey: Floats, strokes: Strokes) -> Odds:
    """Evidence for a label that falls with the geodesic distance from its strokes."""
    height, reach, contrast = _GEODESIC
    changed = odds.copy()
    for channel, cover in strokes.new.items():
        distance = geodesic_distance(cover, grey, contrast)
        near = height * np.exp(-((distance / reach) ** 2))
        if channel:
            changed[channel - 1] += near
        else:
            changed -= near
    return _drawn(changed, strokes)


def learned_fill(network: Mender) -> Fill:
    """Changes that a trained network draws from the strokes."""

    def fill(odds: Odds, grey: Floats, strokes: Strokes) -> Odds:
        shares = _shares(odds)
        squares = {}
        for label, mask in enumerate(shares):
            square = _square_around(mask > 0.5, strokes, label + 1)
            if square is not None:
                squares[label] = square
        if not squares:
            return _drawn(odds, strokes)
        views = []
        for label, square in squares.items():
            wanted = strokes.of(label + 1)
            planes = (
                grey,
                shares[label],
                np.zeros_like(grey) if wanted is None else wanted,
                strokes.against(label + 1, grey.shape),
            )
            views.append(seen(*(square.cut(plane) for plane in planes)))
        with torch.no_grad():
            changes = network(torch.from_numpy(np.stack(views)))[:, 0].numpy()
        mended = odds.copy()
        for (label, square), change in zip(squares.items(), changes, strict=True):
            standing = STANDING * (2 * shares[label] - 1)
            wanted_odds = standing + square.paste(change, grey.shape)
            share = square.paste(_FADE, grey.shape)
            mended[label] += share * (wanted_odds - odds[label])
        return _drawn(mended, strokes)

    return fill


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


def _faded() -> Floats:
    """1 inside a square, falling to 0 over its last pixels."""
    edge = np.minimum(np.arange(SIDE), np.arange(SIDE)[::-1]) / 4
    ramp = np.clip(edge, 0, 1)
    return np.minimum(ramp[:, None], ramp[None, :]).astype(np.float32)


_FADE = _faded()


@dataclass(frozen=True)
class _Square:
    """A square of the frame, ``side`` pixels wide; it may reach outside."""

    top: float
    left: float
    side: float

    def cut(self, plane: Floats) -> Floats:
        """The square of (h, w) at ``SIDE`` x ``SIDE``; borders go on outside."""
        step = self.side / SIDE
        if step > 1.5:
            plane = np.asarray(cv2.GaussianBlur(plane, (0, 0), step / 2.5))
        return self._warped(plane, (SIDE, SIDE), cv2.WARP_INVERSE_MAP)

    def paste(self, view: Floats, shape: tuple[int, ...]) -> Floats:
        """A view back in the frame (h, w), 0 outside the square."""
        return self._warped(view, (shape[0], shape[1]), 0)

    def _warped(self, plane: Floats, shape: tuple[int, int], way: int) -> Floats:
        step = self.side / SIDE
        # From the centres of view pixels to those of the frame.
        matrix = np.array(
            [
                [step, 0, self.left + step / 2 - 0.5],
                [0, step, self.top + step / 2 - 0.5],
            ]
        )
        border = cv2.BORDER_REPLICATE if way else cv2.BORDER_CONSTANT
        view = cv2.warpAffine(
            plane, matrix, shape[::-1], flags=cv2.INTER_LINEAR | way, borderMode=border
        )
        return np.asarray(view, dtype=np.float32)


def _square_around(shown: Cover, strokes: Strokes, channel: int) -> _Square | None:
    """What of a label this turn's strokes concern; None where nothing."""
    drawn = strokes.new.get(channel)
    others = [c for k, c in strokes.new.items() if k != channel]
    touching = np.logical_or.reduce([*others, np.zeros_like(shown)])
    if drawn is not None:
        touching = touching | drawn
    parts, _ = ndimage.label(shown)
    near = ndimage.binary_dilation(touching, iterations=_TOUCH)
    hit = np.unique(parts[near])
    interest = np.isin(parts, hit[hit > 0])
    room = _ROOM
    if drawn is not None:
        if not interest.any():
            room = _UNKNOWN_ROOM
        interest = interest | drawn
    if not interest.any():
        return None
    rows = np.flatnonzero(interest.any(axis=1))
    columns = np.flatnonzero(interest.any(axis=0))
    extent = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    side = max(room * extent, _LEAST_SIDE)
    middle = (rows[0] + rows[-1] + 1) / 2, (columns[0] + columns[-1] + 1) / 2
    return _Square(middle[0] - side / 2, middle[1] - side / 2, side)


def _shares(odds: Odds) -> Floats:
    """Probability of every label, (labels, h, w), from log-odds against background."""
    top = np.maximum(odds.max(axis=0), 0)
    parts = np.exp(odds - top)
    return np.asarray(parts / (parts.sum(axis=0) + np.exp(-top)), dtype=np.float32)


def _weighted(new: Cover | None, old: Cover | None) -> Floats | None:
    if new is None and old is None:
        return None
    shape = new.shape if new is not None else old.shape if old is not None else ()
    weight = np.zeros(shape, dtype=np.float32)
    if old is not None:
        weight[old] = 0.5
    if new is not None:
        weight[new] = 1.0
    return weight


def _drawn(odds: Odds, strokes: Strokes) -> Odds:
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
