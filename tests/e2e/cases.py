"""Small images with known content at known places, one file per case."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from PIL import Image
from pydicom.dataset import FileDataset

from annotation.synthetic.ct_series import write_ct_series

BRIGHT = 3000
"""Value (HU) of the one voxel by which an image is found on the screen."""

# RAS millimetres, as NIfTI has them; columns are the steps along i, j, k.
AFFINES = {
    "upright": np.array(
        [[-1.0, 0, 0, 40], [0, -1.0, 0, 30], [0, 0, 3.0, -10], [0, 0, 0, 1]]
    ),
    "flipped": np.array(
        [[0.8, 0, 0, -40], [0, 1.6, 0, -30], [0, 0, -4.0, 90], [0, 0, 0, 1]]
    ),
    "oblique": np.array(
        [
            [-0.87, 0.25 * 1.3, 0.5 * 2.5, 12],
            [-0.29, -0.95 * 1.3, 0.1 * 2.5, 5],
            [0.40, -0.19 * 1.3, 0.86 * 2.5, -20],
            [0, 0, 0, 1],
        ]
    ),
}


def write_cases(folder: Path) -> None:
    """Write every case of the suite into ``folder``."""
    for number, (name, affine) in enumerate(AFFINES.items()):
        write_ct(folder / f"{name}.nii.gz", _orthogonal(affine), seed=number)
    write_ct(folder / "timed.nii.gz", AFFINES["upright"], seed=15)
    write_ct(folder / "looks.nii.gz", AFFINES["upright"], seed=98)
    write_cells(folder / "cells.png")
    write_pair(folder)


def write_ct(path: Path, affine: np.ndarray, *, seed: int) -> None:
    """A soft disk in air on six slices of 96 × 80, and one bright voxel."""
    rng = np.random.default_rng(seed)
    i, j = np.mgrid[0:96, 0:80]
    voxels = np.full((96, 80, 6), -1000, dtype=np.int16)
    for k in range(6):
        body = ((i - 48) / 42) ** 2 + ((j - 40) / 34) ** 2 < 1
        organ = ((i - 34 - k) / 14) ** 2 + ((j - 38) / 16) ** 2 < 1
        plane = np.where(organ, 120, np.where(body, 20, -1000))
        voxels[..., k] = plane + np.where(body, rng.normal(0, 8, plane.shape), 0)
    voxels[BRIGHT_AT] = BRIGHT
    image = nib.Nifti1Image(voxels, affine)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)


BRIGHT_AT = (63, 51, 2)
"""Index (i, j, k) of the bright voxel."""


def bright_point(name: str) -> tuple[float, float, float]:
    """LPS millimetres of the bright voxel of a case of ``AFFINES``."""
    x, y, z, _ = _orthogonal(AFFINES[name]) @ [*BRIGHT_AT, 1]
    return (-x, -y, z)


def write_cells(path: Path) -> None:
    """Violet disks on pink, as stained tissue has them; 160 × 120 RGB."""
    y, x = np.mgrid[0:120, 0:160]
    pixels = np.empty((120, 160, 3), dtype=np.uint8)
    pixels[:] = (236, 200, 220)
    for cy, cx in ((30, 40), (80, 70), (60, 125)):
        pixels[(y - cy) ** 2 + (x - cx) ** 2 < 15**2] = (110, 60, 150)
    Image.fromarray(pixels).save(path)


HOT = (-16.0, 2.0, 9.0)
"""LPS millimetres of the hot spot in the coarse series of the pair."""


def write_pair(folder: Path) -> None:
    """Two DICOM series of a patient in one frame of reference: a fine CT, and a coarse
    one, counted from the head, with a hot spot."""
    fine = np.diag([3.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]]
    fine[:3, 3] = [-48, -40, 0]
    coarse = np.diag([-6.0, 4.0, 4.0, 1.0])[[2, 1, 0, 3]]
    coarse[:3, 3] = [-48, -38, 15]
    z, y, x = np.mgrid[0:6, 0:80, 0:96]
    body = ((x - 48) / 42) ** 2 + ((y - 40) / 34) ** 2 < 1
    _write_series(folder / "pair-fine", np.where(body, 20, -1000), fine, "Pair fine")
    z, y, x = np.mgrid[0:4, 0:20, 0:24]
    points = np.stack([z, y, x, np.ones_like(z)], axis=-1) @ coarse.T
    away = np.linalg.norm(points[..., :3] - HOT, axis=-1)
    hot = np.where(away < 9, 1000, 0)
    _write_series(folder / "pair-hot", hot, coarse, "Pair hot", (500.0, 1000.0))


def _write_series(
    folder: Path,
    voxels: np.ndarray,
    affine: np.ndarray,
    name: str,
    window: tuple[float, float] = (40.0, 400.0),
) -> None:
    def change(dataset: FileDataset, _: int) -> None:
        dataset.PatientID = "PAIR"
        dataset.FrameOfReferenceUID = "2.25.4711"

    folder.mkdir()
    write_ct_series(
        folder,
        voxels.astype(np.int16),
        affine,
        name=name,
        window=window,
        change=change,
    )


def _orthogonal(affine: np.ndarray) -> np.ndarray:
    """The nearest affine whose axes are at right angles, steps as they were."""
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    u, _, vt = np.linalg.svd(affine[:3, :3] / steps)
    straight = affine.astype(np.float64).copy()
    straight[:3, :3] = (u @ vt) * steps
    return straight
