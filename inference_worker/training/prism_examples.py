"""Crops to train PRISM on: real volumes by patient, and phantoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from inference_worker.evaluation.cases import find_cases, patient_of
from inference_worker.evaluation.reading import read_labels, read_volume
from inference_worker.nets.prism_prompts import standardise
from inference_worker.training.examples import split_patients
from inference_worker.training.prism_phantoms import draw_phantom

HIPPOCAMPUS = "msd_hippocampus"
TOTAL = "totalsegmentator_ref"

TOTAL_PAIRS = (
    ("example_ct", "example_seg_fast_force_split"),
    ("example_ct_sm", "example_seg"),
    ("example_mr_sm", "example_seg_mr"),
)

LICENCES = {
    HIPPOCAMPUS: "CC BY-SA 4.0 (Medical Segmentation Decathlon)",
    TOTAL: "Apache-2.0 (labels made by a model)",
    "generated phantoms": "our own",
}

HELD_OUT_SHARE = 0.25
"""Of the hippocampus patients; never trained on."""

_TARGET_LEAST = 40

_WINDOWS = ((-160.0, 240.0), (-160.0, 240.0), (-1000.0, 600.0), (-200.0, 600.0))
"""In Hounsfield units; what a CT crop shows varies with them."""

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Scan:
    """One labelled volume of nearly isotropic voxels.

    Attributes
    ----------
    voxels: (z, y, x). labels: uint8 (z, y, x). hounsfield: whether it is CT in HU.
    """

    patient: str
    voxels: NDArray[np.generic]
    labels: NDArray[np.uint8]
    hounsfield: bool


def held_out_patients(root: Path, seed: int = 0) -> tuple[list[str], list[str]]:
    """Hippocampus patients to train on, and those held out."""
    found = find_cases(root / HIPPOCAMPUS)
    patients = [patient_of(files.name) for files in found]
    return split_patients(patients, HELD_OUT_SHARE, seed)


def read_scans(root: Path, patients: Sequence[str]) -> list[Scan]:
    """Volumes of the hippocampus ``patients``, and the whole of the other set."""
    used = set(patients)
    scans = []
    for files in find_cases(root / HIPPOCAMPUS):
        patient = patient_of(files.name)
        if patient in used:
            scans.append(_scan(patient, files.image, files.label))
    for image, label in TOTAL_PAIRS:
        paths = (root / TOTAL / f"{name}.nii.gz" for name in (image, label))
        scans.append(_scan(f"{TOTAL}/{image}", *paths))
    return scans


def _scan(patient: str, image: Path, label: Path) -> Scan:
    volume = read_volume(image)
    return Scan(patient, volume.voxels, read_labels(label), volume.modality == "CT")


def draw_crop(
    scans: Sequence[Scan], rng: np.random.Generator, patch: int
) -> tuple[Grey, Mask]:
    """A standardised image and its target, (p, p, p) each, never empty.

    Half of the crops are phantoms, a quarter each of the two sets.
    """
    while True:
        kind = rng.random()
        if kind < 0.5 or not scans:
            image, target = draw_phantom(rng, patch)
        else:
            wanted = TOTAL if kind < 0.75 else ""
            of_kind = [s for s in scans if s.patient.startswith(TOTAL) is bool(wanted)]
            chosen = of_kind or scans
            image, target = _view(chosen[int(rng.integers(len(chosen)))], rng, patch)
        if target.sum() >= _TARGET_LEAST:
            return standardise(_spoil(image, rng)), target


def _view(scan: Scan, rng: np.random.Generator, patch: int) -> tuple[Grey, Mask]:
    """A turned, scaled and mirrored cut centred near a voxel of a random target."""
    present = np.unique(scan.labels)
    classes = [int(v) for v in present if v]
    chosen = [int(rng.choice(classes))]
    if rng.random() < 0.35:
        chosen = classes if len(classes) < 4 else [*chosen, int(rng.choice(classes))]
    mask = np.isin(scan.labels, chosen)
    inside = np.argwhere(mask)
    centre = inside[int(rng.integers(len(inside)))] + rng.normal(0, patch / 8, 3)
    scale = np.exp(rng.uniform(np.log(0.6), np.log(1.5)))
    axes = np.eye(3)[rng.permutation(3)] * rng.choice((-1.0, 1.0), 3)
    turn = Rotation.from_rotvec(rng.normal(0, 0.15, 3)).as_matrix()
    matrix = turn @ axes / scale
    offset = centre - matrix @ np.full(3, (patch - 1) / 2)
    cut = {"output_shape": (patch,) * 3, "order": 1, "mode": "nearest"}
    grey = _window(scan, rng)
    image = ndimage.affine_transform(grey, matrix, offset, **cut)
    cut["mode"] = "constant"
    target = ndimage.affine_transform(mask.astype(np.float32), matrix, offset, **cut)
    return image, np.asarray(target > 0.5)


def _window(scan: Scan, rng: np.random.Generator) -> Grey:
    voxels = np.asarray(scan.voxels, dtype=np.float32)
    if not scan.hounsfield:
        return voxels
    low, high = _WINDOWS[int(rng.integers(len(_WINDOWS)))]
    return np.clip(voxels, low, high)


def _spoil(image: Grey, rng: np.random.Generator) -> Grey:
    """Thick slices, another contrast, more noise, as other machines have them."""
    image = standardise(image)
    if rng.random() < 0.4:
        axis, step = int(rng.integers(3)), float(rng.uniform(1.5, 5.0))
        side = image.shape[axis]
        kept = np.arange(0, side + step - 1, step)
        at = np.clip(kept, 0, side - 1).round().astype(int)
        planes = np.moveaxis(image, axis, 0)[at]
        here = np.interp(np.arange(side), kept, np.arange(len(kept)))
        low = np.minimum(here.astype(int), len(kept) - 2)
        share = (here - low)[:, None, None]
        mixed = (1 - share) * planes[low] + share * planes[low + 1]
        image = np.moveaxis(mixed.astype(np.float32), 0, axis)
    if rng.random() < 0.5:
        shifted = image - image.min()
        peak = max(float(shifted.max()), 1e-6)
        image = (shifted / peak) ** np.exp(rng.normal(0, 0.3)) * 3
    if rng.random() < 0.2:
        image = -image
    noise = rng.uniform(0.05, 0.3) if rng.random() < 0.3 else 0.0
    return np.asarray(image + noise * rng.normal(size=image.shape), dtype=np.float32)
