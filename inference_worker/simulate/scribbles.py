"""Scribbles in an error region: skeleton pieces, centre lines, loops, zigzags.

The skeleton style follows methods' section 4 (Li et al., "PRISM", MICCAI 2024): the
skeleton of the region, broken by a smooth random mask, warped, of random thickness.
Centre lines and loops are the other two of Wong et al., "ScribblePrompt", 2023,
section 3.2; zigzags are what the people of its MedScribble draw beside them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.contract.prompts import Scribble
from inference_worker.simulate import paths
from inference_worker.simulate.hand import STYLES, Hand
from inference_worker.simulate.paths import Path
from inference_worker.simulate.truth import ErrorRegion

_STEP = 2.0
"""Voxels between the points of a stroke: what a pointer reports at drawing speed."""

_MARGIN = 2

_LOOP_ROOM = 1.5
"""Stroke widths of depth below which nobody draws a loop but a line."""

_LOOP_SPREAD = 0.2

_PITCH = (1.5, 4.0)
"""Stroke widths between the turns of a zigzag."""

_SWING = (0.3, 0.8)
"""How far towards the border a zigzag turns."""

_APART = 1.5
"""Stroke widths between the lines of strokes drawn one after the other."""


def scribbles_in(
    region: ErrorRegion,
    slice_index: int,
    count: int,
    rng: np.random.Generator,
    hand: Hand,
) -> list[Scribble]:
    """Up to ``count`` strokes of ``region.label`` in one error region.

    Parameters
    ----------
    region: in the frame of the slice (y, x).
    count: strokes wanted; a region too small for so many gets fewer, never none.
    """
    shape = region.mask.shape
    window = _window(region.mask)
    origin = np.array([side.start for side in window], dtype=float)
    mask = region.mask[window]
    width = _width(shape, rng, hand)
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    strokes: list[Scribble] = []
    for path in _planned(mask, width, count, rng, hand):
        aimed, pen = _aimed(path + origin, region.allowed, width)
        drawn = _wander(aimed - origin, depth, rng, hand) + origin
        drawn = _mistaken(drawn, max(shape), rng, hand)
        strokes.append(_scribble(drawn, region.label, slice_index, pen, shape))
    return strokes


def _window(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    found = ndimage.find_objects(mask.astype(np.uint8))[0]
    rows, columns = (
        slice(max(side.start - _MARGIN, 0), side.stop + _MARGIN) for side in found
    )
    return rows, columns


def _width(shape: tuple[int, ...], rng: np.random.Generator, hand: Hand) -> float:
    spread = 1.0 + hand.width_spread * rng.normal()
    return max(round(hand.width * max(shape) * max(spread, 0.25), 1), 1.0)


def _planned(
    mask: NDArray[np.bool_],
    width: float,
    count: int,
    rng: np.random.Generator,
    hand: Hand,
) -> Iterator[Path]:
    """The strokes a steady hand would draw, each where none was drawn before."""
    free = mask
    for number in range(count):
        free = _largest_part(free)
        if number and free.sum() < (2 * width) ** 2:
            return
        path = _path_through(free, width, rng, hand)
        share = float(np.clip(rng.normal(hand.reach, hand.reach_spread), 0.05, 1.0))
        path = paths.part_of(paths.resampled(path, _STEP), share, rng)
        yield path
        if number + 1 < count:
            free = free & (_distance_from(path, free.shape) > _APART * width)


def _path_through(
    mask: NDArray[np.bool_], width: float, rng: np.random.Generator, hand: Hand
) -> Path:
    """A whole path through a connected region, in a style the hand favours."""
    weights = np.array(hand.styles) / np.sum(hand.styles)
    style = STYLES[int(rng.choice(len(STYLES), p=weights))]
    deepest = float(ndimage.distance_transform_edt(np.pad(mask, 1)).max())
    if style == "skeleton":
        return next(paths.broken_skeleton(mask, rng, deepest))
    if style == "contour" and deepest >= _LOOP_ROOM * width:
        spread = _LOOP_SPREAD * rng.uniform(-1.0, 1.0)
        return paths.inner_contour(mask, float(np.clip(hand.loop + spread, 0.0, 0.9)))
    if style == "zigzag":
        pitch = float(rng.uniform(*_PITCH)) * width
        return paths.zigzag(mask, pitch, float(rng.uniform(*_SWING)))
    return paths.centre_line(mask)


def _largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    parts, count = ndimage.label(mask, np.ones((3, 3)))
    if count < 2:
        return mask
    return np.asarray(parts == 1 + int(np.bincount(parts.ravel())[1:].argmax()))


def _distance_from(path: Path, shape: tuple[int, ...]) -> NDArray[np.float64]:
    beside = np.ones(shape, dtype=bool)
    at = np.clip(np.rint(path).astype(int), 0, np.array(shape) - 1)
    beside[at[:, 0], at[:, 1]] = False
    return np.asarray(ndimage.distance_transform_edt(beside))


def _aimed(path: Path, allowed: NDArray[np.bool_], width: float) -> tuple[Path, float]:
    """A path, and a pen, that cover what they mean: a thin rim from its inner side.

    People's strokes lie within their object to 96 % (docs/calibration). Along the
    middle of a rim that is thinner than the pen, half of a stroke would not.

    Parameters
    ----------
    path: (n, 2), in the frame of ``allowed``: bool (y, x), where the label is true.
    """
    # What lies beyond the picture is not wrong.
    room = ndimage.distance_transform_edt(np.pad(allowed, 1, mode="edge"))[1:-1, 1:-1]
    at = np.clip(np.rint(path).astype(int), 0, np.array(allowed.shape) - 1)
    core = room >= width / 2
    if core.any():
        away, nearest = ndimage.distance_transform_edt(~core, return_indices=True)
        inner = nearest[:, at[:, 0], at[:, 1]].T
        beside = away[at[:, 0], at[:, 1]]
        moves = (beside > 0) & (beside <= width)
        path = np.where(moves[:, None], inner, path)
        at = np.where(moves[:, None], inner, at)
    middle = float(np.median(room[at[:, 0], at[:, 1]]))
    return path, float(np.clip(round(2 * middle), 1.0, width))


def _wander(
    path: Path, depth: NDArray[np.float64], rng: np.random.Generator, hand: Hand
) -> Path:
    """Bend a path by a smooth displacement that grows with the room around it."""
    if not hand.wander:
        return path
    at = np.clip(np.rint(path).astype(int), 0, np.array(depth.shape) - 1)
    room = depth[at[:, 0], at[:, 1]]
    noise = rng.normal(size=path.shape)
    if len(path) > 3:
        # About one bend in five points; scaled back to unit variance.
        smooth = ndimage.gaussian_filter1d(noise, 2.5, axis=0, mode="reflect")
        noise = smooth * np.sqrt(2 * np.sqrt(np.pi) * 2.5)
    return path + hand.wander * room[:, None] * noise


def _mistaken(path: Path, side: int, rng: np.random.Generator, hand: Hand) -> Path:
    """Run on past the end, or land beside the place, as often as people do."""
    overshoots, misses = rng.random(2)
    angle = rng.uniform(0.0, 2 * np.pi)
    if overshoots < hand.overshoot_rate and len(path) > 1:
        tail = path[-min(4, len(path)) :]
        heading = tail[-1] - tail[0]
        heading /= max(float(np.linalg.norm(heading)), 1e-6)
        extra = hand.overshoot * paths.path_length(path)
        steps = np.arange(1, max(round(extra / _STEP), 1) + 1)[:, None] * _STEP
        path = np.concatenate([path, path[-1] + steps * heading])
    if misses < hand.miss_rate:
        path = path + hand.miss * side * np.array([np.sin(angle), np.cos(angle)])
    return path


def _scribble(
    path: Path, label: int, slice_index: int, width: float, shape: tuple[int, ...]
) -> Scribble:
    limits = np.array(shape[-2:]) - 1
    points = np.clip(np.rint(path), 0, limits).astype(int)
    moved = np.concatenate([[True], np.any(np.diff(points, axis=0) != 0, axis=1)])
    voxels = tuple((slice_index, int(y), int(x)) for y, x in points[moved])
    return Scribble(label, voxels, width)
