"""Volumes the harness makes itself, for machines without the data sets.

An abdomen of ellipses in Hounsfield units: enough to see that a study runs, and of no
weight as to how well a method works on patients.
"""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

LABELS = {1: "liver", 2: "pancreas"}

# Centre and radii (z, y, x) as shares of the volume, HU and label, painted in order.
_BODY = ((0.5, 0.5, 0.5), (2.0, 0.38, 0.46), 30.0, 0)
_ORGANS = (
    ((0.5, 0.45, 0.30), (0.55, 0.22, 0.20), 105.0, 1),
    ((0.5, 0.52, 0.55), (0.50, 0.06, 0.14), 85.0, 2),
    ((0.5, 0.50, 0.78), (0.45, 0.12, 0.08), 120.0, 0),
    ((0.5, 0.72, 0.50), (2.0, 0.07, 0.07), 250.0, 0),
)


def phantom(
    seed: int, shape: tuple[int, int, int] = (12, 160, 160)
) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Voxels in HU and labels, both (z, y, x); the same seed makes the same one."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij"))
    bend = [
        ndimage.gaussian_filter(rng.normal(size=shape), (2, 9, 9)) for _ in range(2)
    ]
    for axis, field in zip((1, 2), bend, strict=True):
        grid[axis] += 0.02 * field / field.std()
    voxels = np.full(shape, -900.0)
    labels = np.zeros(shape, dtype=np.uint8)
    for centre, radii, level, label in (_BODY, *_ORGANS):
        place = np.array(centre) + rng.normal(0, 0.015, 3)
        size = np.array(radii) * rng.uniform(0.9, 1.1, 3)
        away = (grid - place[:, None, None, None]) / size[:, None, None, None]
        inside = (away**2).sum(axis=0) < 1
        voxels[inside], labels[inside] = level, label
    voxels = ndimage.gaussian_filter(voxels, (0, 0.8, 0.8)) + rng.normal(0, 14, shape)
    return np.rint(voxels).astype(np.int16), labels


def write_phantoms(folder: Path, count: int) -> Path:
    """Write ``count`` cases as the harness reads them; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    affine = np.diag([-2.2, -2.2, 5.0, 1.0])
    for seed in range(count):
        voxels, labels = phantom(seed)
        for name, array in (("image", voxels), ("label", labels)):
            path = folder / f"phantom_{seed}_{name}.nii.gz"
            image = nib.Nifti1Image(array.transpose(2, 1, 0), affine)  # type: ignore[no-untyped-call]
            nib.save(image, path)
    return folder
