"""Tiny DICOM series, written for the tests that read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, EnhancedMRImageStorage, ExplicitVRLittleEndian

from annotation.standards.dicom import Series, group_series, read_series
from annotation.standards.dicom_file import read_header
from annotation.standards.image import Image
from annotation.standards.limits import Limits
from annotation.synthetic.ct_series import write_ct_series

LIMITS = Limits()
AXIAL = np.array(
    # step along z, y, x as columns; LPS rows
    [[0, 0, 0.7, -10], [0, 0.8, 0, -20], [3.0, 0, 0, 40], [0, 0, 0, 1]],
    dtype=float,
)


def random_hu(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-1024, 3072, shape, dtype=np.int16)


def ramp_hu(*shape: int) -> np.ndarray:
    """Smooth enough for every encoder."""
    return (
        np.arange(np.prod(shape), dtype=np.int32).reshape(shape).astype(np.int16) % 900
    )


def write(
    folder: Path,
    voxels: np.ndarray,
    affine: np.ndarray = AXIAL,
    *,
    name: str = "Tiny",
    change: Callable[[FileDataset, int], None] | None = None,
) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    return write_ct_series(folder, voxels, affine, name=name, change=change)


def series_in(paths: Iterable[Path]) -> list[Series]:
    return group_series([(path, read_header(path, LIMITS)) for path in paths])


def read(paths: Iterable[Path], limits: Limits = LIMITS) -> Image:
    (series,) = series_in(paths)
    return read_series(series, limits)


def compress(syntax: UID) -> Callable[[FileDataset, int], None]:
    def change(dataset: FileDataset, index: int) -> None:
        dataset.compress(syntax, generate_instance_uid=False)

    return change


def enhanced(path: Path, stored: np.ndarray, positions: np.ndarray) -> Path:
    """One multi-frame MR file: (frames, y, x) uint16; the slope of frame n is n + 1."""
    dataset = FileDataset(None, {}, preamble=b"\0" * 128)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta = meta
    dataset.SOPClassUID = EnhancedMRImageStorage
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3", "1.2.3.1"
    dataset.Modality = "MR"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = stored.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    measures, orientation = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.5, 0.25], 2
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared = Dataset()
    shared.PixelMeasuresSequence = [measures]
    shared.PlaneOrientationSequence = [orientation]
    dataset.SharedFunctionalGroupsSequence = [shared]
    groups = []
    for number, position in enumerate(positions):
        place, meaning, group = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [float(v) for v in position]
        meaning.RescaleSlope, meaning.RescaleIntercept = number + 1, -5
        meaning.RescaleType = "US"
        group.PlanePositionSequence = [place]
        group.PixelValueTransformationSequence = [meaning]
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = groups
    dataset.PixelData = stored.astype("<u2").tobytes()
    dataset.save_as(path, enforce_file_format=True)
    return path
