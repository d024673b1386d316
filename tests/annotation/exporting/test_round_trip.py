"""From a file, through the store, back to a file: a voxel marked at a point in the
patient is marked at that point in every program that reads the export."""

from itertools import product
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest

from annotation.models import Project, Volume
from annotation.services.export import project_export
from annotation.services.project import project_open
from annotation.services.volume_import import cases_import, import_limits
from annotation.standards.folder import scan
from inference_worker.contract.geometry import Geometry
from inference_worker.contract.store import read_volume
from tests.annotation.exporting.saved import save, session_of
from tests.annotation.standards.series_files import random_hu, write

pytestmark = pytest.mark.django_db

SHAPE = (4, 5, 6)  # slices, rows, columns


def turned(a: float, b: float, c: float) -> np.ndarray:
    z = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    y = [[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]]
    x = [[1, 0, 0], [0, np.cos(c), -np.sin(c)], [0, np.sin(c), np.cos(c)]]
    return np.array(z) @ np.array(y) @ np.array(x)


FRAMES = {
    "axial": np.eye(3),
    "oblique": turned(0.3, -0.4, 0.2),
    "sagittal": np.array([[0, 0, -1.0], [1, 0, 0], [0, -1, 0]]),
    "coronal": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "feet first": np.diag([1.0, -1, -1]),
    "prone": np.diag([-1.0, -1, 1]),
}
SPACINGS = {"even": (1, 1, 1), "thick": (5, 0.7, 0.9), "thin": (0.4, 1.5, 1.2)}


@pytest.fixture
def project(file_store: Path) -> Project:
    return project_open(name="P", labels={"organ": 1})


def bring_in(project: Project, folder: Path) -> Volume:
    scratch = folder.parent / "scratch"
    scratch.mkdir()
    limits = import_limits()
    cases = scan(folder, limits, scratch=scratch).cases
    list(cases_import(project=project, cases=cases, limits=limits))
    return Volume.objects.get()


def marked(volume: Volume, store: Path, points: list[np.ndarray]) -> np.ndarray:
    """A mask with the voxels at ``points`` (LPS) set, as the viewer would."""
    stored = read_volume(store, volume.key)
    geometry = Geometry(stored.shape, stored.geometry.affine)
    labels = np.zeros(stored.shape, np.uint8)
    for point in points:
        exact = geometry.to_voxels(point)[0]
        voxel = np.rint(exact).astype(int)
        assert exact == pytest.approx(voxel, abs=1e-3)
        labels[tuple(voxel)] = 1
    return labels


def exported(project: Project, out: Path) -> nib.Nifti1Image:
    project_export(project=project, out=out)
    (path,) = out.rglob("*.nii.gz")
    return nib.load(path)


def found_at(image: nib.Nifti1Image) -> set[tuple[float, ...]]:
    """LPS points, to a hundredth of a mm, of the voxels set in a NIfTI file."""
    indices = np.argwhere(np.asarray(image.dataobj) == 1)
    ras = nib.affines.apply_affine(image.affine, indices)
    return {tuple(p) for p in np.round(ras * [-1, -1, 1], 2) + 0.0}


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("spacing", SPACINGS)
def test_dicom_pixels_are_found_where_their_headers_say(
    project: Project, file_store: Path, tmp_path: Path, frame: str, spacing: str
) -> None:
    affine = np.eye(4)
    affine[:3, :3] = (FRAMES[frame] * np.array(SPACINGS[spacing])[::-1])[:, ::-1]
    if frame == "prone":  # and a tilted gantry
        affine[:3, 0] += 0.3 * affine[:3, 1]
    affine[:3, 3] = [-31.5, 12.25, 800]
    paths = write(tmp_path / "in", random_hu(*SHAPE), affine)
    volume = bring_in(project, tmp_path / "in")
    points = []
    for number, row, column in [(0, 0, 0), (1, 4, 2), (3, 1, 5)]:
        header = pydicom.dcmread(paths[number])
        # PS3.3 equation C.7.6.2.1-1, from the header alone.
        x, y = np.split(np.array(header.ImageOrientationPatient, dtype=float), 2)
        down, along = (float(value) for value in header.PixelSpacing)
        start = np.array(header.ImagePositionPatient, dtype=float)
        point = start + x * along * column + y * down * row
        points.append(point)
        stored = read_volume(file_store, volume.key)
        voxel = tuple(np.rint(stored.geometry.to_voxels(point)[0]).astype(int))
        assert stored.voxels[voxel] == header.pixel_array[row, column] - 1024
    save(session_of(volume), marked(volume, file_store, points))
    image = exported(project, tmp_path / "out")
    expected = {tuple(np.round(point, 2) + 0.0) for point in points}
    assert found_at(image) == expected


@pytest.mark.parametrize("frame", ["axial", "oblique", "sagittal"])
@pytest.mark.parametrize(
    ("order", "flips"), list(product(["ijk", "kij", "jik"], [0, 5, 7]))
)
def test_nifti_masks_lie_on_the_very_grid_of_their_image(
    project: Project,
    file_store: Path,
    tmp_path: Path,
    frame: str,
    order: str,
    flips: int,
) -> None:
    axes = ["ijk".index(name) for name in order]
    signs = np.array([-1 if flips >> bit & 1 else 1 for bit in range(3)])
    affine = np.eye(4)
    affine[:3, :3] = (FRAMES[frame] * [0.7, 0.9, 4.0] * signs)[:, axes]
    affine[:3, 3] = [10, -20.5, 30.25]
    values = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    (tmp_path / "in").mkdir()
    source = nib.Nifti1Image(values, affine)
    nib.save(source, tmp_path / "in" / "a.nii.gz")
    volume = bring_in(project, tmp_path / "in")
    indices = [(0, 0, 0), (3, 4, 5), (1, 2, 0)]
    points = [
        nib.affines.apply_affine(affine, index) * [-1, -1, 1] for index in indices
    ]
    save(session_of(volume), marked(volume, file_store, points))
    image = exported(project, tmp_path / "out")
    assert image.shape == source.shape
    assert image.affine == pytest.approx(affine, abs=1e-5)
    assert {tuple(i) for i in np.argwhere(np.asarray(image.dataobj))} == set(indices)
