"""Random views of an example: turned, scaled, cropped, windowed, blurred, noisy."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference_worker.training.examples import Example, as_stored
from inference_worker.training.losses import IGNORED

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Augmentation:
    """How far a view may be from its example.

    Attributes
    ----------
    scale: (least, most) enlargement, drawn log-uniformly.
    rotation_deg: the most, to either side.
    stored_share: share of views turned as the set stores its slices.
    turned_share: share of the others in any of the eight flips and quarter turns.
    rewindow_share: share of CT views shown as if through another window.
    window: (low, high) HU of the examples, where ``rewindow_share`` is not 0.
    gamma: the most, or its inverse.
    contrast, brightness: the most; brightness in units of the span.
    noise: the most, standard deviation in units of the span.
    blur: the most, standard deviation in pixels.
    inverted_share, grey_share: share of views inverted, and without colour.
    reflect: whether the image goes on mirrored beyond its border, or ends at 0.
    """

    scale: tuple[float, float] = (0.75, 1.35)
    rotation_deg: float = 20.0
    stored_share: float = 0.0
    turned_share: float = 0.0
    rewindow_share: float = 0.0
    window: tuple[float, float] = (0.0, 250.0)
    gamma: float = 1.4
    contrast: float = 1.25
    brightness: float = 0.1
    noise: float = 0.05
    blur: float = 1.0
    inverted_share: float = 0.0
    grey_share: float = 0.0
    reflect: bool = False


def view(
    example: Example, side: int, how: Augmentation, rng: np.random.Generator
) -> tuple[Image, NDArray[np.uint8]]:
    """A square view: image (c, side, side) in [0, 1] and target (side, side)."""
    matrix = _placing(example, side, how, rng)
    border = cv2.BORDER_REFLECT_101 if how.reflect else cv2.BORDER_CONSTANT
    warped = cv2.warpAffine(example.image, matrix, (side, side), borderMode=border)
    image: Image = np.asarray(warped).reshape(side, side, -1) / np.float32(255)
    if rng.random() < how.rewindow_share:
        body = example.inside.astype(np.uint8)
        inside = _warped(body, matrix, side, cv2.BORDER_CONSTANT) > 0
        image = _rewindowed(image, inside, how.window, rng)
    target = _warped(example.target, matrix, side, border)
    if rng.random() < how.stored_share:
        image = as_stored(image, example.turned)
        target = as_stored(target, example.turned)
    elif rng.random() < how.turned_share:
        image, target = _turned(image, target, rng)
    image = _recoloured(image, how, rng)
    return np.ascontiguousarray(image.transpose(2, 0, 1)), np.ascontiguousarray(target)


def _warped(
    plane: NDArray[np.uint8], matrix: NDArray[np.float64], side: int, border: int
) -> NDArray[np.uint8]:
    nearest = cv2.warpAffine(
        plane, matrix, (side, side), flags=cv2.INTER_NEAREST, borderMode=border
    )
    return np.asarray(nearest, dtype=np.uint8)


def _placing(
    example: Example, side: int, how: Augmentation, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Affine of a crop that holds a labelled pixel, or else any bright one."""
    target, image = example.target, example.image
    rows, columns = target.shape
    low, high = np.log(how.scale)
    scale = float(np.exp(rng.uniform(low, high)))
    angle = float(rng.uniform(-how.rotation_deg, how.rotation_deg))
    wanted = (target > 0) & (target != IGNORED)
    if not wanted.any() or rng.random() < 0.4:
        wanted = image.reshape(rows, columns, -1).max(axis=-1) > 25
    candidates = np.flatnonzero(wanted)
    if len(candidates):
        y, x = divmod(int(candidates[rng.integers(len(candidates))]), columns)
    else:
        y, x = rows // 2, columns // 2
    matrix = np.asarray(cv2.getRotationMatrix2D((x, y), angle, scale), np.float64)
    # Where the chosen pixel lands: anywhere, but views should not be mostly empty.
    matrix[0, 2] += _landing(x, columns, side, scale, rng) - x
    matrix[1, 2] += _landing(y, rows, side, scale, rng) - y
    return matrix


def _landing(
    at: int, length: int, side: int, scale: float, rng: np.random.Generator
) -> float:
    """Where pixel ``at`` of ``length`` falls in a view of ``side`` pixels."""
    before, after = at * scale, (length - at) * scale
    if before + after <= side:
        return float(before + rng.uniform(0, side - before - after))
    least = max(0.0, side - after)
    return float(rng.uniform(least, max(least, min(side, before))))


def _turned(
    image: Image, target: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[Image, NDArray[np.uint8]]:
    quarters, mirrored = int(rng.integers(4)), bool(rng.integers(2))
    image, target = np.rot90(image, quarters), np.rot90(target, quarters)
    return (image[::-1], target[::-1]) if mirrored else (image, target)


def _recoloured(image: Image, how: Augmentation, rng: np.random.Generator) -> Image:
    if image.shape[-1] == 3 and rng.random() < how.grey_share:
        image = np.repeat(image.mean(axis=-1, keepdims=True), 3, axis=-1)
    if rng.random() < how.inverted_share:
        image = 1 - image
    if rng.random() < 0.5:
        image = _blurred(image, float(rng.uniform(0, how.blur)))
    channels = image.shape[-1]
    colours = (1 if rng.random() < 0.5 else channels,)
    gamma = np.exp(rng.uniform(-1, 1, colours) * np.log(how.gamma))
    contrast = np.exp(rng.uniform(-1, 1, colours) * np.log(how.contrast))
    brightness = rng.uniform(-how.brightness, how.brightness, colours)
    image = np.clip(image, 0, 1) ** gamma
    image = (image - 0.5) * contrast + 0.5 + brightness
    if rng.random() < 0.5:
        spread = rng.uniform(0, how.noise)
        image = image + spread * rng.standard_normal(image.shape, dtype=np.float32)
    return np.clip(image, 0, 1).astype(np.float32)


def _blurred(image: Image, sigma: float) -> Image:
    blurred = cv2.GaussianBlur(image, (0, 0), max(sigma, 0.05))
    return np.asarray(blurred, dtype=np.float32).reshape(image.shape)


def _rewindowed(
    image: Image,
    inside: NDArray[np.bool_],
    window: tuple[float, float],
    rng: np.random.Generator,
) -> Image:
    """As through another window, with fat put back where the first one cut it off.

    The lower end of ``window`` lies above fat (-100 HU): pixels at 0 inside the body
    are taken for fat, those outside for air.
    """
    low, high = window
    values = low + image[..., 0] * (high - low)
    cut = image[..., 0] < 0.02
    fat = -100 + 15 * rng.standard_normal(values.shape, dtype=np.float32)
    values = np.where(cut, np.where(inside, fat, -1000.0), values)
    new_low, new_high = rng.uniform(-250, 20), rng.uniform(160, 400)
    shown = np.clip((values - new_low) / (new_high - new_low), 0, 1)
    return shown[..., None].astype(np.float32)
