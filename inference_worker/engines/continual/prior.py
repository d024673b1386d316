"""What the nearest accepted slices say of a slice not seen yet.

An accepted mask is moved as the image moves between the slices (dense inverse search:
Kroeger et al., "Fast optical flow using dense inverse search", ECCV 2016) and then
settled by comparing small patches (Coupé et al., "Patch-based segmentation using expert
priors", NeuroImage 2011, equation 2).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SEARCH = 2
"""Pixels each way in which patches are compared."""

_PATCH = 1.5
"""Standard deviation of a patch, pixels."""

_ALIKE = 0.1
"""Difference of intensity, of the slice's range, at which patches no longer match."""

_NEAR = 3.0
"""Standard deviation of how far a patch may have moved, pixels."""


def nearest(index: int, accepted: Collection[int]) -> list[int]:
    """The accepted slices next to ``index`` below and above, the nearer first."""
    below = [z for z in accepted if z < index]
    above = [z for z in accepted if z > index]
    found = [max(below)] if below else []
    found += [min(above)] if above else []
    return sorted(found, key=lambda z: (abs(z - index), z))


def spatial_prior(masks: Mapping[int, Floats], index: int, blur: float) -> Floats:
    """Blurred masks of neighbouring slices, the nearer counting more.

    Parameters
    ----------
    masks: slice → shares (c, h, w) of every output channel.
    blur: standard deviation in pixels for the next slice; farther ones blur more.

    Returns
    -------
    (c, h, w), summing to 1 over ``c``.
    """
    weights = {z: 1 / (z - index) ** 2 for z in masks}
    total = sum(weights.values())
    prior = np.zeros_like(next(iter(masks.values())))
    for z, mask in masks.items():
        sigma = blur * abs(z - index) ** 0.5
        for channel, plane in enumerate(mask):
            soft = cv2.GaussianBlur(plane, (0, 0), sigma) if sigma else plane
            prior[channel] += np.asarray(soft) * (weights[z] / total)
    return prior


def still(mask: Floats, source: Floats, target: Floats) -> Floats:
    """``mask`` where it was."""
    return mask


def moved(mask: Floats, source: Floats, target: Floats) -> Floats:
    """``mask`` moved as the image moves from slice ``source`` to slice ``target``.

    Parameters
    ----------
    mask: (c, h, w). source, target: float32 (h, w) in [0, 1].
    """
    at = _flow(source, target)
    return np.stack([_sampled(plane, at) for plane in mask])


def matched(mask: Floats, source: Floats, target: Floats) -> Floats:
    """``mask`` moved, and every pixel settled by the patches that resemble its own."""
    at = _flow(source, target)
    return _vote(
        np.stack([_sampled(plane, at) for plane in mask]),
        _sampled(source, at),
        target,
    )


PRIORS: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "still": still,
    "moved": moved,
    "matched": matched,
}


def _flow(source: Floats, target: Floats) -> Floats:
    """Where in ``source`` every pixel of ``target`` lies: (h, w, 2) columns, rows."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    # Weak smoothing: organs slide past one another between thick slices.
    search.setVariationalRefinementAlpha(10.0)
    here, there = ((image * 255).astype(np.uint8) for image in (target, source))
    field = search.calc(here, there, np.zeros((*target.shape, 2), dtype=np.float32))
    rows, columns = target.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    return np.asarray(field, dtype=np.float32) + np.stack([x, y], axis=-1)


def _sampled(plane: Floats, at: Floats) -> Floats:
    return np.asarray(
        cv2.remap(
            plane,
            at[..., 0],
            at[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.float32,
    )


def _vote(mask: Floats, source: Floats, target: Floats) -> Floats:
    rows, columns = target.shape
    reach = _SEARCH
    padded = np.pad(source, reach, mode="edge")
    labels = np.pad(mask[1:], ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    votes = np.zeros_like(mask[1:])
    total = np.zeros_like(target)
    for y in range(2 * reach + 1):
        for x in range(2 * reach + 1):
            part = (slice(y, y + rows), slice(x, x + columns))
            unlike = cv2.GaussianBlur((padded[part] - target) ** 2, (0, 0), _PATCH)
            far = ((y - reach) ** 2 + (x - reach) ** 2) / (2 * _NEAR**2)
            weight = np.exp(-np.asarray(unlike) / _ALIKE**2 - far) + 1e-6
            total += weight
            votes += weight * labels[(slice(None), *part)]
    votes /= total
    background = np.clip(1 - votes.sum(axis=0, keepdims=True), 0, 1)
    return np.concatenate([background, votes]).astype(np.float32)
