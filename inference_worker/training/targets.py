"""Binary targets of every kind: organs, nuclei, and things that never were.

Networks that are told what to segment by marks need no names, so all licensed sets
serve at once, each label a target of its own, and drawn phantoms stand for what no set
shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inference_worker.evaluation.cases import CaseFiles, patient_of
from inference_worker.nets.preprocessing import Frame, Intensity, Preprocessing
from inference_worker.training.augmentation import Augmentation, view
from inference_worker.training.examples import (
    Example,
    Source,
    cases_of,
    read_examples,
    split_patients,
)
from inference_worker.training.recipes import RECIPES

Mask = NDArray[np.bool_]

PREPROCESSING = Preprocessing(
    Intensity(mean=(0.3,), std=(0.3,)), Frame(longest=256, multiple=32)
)
"""Grey slices of any modality, colours by their luminance."""

HELD_OUT_SHARE = 0.25
SEED_OF_SPLIT = 0
"""The split of ``ct-abdomen`` and ``nuclei``: who is held out there is so here."""

_ORGANS = {value: f"structure {value}" for value in range(1, 118)}

SOURCES = tuple(
    source
    for name in ("ct-abdomen-first", "hippocampus", "nuclei")
    for source in RECIPES[name].sources
)

REFERENCE = Source(
    "totalsegmentator_ref", _ORGANS, "Apache-2.0 (masks made by a model)"
)
"""One CT and one MR with many structures; never held out, as they judge nothing."""

REFERENCE_PAIRS = (
    ("example_ct.nii.gz", "example_seg_fast_force_split.nii.gz"),
    ("example_mr_sm.nii.gz", "example_seg_mr.nii.gz"),
)

VIEWS = Augmentation(
    scale=(0.6, 1.8),
    rotation_deg=25,
    turned_share=1.0,
    inverted_share=0.15,
    gamma=1.6,
    contrast=1.5,
    brightness=0.15,
    reflect=True,
)

PHANTOM_SHARE = 0.2
SMALLEST = 20
"""Targets of fewer pixels of a view are not asked for."""


@dataclass(frozen=True)
class Pools:
    """Examples by set, and whose they are."""

    examples: tuple[tuple[Example, ...], ...]
    patients: dict[str, list[str]]


def read_pools(
    root: Path,
    sources: Sequence[Source] = SOURCES,
    prepared: Preprocessing = PREPROCESSING,
) -> Pools:
    """Every training slice of the sets under ``root``; the held out are not read."""
    patients: dict[str, list[str]] = {"train": [], "held_out": []}
    pools = []
    for source in sources:
        cases = cases_of(source, root)
        used, held_out = split_patients(
            [patient_of(files.name) for files in cases], HELD_OUT_SHARE, SEED_OF_SPLIT
        )
        patients["train"] += used
        patients["held_out"] += held_out
        chosen = [files for files in cases if patient_of(files.name) in set(used)]
        pools.append(_read(source, chosen, prepared))
    folder = root / REFERENCE.folder
    pairs = [
        CaseFiles(image, folder / image, folder / label)
        for image, label in REFERENCE_PAIRS
        if (folder / label).is_file()
    ]
    if pairs:
        pools.append(_read(REFERENCE, pairs, prepared))
        patients["train"] += [files.name for files in pairs]
    return Pools(tuple(pool for pool in pools if pool), patients)


def _read(
    source: Source, cases: Sequence[CaseFiles], prepared: Preprocessing
) -> tuple[Example, ...]:
    classes = ("background", *source.labels.values())
    # Crops of a few centimetres are kept at half the frame: views enlarge them.
    if source.folder in ("msd_hippocampus", REFERENCE.folder):
        prepared = replace(prepared, frame=replace(prepared.frame, longest=128))
    return tuple(
        example
        for files in cases
        for example in read_examples(source, files, classes, prepared, 1)
        if example.target.any()
    )


def draw_targets(
    pools: Pools,
    side: int,
    count: int,
    rng: np.random.Generator,
    *,
    fitted: bool = False,
) -> tuple[NDArray[np.float32], Mask]:
    """``count`` views with one target each.

    Parameters
    ----------
    fitted: a view of scale 1 holds the whole slice, whatever its size; without, its
        pixels are the example's.

    Returns
    -------
    images: float32 (count, 1, side, side) in [0, 1]. targets: bool (count, side, side).
    """
    images: list[NDArray[np.float32]] = []
    targets: list[Mask] = []
    while len(images) < count:
        if not pools.examples or rng.random() < PHANTOM_SHARE:
            image, target = phantom(side, rng)
        else:
            pool = pools.examples[int(rng.integers(len(pools.examples)))]
            example = pool[int(rng.integers(len(pool)))]
            how = VIEWS
            if fitted:
                fit = side / max(example.target.shape)
                how = replace(VIEWS, scale=(fit * VIEWS.scale[0], fit * VIEWS.scale[1]))
            image, classes = view(example, side, how, rng)
            present = np.unique(classes[classes > 0])
            if not present.size:
                continue
            target = classes == rng.choice(present)
        if SMALLEST <= target.sum() <= 0.8 * target.size:
            images.append(image)
            targets.append(target)
    return np.stack(images), np.stack(targets)


def phantom(side: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], Mask]:
    """Bent ellipses over one another in a textured ground, and one of them.

    Each covers those drawn before; the target is what is seen of one.

    Returns
    -------
    image: float32 (1, side, side) in [0, 1]. target: bool (side, side).
    """
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    bend = _smooth(side, side / 8, rng), _smooth(side, side / 8, rng)
    amount = side * rng.uniform(0.0, 0.08)
    y, x = rows + amount * bend[0], columns + amount * bend[1]
    image = np.float32(0.5 * rng.random()) + np.float32(0.15 * rng.random()) * _smooth(
        side, side / 4, rng
    )
    owner = np.zeros((side, side), dtype=np.int64)
    for number in range(1, int(rng.integers(3, 12))):
        centre = rng.uniform(0, side, 2)
        radii = side * np.exp(rng.uniform(np.log(0.04), np.log(0.35), 2))
        angle = rng.uniform(0, np.pi)
        dy, dx = y - centre[0], x - centre[1]
        along = (dy * np.cos(angle) + dx * np.sin(angle)) / radii[0]
        across = (dx * np.cos(angle) - dy * np.sin(angle)) / radii[1]
        inside = along**2 + across**2 < 1
        grain = rng.uniform(0, 0.08) * _smooth(side, rng.uniform(0.7, 4), rng)
        grain += np.float32(rng.uniform(0.05, 0.95))
        image = np.where(inside, grain.astype(np.float32), image)
        owner[inside] = number
    blurred = cv2.GaussianBlur(image.astype(np.float32), (0, 0), rng.uniform(0.4, 1.5))
    noisy = blurred + rng.uniform(0, 0.06) * rng.standard_normal(blurred.shape)
    seen = np.unique(owner[owner > 0])
    target = owner == rng.choice(seen)
    return np.clip(noisy, 0, 1)[None].astype(np.float32), target


def _smooth(side: int, sigma: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise of unit variance with bumps of ``sigma`` pixels."""
    noise = rng.standard_normal((side, side)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), max(float(sigma), 0.5))
    return np.asarray(smooth / max(float(smooth.std()), 1e-6), dtype=np.float32)
