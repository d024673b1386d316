"""Small generated cases in a folder, as the harness reads them."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest


def write_case(folder: Path, name: str, seed: int, slices: int = 4) -> None:
    """A bright disk (label 1) and a grey square (label 2) in noise."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((48, 48, slices + 2), np.uint8)
    y, x = np.mgrid[:48, :48]
    for index in range(1, slices + 1):
        labels[..., index][(y - 16) ** 2 + (x - 18 - index) ** 2 < 80] = 1
        labels[30:40, 28:40, index] = 2
    levels = np.array([20, 160, 80])
    image = (levels[labels] + rng.normal(0, 5, labels.shape)).astype(np.int16)
    affine = np.diag([-1.0, -1.0, 4.0, 1.0])
    nib.save(nib.Nifti1Image(image, affine), folder / f"{name}_image.nii.gz")
    nib.save(nib.Nifti1Image(labels, affine), folder / f"{name}_label.nii.gz")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two cases of four labelled slices."""
    folder = tmp_path / "cases"
    folder.mkdir()
    write_case(folder, "case_1", 1)
    write_case(folder, "case_2", 2)
    return folder
