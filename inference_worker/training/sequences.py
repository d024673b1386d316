"""Sequences of neighbouring slices with one target, for networks that remember.

Volumes give real ones; a still slice or a phantom that is bent a little further with
every step gives others, as video segmentation is taught from pictures (Oh et al.,
"Video object segmentation using space-time memory networks", ICCV 2019, section 4.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inference_worker.evaluation.cases import CaseFiles, patient_of
from inference_worker.evaluation.reading import read_labels, read_volume
from inference_worker.training.augmentation import view
from inference_worker.training.examples import Source, cases_of, split_patients
from inference_worker.training.targets import (
    HELD_OUT_SHARE,
    PREPROCESSING,
    REFERENCE,
    REFERENCE_PAIRS,
    SEED_OF_SPLIT,
    SMALLEST,
    SOURCES,
    VIEWS,
    Pools,
    phantom,
)

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

LENGTH = 5
"""Slices of a sequence (section 3, training details)."""

STILL_SHARE = 0.35
"""Share of sequences made of one slice or phantom."""


@dataclass(frozen=True)
class Stack:
    """A labelled volume in one of its three orientations: uint8 (z, y, x), both."""

    image: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def read_stacks(root: Path) -> list[Stack]:
    """Training volumes under ``root``: hippocampi, and the reference CT three ways."""
    hippocampi = next(s for s in SOURCES if s.folder == "msd_hippocampus")
    cases = cases_of(hippocampi, root)
    used, _ = split_patients(
        [patient_of(files.name) for files in cases], HELD_OUT_SHARE, SEED_OF_SPLIT
    )
    chosen = [files for files in cases if patient_of(files.name) in set(used)]
    stacks = [_read(hippocampi, files) for files in chosen]
    folder = root / REFERENCE.folder
    image, label = REFERENCE_PAIRS[0]
    if (folder / label).is_file():
        whole = _read(REFERENCE, CaseFiles(image, folder / image, folder / label))
        # Three views of many organs weigh as much as the hippocampi together.
        for axis in range(3):
            turned = Stack(
                np.moveaxis(whole.image, axis, 0), np.moveaxis(whole.labels, axis, 0)
            )
            stacks += [turned] * max(len(chosen) // 3, 1)
    return stacks


def _read(source: Source, files: CaseFiles) -> Stack:
    volume, labels = read_volume(files.image), read_labels(files.label)
    low, high = PREPROCESSING.intensity.span(volume)
    grey = np.asarray(volume.voxels, dtype=np.float32)
    image = np.rint(255 * np.clip((grey - low) / (high - low), 0, 1))
    return Stack(image.astype(np.uint8), np.where(labels <= 117, labels, 0))


def draw_sequences(
    stacks: Sequence[Stack],
    pools: Pools,
    side: int,
    count: int,
    rng: np.random.Generator,
) -> tuple[Floats, Mask]:
    """``count`` sequences with one target each, seen in the first slice.

    Returns
    -------
    images: float32 (count, LENGTH, 1, side, side) in [0, 1].
    targets: bool (count, LENGTH, side, side); later ones may be empty.
    """
    images: list[Floats] = []
    targets: list[Mask] = []
    while len(images) < count:
        if stacks and rng.random() >= STILL_SHARE:
            drawn = _from_volume(stacks[int(rng.integers(len(stacks)))], side, rng)
        else:
            drawn = _from_still(pools, side, rng)
        if drawn is not None and SMALLEST <= drawn[1][0].sum() <= 0.7 * side**2:
            images.append(_as_scanned(drawn[0], rng)[:, None])
            targets.append(drawn[1])
    return np.stack(images), np.stack(targets)


def _from_volume(
    stack: Stack, side: int, rng: np.random.Generator
) -> tuple[Floats, Mask] | None:
    depth = len(stack.image)
    stride = int(rng.integers(1, 3)) * int(rng.choice((-1, 1)))
    start = int(rng.integers(depth))
    indices = start + stride * np.arange(LENGTH)
    if indices.min() < 0 or indices.max() >= depth:
        return None
    present = np.unique(stack.labels[start])
    present = present[present > 0]
    if not present.size:
        return None
    target = stack.labels[indices] == rng.choice(present)
    rows, columns = np.nonzero(target[0])
    fits = side / max(stack.image.shape[1:])
    scale = fits * float(np.exp(rng.uniform(np.log(0.6), np.log(1.8))))
    at = int(rng.integers(len(rows)))
    matrix = _placing(
        (columns[at], rows[at]), side, scale, float(rng.uniform(-25, 25)), rng
    )
    planes = np.stack([_warped(stack.image[i], matrix, side) for i in indices])
    masks = np.stack([_warped(mask, matrix, side) > 0 for mask in target])
    if rng.random() < 0.5:
        planes, masks = planes[:, :, ::-1], masks[:, :, ::-1]
    return (planes / np.float32(255)).astype(np.float32), masks


def _placing(
    at: tuple[float, float],
    side: int,
    scale: float,
    angle: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Affine that turns and scales about (x, y) and lands it near the middle."""
    x, y = float(at[0]), float(at[1])
    matrix = np.asarray(cv2.getRotationMatrix2D((x, y), angle, scale), np.float64)
    matrix[0, 2] += side * rng.uniform(0.25, 0.75) - x
    matrix[1, 2] += side * rng.uniform(0.25, 0.75) - y
    return matrix


def _warped(
    plane: NDArray[np.uint8] | Mask, matrix: NDArray[np.float64], side: int
) -> NDArray[np.uint8]:
    smooth = plane.dtype != np.bool_
    turned = cv2.warpAffine(
        np.ascontiguousarray(plane, dtype=np.uint8),
        matrix,
        (side, side),
        flags=cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST,
    )
    return np.asarray(turned, dtype=np.uint8)


def _from_still(
    pools: Pools, side: int, rng: np.random.Generator
) -> tuple[Floats, Mask] | None:
    """One slice, drifting, growing and bending."""
    if pools.examples and rng.random() < 0.7:
        pool = pools.examples[int(rng.integers(len(pools.examples)))]
        image, classes = view(pool[int(rng.integers(len(pool)))], side, VIEWS, rng)
        present = np.unique(classes[classes > 0])
        if not present.size:
            return None
        still, target = image[0], classes == rng.choice(present)
    else:
        image, target = phantom(side, rng)
        still = image[0]
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    drift = rng.normal(0, 0.012 * side, 2)
    growth = rng.normal(0, 0.03)
    field = cv2.GaussianBlur(
        rng.standard_normal((side, side, 2)).astype(np.float32), (0, 0), side / 12
    )
    bend = rng.uniform(0, 0.012) * side / max(float(field.std()), 1e-6)
    planes, masks = [], []
    for step in range(LENGTH):
        scale = 1 + growth * step
        y = (
            (rows - side / 2) / scale
            + side / 2
            - step * (drift[0] + bend * field[..., 0])
        )
        x = (
            (columns - side / 2) / scale
            + side / 2
            - step * (drift[1] + bend * field[..., 1])
        )
        maps = x.astype(np.float32), y.astype(np.float32)
        planes.append(
            cv2.remap(still, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        )
        masks.append(cv2.remap(target.astype(np.uint8), *maps, cv2.INTER_NEAREST) > 0)
    return np.stack(planes).astype(np.float32), np.stack(masks)


def _as_scanned(images: Floats, rng: np.random.Generator) -> Floats:
    """One contrast and brightness for the sequence, noise of its own in every slice."""
    gamma = float(np.exp(rng.uniform(-0.4, 0.4)))
    contrast = float(np.exp(rng.uniform(-0.3, 0.3)))
    shown = np.clip((images - 0.5) * contrast + 0.5 + rng.uniform(-0.1, 0.1), 0, 1)
    if rng.random() < 0.1:
        shown = 1 - shown
    noise = rng.uniform(0, 0.05) * rng.standard_normal(images.shape)
    return np.clip(shown**gamma + noise, 0, 1).astype(np.float32)
