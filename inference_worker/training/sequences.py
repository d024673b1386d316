"""Sequences of neighbouring slices with one target, for networks that remember.

Volumes give real ones, and so do the neighbouring slices of patients of whom only some
are at hand. A still slice or a phantom that is bent a little further with every step
gives others, as video segmentation is taught from pictures (Oh et al., "Video object
segmentation using space-time memory networks", ICCV 2019, section 4.1), and solids
drawn in space give what begins, splits and ends.

Every slice is seen on the region the engine would see: around the target one slice
before, a little off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inference_worker.engines.mem3d.region import (
    WALK_LEAST,
    Square,
    cut,
    cut_mask,
    square_around,
)
from inference_worker.evaluation.cases import CaseFiles, patient_of
from inference_worker.evaluation.reading import read_labels, read_volume
from inference_worker.training.augmentation import view
from inference_worker.training.examples import Source, cases_of, split_patients
from inference_worker.training.prism_phantoms import draw_phantom
from inference_worker.training.targets import (
    HELD_OUT_SHARE,
    PREPROCESSING,
    REFERENCE,
    REFERENCE_PAIRS,
    SEED_OF_SPLIT,
    SOURCES,
    VIEWS,
    Pools,
    phantom,
)

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

LENGTH = 5
"""Slices of a sequence (section 3, training details)."""

STILL_SHARE = 0.12
"""Share of sequences made of one slice or flat phantom."""

SHARES = {"organs": 0.4, "hippocampi": 0.3, "slices": 0.2, "solids": 0.1}
"""Of the others, by what their volume is."""

MARGINS = (0.2, 0.65)
"""Of the regions around the target, about the engine's own."""

GAP_MOST = 6
"""Slices between neighbours in a set that has only some of each patient's."""

AXES = (0.6, 0.2, 0.2)
"""Shares of a volume's orientations; most are read along the first axis."""

END_SHARE = 0.45
"""Share of a volume's sequences in which the target ends: a walk that misses the end
goes on through the rest of the volume."""

SOLIDS = 60
SOLID_SIDE = 56
_SMALLEST = 20
_STILL_SIDE = 192


@dataclass(frozen=True)
class Stack:
    """A labelled volume: uint8 (z, y, x), both.

    ``at``: number of each slice, where they are not one after the other.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    at: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sequences:
    """A batch.

    Attributes
    ----------
    images: float32 (b, LENGTH, 1, side, side) in [0, 1].
    targets: bool (b, LENGTH, 1, side, side); later ones may be empty.
    windows: float32 (b, LENGTH, 4), as ``Mem3D.ask`` takes them.
    """

    images: Floats
    targets: Mask
    windows: Floats


Stacks = dict[str, list[Stack]]
"""By what they are, a key of ``SHARES``."""


def read_stacks(root: Path, seed: int = 0) -> Stacks:
    """Training volumes under ``root``, and solids drawn in space."""
    rng = np.random.default_rng(seed)
    by_folder = {source.folder: source for source in SOURCES}
    hippocampi = by_folder["msd_hippocampus"]
    found: Stacks = {
        "organs": [],
        "hippocampi": [_read(hippocampi, f) for f in _trained(hippocampi, root)],
        "slices": [],
        "solids": [_solid(rng) for _ in range(SOLIDS)],
    }
    folder = root / REFERENCE.folder
    for image, label in REFERENCE_PAIRS:
        if (folder / label).is_file():
            files = CaseFiles(image, folder / image, folder / label)
            found["organs"].append(_read(REFERENCE, files))
    for name in ("msd_liver_slices_256", "nih_pancreas_ct_slices"):
        source = by_folder[name]
        found["slices"] += _neighbours(source, _trained(source, root))
    return {kind: stacks for kind, stacks in found.items() if stacks}


def _trained(source: Source, root: Path) -> list[CaseFiles]:
    cases = cases_of(source, root)
    used, _ = split_patients(
        [patient_of(files.name) for files in cases], HELD_OUT_SHARE, SEED_OF_SPLIT
    )
    return [files for files in cases if patient_of(files.name) in set(used)]


def _read(source: Source, files: CaseFiles) -> Stack:
    volume, labels = read_volume(files.image), read_labels(files.label)
    low, high = PREPROCESSING.intensity.span(volume)
    grey = np.asarray(volume.voxels, dtype=np.float32)
    image = np.rint(255 * np.clip((grey - low) / (high - low), 0, 1))
    return Stack(image.astype(np.uint8), np.where(labels <= 117, labels, 0))


def _neighbours(source: Source, cases: Sequence[CaseFiles]) -> list[Stack]:
    """Runs of at least two slices of a patient, ``GAP_MOST`` apart at most."""
    numbered = []
    for files in cases:
        found = re.fullmatch(r"(.*\D)(\d+)", files.name)
        if found:
            numbered.append((found[1], int(found[2]), files))
    runs: list[list[tuple[str, int, CaseFiles]]] = []
    for each in sorted(numbered, key=lambda one: one[:2]):
        last = runs[-1][-1] if runs else None
        if last and last[0] == each[0] and each[1] - last[1] <= GAP_MOST:
            runs[-1].append(each)
        else:
            runs.append([each])
    stacks = []
    for run in runs:
        planes = [_read(source, files) for _, _, files in run]
        planes = [p for p in planes if p.image.shape == planes[0].image.shape]
        if len(planes) == len(run) > 1:
            images = np.concatenate([_halved(p.image) for p in planes])
            labels = np.concatenate([_halved(p.labels) for p in planes])
            stacks.append(Stack(images, labels, tuple(at for _, at, _ in run)))
    return stacks


def _halved(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(1, y, x) at 256 pixels, where it is larger: regions are smaller still."""
    step = -(-max(plane.shape[1:]) // 256)
    return plane[:, ::step, ::step]


def _solid(rng: np.random.Generator) -> Stack:
    grey, target = draw_phantom(rng, SOLID_SIDE)
    low, high = np.percentile(grey, (0.5, 99.5))
    image = 255 * np.clip((grey - low) / max(float(high - low), 1e-6), 0, 1)
    return Stack(np.rint(image).astype(np.uint8), target.astype(np.uint8))


def draw_sequences(
    stacks: Stacks, pools: Pools, side: int, count: int, rng: np.random.Generator
) -> Sequences:
    """``count`` sequences with one target each, seen in the first slice."""
    kinds = list(stacks)
    shares = np.array([SHARES[kind] for kind in kinds])
    made: list[tuple[Floats, Mask, Floats]] = []
    while len(made) < count:
        if kinds and rng.random() >= STILL_SHARE:
            kind = str(rng.choice(kinds, p=shares / shares.sum()))
            drawn = _from_volume(_any(stacks[kind], rng), rng)
        else:
            drawn = _from_still(pools, rng)
        if drawn is not None and drawn[1][0].sum() >= _SMALLEST:
            planes, masks, at = drawn
            images, targets, windows = _seen(planes, masks, at, side, rng)
            if targets[0].any():
                made.append((_as_scanned(images, rng), targets, windows))
    images, targets, windows = (np.stack(part) for part in zip(*made, strict=True))
    return Sequences(images[:, :, None], targets[:, :, None], windows)


def _any(stacks: Sequence[Stack], rng: np.random.Generator) -> Stack:
    return stacks[int(rng.integers(len(stacks)))]


Drawn = tuple[Floats, Mask, NDArray[np.int64]]
"""Planes (LENGTH, y, x) in [0, 1], the target on them, slice numbers."""


def _from_volume(stack: Stack, rng: np.random.Generator) -> Drawn | None:
    image, labels = stack.image, stack.labels
    if stack.at:
        # To and fro where a patient has fewer slices than a sequence.
        way = int(rng.choice((-1, 1)))
        start = int(rng.integers(len(stack.at)))
        period = max(2 * (len(stack.at) - 1), 1)
        steps = (start + way * np.arange(LENGTH)) % period
        indices = np.where(steps < len(stack.at), steps, period - steps)
        at = np.array(stack.at)[indices]
    else:
        axis = int(rng.choice(3, p=AXES))
        image, labels = np.moveaxis(image, axis, 0), np.moveaxis(labels, axis, 0)
        start = int(rng.integers(len(image)))
    present = np.unique(labels[indices[0] if stack.at else start])
    present = present[present > 0]
    if not present.size:
        return None
    value = rng.choice(present)
    if not stack.at:
        stride = int(rng.integers(1, 4)) * int(rng.choice((-1, 1)))
        if rng.random() < END_SHARE:
            holding = np.flatnonzero((labels == value).any(axis=(1, 2)))
            last = int(holding[-1] if stride > 0 else holding[0])
            start = last - stride * int(rng.integers(LENGTH - 2)) - int(np.sign(stride))
        indices = start + stride * np.arange(LENGTH)
        if indices.min() < 0 or indices.max() >= len(image):
            return None
        at = np.arange(LENGTH)
    planes = np.stack([image[i] for i in indices])
    masks = np.stack([labels[i] == value for i in indices])
    if not masks[0].any():
        return None
    if rng.random() < 0.5:
        planes, masks = planes[:, :, ::-1], masks[:, :, ::-1]
    if rng.random() < 0.15:
        planes, masks = planes.transpose(0, 2, 1), masks.transpose(0, 2, 1)
    if rng.random() < 0.4:
        planes, masks = _turned(planes, masks, rng)
    return planes.astype(np.float32) / np.float32(255), masks, at


def _turned(
    planes: NDArray[np.uint8], masks: Mask, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Mask]:
    """All slices turned and stretched alike, about the first one's target."""
    rows, columns = np.nonzero(masks[0])
    centre = (float(columns.mean()), float(rows.mean()))
    matrix = np.asarray(
        cv2.getRotationMatrix2D(centre, float(rng.uniform(-20, 20)), 1.0), np.float64
    )
    stretch = float(np.exp(rng.uniform(-0.25, 0.25)))
    matrix[0] *= stretch
    matrix[0, 2] += centre[0] * (1 - stretch)
    size = (planes.shape[2], planes.shape[1])
    turned = [cv2.warpAffine(np.ascontiguousarray(p), matrix, size) for p in planes]
    moved = [
        cv2.warpAffine(m.astype(np.uint8), matrix, size, flags=cv2.INTER_NEAREST) > 0
        for m in masks
    ]
    return np.stack(turned).astype(np.uint8), np.stack(moved)


def _from_still(pools: Pools, rng: np.random.Generator) -> Drawn | None:
    """One slice, drifting, growing and bending."""
    side = _STILL_SIDE
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
    if not target.any():
        return None
    extent = square_around(target, 0, 0).side
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    drift = rng.normal(0, 0.05 * extent, 2)
    growth = rng.normal(0, 0.05)
    field = cv2.GaussianBlur(
        rng.standard_normal((side, side, 2)).astype(np.float32), (0, 0), extent / 5
    )
    bend = rng.uniform(0, 0.04) * extent / max(float(field.std()), 1e-6)
    y0, x0 = (float(np.mean(place)) for place in np.nonzero(target))
    planes, masks = [], []
    for step in range(LENGTH):
        scale = float(np.exp(growth * step))
        y = (rows - y0) / scale + y0 - step * (drift[0] + bend * field[..., 0])
        x = (columns - x0) / scale + x0 - step * (drift[1] + bend * field[..., 1])
        maps = x.astype(np.float32), y.astype(np.float32)
        planes.append(
            cv2.remap(still, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        )
        masks.append(cv2.remap(target.astype(np.uint8), *maps, cv2.INTER_NEAREST) > 0)
    return np.stack(planes).astype(np.float32), np.stack(masks), np.arange(LENGTH)


def _seen(
    planes: Floats,
    masks: Mask,
    at: NDArray[np.int64],
    side: int,
    rng: np.random.Generator,
) -> tuple[Floats, Mask, Floats]:
    """The region of each slice, around the target one slice before."""
    margin = float(rng.uniform(*MARGINS))
    images, targets, windows = [], [], []
    last = masks[0]
    for plane, mask, index in zip(planes, masks, at, strict=True):
        square = _moved(square_around(last, margin, WALK_LEAST), rng)
        images.append(cut(plane, square, side))
        targets.append(cut_mask(mask, square, side) >= 0.5)
        windows.append(square.window(int(index)))
        last = mask if mask.any() else last
    return np.stack(images), np.stack(targets), np.array(windows, dtype=np.float32)


def _moved(square: Square, rng: np.random.Generator) -> Square:
    """As what was found one slice before is never quite the target."""
    grown = square.grown(float(np.exp(rng.uniform(-0.1, 0.1))))
    row, column = rng.normal(0, 0.04 * square.side, 2)
    return Square(grown.row + round(row), grown.column + round(column), grown.side)


def _as_scanned(images: Floats, rng: np.random.Generator) -> Floats:
    """One contrast and brightness for the sequence, noise of its own in every slice."""
    gamma = float(np.exp(rng.uniform(-0.3, 0.3)))
    contrast = float(np.exp(rng.uniform(-0.25, 0.25)))
    shown = np.clip((images - 0.5) * contrast + 0.5 + rng.uniform(-0.1, 0.1), 0, 1)
    if rng.random() < 0.03:
        shown = 1 - shown
    if rng.random() < 0.3:
        # Some scans are stored with every slice stretched by itself.
        spread = np.exp(rng.normal(0, 0.1, (len(images), 1, 1)))
        shown = np.clip(shown * spread, 0, 1)
    if rng.random() < 0.2:
        sigma = float(rng.uniform(0.3, 1.2))
        shown = np.stack([cv2.GaussianBlur(p, (0, 0), sigma) for p in shown])
    noise = rng.uniform(0, 0.04) * rng.standard_normal(images.shape)
    return np.clip(shown**gamma + noise, 0, 1).astype(np.float32)
