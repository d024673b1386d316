"""A volume in Hounsfield units written as the DICOM series a scanner would send."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

NAMESPACE = uuid.UUID("e9f5b1c2-0c5e-4f6e-9a39-5f5e7b1f2d10")
INTERCEPT = -1024
STORED_BITS = 12


def write_ct_series(
    folder: Path,
    voxels: NDArray[np.int16],
    affine: NDArray[np.float64],
    *,
    name: str = "Synthetic abdomen",
    window: tuple[float, float] = (60.0, 400.0),
    change: Callable[[FileDataset, int], None] | None = None,
) -> list[Path]:
    """Write one CT Image Storage file per slice and return their paths.

    Parameters
    ----------
    folder : Path
        Exists; files are named by their number.
    voxels : (z, y, x) HU from -1024 to 3071.
    affine : (z, y, x, 1) to LPS mm.
    name : of the study; uids are derived from it, so that the same name gives the same.
    change : called with every data set and its slice before it is written.
    """
    affine = np.asarray(affine, dtype=np.float64)
    common = _common(name, voxels.shape, affine, window)
    paths = []
    for index, plane in enumerate(voxels):
        dataset = _instance(common, name, index)
        position = (affine @ [index, 0, 0, 1])[:3]
        dataset.ImagePositionPatient = [_decimal(value) for value in position]
        dataset.PixelData = (plane.astype(np.int32) - INTERCEPT).astype("<u2").tobytes()
        if change is not None:
            change(dataset, index)
        path = folder / f"{index + 1:04d}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def _uid(*parts: object) -> str:
    return f"2.25.{uuid.uuid5(NAMESPACE, '/'.join(map(str, parts))).int}"


def _decimal(value: float) -> str:
    """A decimal string of at most 16 characters (PS3.5 6.2)."""
    return f"{value:.9g}"


def _instance(common: Dataset, name: str, index: int) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = _uid(name, "instance", index)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = _uid("implementation")
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.update(common)
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.InstanceNumber = index + 1
    return dataset


def _common(
    name: str,
    shape: tuple[int, ...],
    affine: NDArray[np.float64],
    window: tuple[float, float],
) -> Dataset:
    """Everything that is the same in all slices: PS3.3 A.3, CT Image IOD."""
    common = Dataset()
    _identify(common, name)
    step, down, along = affine[:3, 0], affine[:3, 1], affine[:3, 2]
    rows, columns = float(np.linalg.norm(down)), float(np.linalg.norm(along))
    across, downward = along / columns, down / rows
    spacing = abs(float(step @ np.cross(across, downward)))
    common.ImageOrientationPatient = [_decimal(c) for c in (*across, *downward)]
    common.PixelSpacing = [_decimal(rows), _decimal(columns)]
    common.SliceThickness = _decimal(spacing)
    common.Rows, common.Columns = shape[1:]
    common.SamplesPerPixel = 1
    common.PhotometricInterpretation = "MONOCHROME2"
    common.BitsAllocated = 16
    common.BitsStored = STORED_BITS
    common.HighBit = STORED_BITS - 1
    common.PixelRepresentation = 0
    common.RescaleSlope, common.RescaleIntercept = 1, INTERCEPT
    common.RescaleType = "HU"
    common.WindowCenter, common.WindowWidth = window
    return common


def _identify(common: Dataset, name: str) -> None:
    fields: dict[str, Any] = {
        "ImageType": ["DERIVED", "PRIMARY", "AXIAL"],
        "SOPClassUID": CTImageStorage,
        "StudyDate": "20260101",
        "StudyTime": "120000",
        "ContentDate": "20260101",
        "ContentTime": "120000",
        "AccessionNumber": "",
        "Modality": "CT",
        "Manufacturer": "Slicewise",
        "ReferringPhysicianName": "",
        "StudyDescription": name,
        "SeriesDescription": name,
        "PatientName": "Synthetic^Abdomen",
        "PatientID": "SYNTHETIC",
        "PatientBirthDate": "",
        "PatientSex": "O",
        "BodyPartExamined": "ABDOMEN",
        "PatientPosition": "HFS",
        "KVP": 120,
        "StudyInstanceUID": _uid(name, "study"),
        "SeriesInstanceUID": _uid(name, "series"),
        "FrameOfReferenceUID": _uid(name, "frame of reference"),
        "StudyID": "1",
        "SeriesNumber": 1,
        "AcquisitionNumber": 1,
        "PositionReferenceIndicator": "",
    }
    for keyword, value in fields.items():
        setattr(common, keyword, value)
