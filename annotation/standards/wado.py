"""Stored volumes as a WADO-RS server shows them: uids, metadata and frames.

Whatever a volume came from, the viewer meets one series of single-frame instances on
an LPS grid; nothing of the original headers, and so nothing of a patient, is in it.
References: PS3.18 10.4 (retrieve), PS3.18 F (DICOM JSON model).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from inference_worker.contract.errors import AccessRefused

UUID_ROOT = "2.25."
STUDIES = uuid.UUID("5c2a4a3e-3c8e-4b53-9d0b-6f1d9f6c2a11")
FRAMES_OF_REFERENCE = uuid.UUID("0b9f6f0a-58c5-4f0e-8a3c-0d6d1f3f9b7e")
SOP_CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
}
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
COLOR = "1.2.840.10008.5.1.4.1.1.77.1.4"


def study_uid(key: str) -> str:
    """Return the study of a volume: one of its own."""
    return UUID_ROOT + str(uuid.uuid5(STUDIES, key).int)


def series_uid(key: str) -> str:
    """Return the series of a volume: its key as a UUID-derived uid (PS3.5 B.2)."""
    return UUID_ROOT + str(int(key, 16))


def instance_uids(key: str, count: int) -> list[str]:
    """Return the instances of a volume in slice order, from slice 0."""
    series = series_uid(key)
    return [f"{series}.{index + 1}" for index in range(count)]


def key_of_series(uid: str) -> str:
    """Return the key whose series ``uid`` names; refuse what names none."""
    digits = uid.removeprefix(UUID_ROOT)
    if digits == uid or not digits.isdecimal() or int(digits) >= 1 << 128:
        raise AccessRefused("missing", "There is no such series.")
    return f"{int(digits):032x}"


def slice_of_instance(series: str, instance: str, count: int) -> int:
    """Return which slice of the series an instance is; refuse what is none."""
    number = instance.removeprefix(f"{series}.")
    if not number.isdecimal() or not 1 <= int(number) <= count:
        raise AccessRefused("missing", "There is no such instance.")
    return int(number) - 1


def series_metadata(
    *,
    key: str,
    shape: Sequence[int],
    affine: NDArray[np.float64],
    channels: int,
    dtype: str,
    modality: str,
    window: Sequence[float],
    scale: Mapping[str, float] | None = None,
) -> list[dict[str, Any]]:
    """Return the DICOM JSON of every instance of a volume, in slice order.

    Parameters
    ----------
    key : str
        Under which the volume is stored.
    shape : (z, y, x).
    affine : (4, 4), (z, y, x, 1) to LPS mm.
    channels : 1 or 3.
    dtype : of the stored voxels, as numpy writes it.
    window : (centre, width) in units of the voxels.
    scale : what `display.display_scale` said of the volume.
    """
    common = _plane_module(affine, shape)
    common.update(_pixel_module(shape, channels, dtype, scale))
    common.StudyInstanceUID = study_uid(key)
    common.SeriesInstanceUID = series_uid(key)
    common.FrameOfReferenceUID = UUID_ROOT + str(
        uuid.uuid5(FRAMES_OF_REFERENCE, key).int
    )
    common.SOPClassUID = _sop_class(modality, channels)
    common.Modality = modality
    common.SeriesNumber = 1
    common.AvailableTransferSyntaxUID = ExplicitVRLittleEndian
    if channels == 1:
        common.WindowCenter, common.WindowWidth = window
    same = common.to_json_dict()
    return [
        {
            **same,
            "00080018": {"vr": "UI", "Value": [uid]},
            "00200013": {"vr": "IS", "Value": [index + 1]},
            # Numbers, not decimal strings: those are cut to 16 characters.
            "00200032": {"vr": "DS", "Value": (affine @ [index, 0, 0, 1])[:3].tolist()},
        }
        for index, uid in enumerate(instance_uids(key, int(shape[0])))
    ]


def _plane_module(affine: NDArray[np.float64], shape: Sequence[int]) -> Dataset:
    step, down, along = affine[:3, 0], affine[:3, 1], affine[:3, 2]
    row_spacing, column_spacing = np.linalg.norm(down), np.linalg.norm(along)
    cosines = [*(along / column_spacing), *(down / row_spacing)]
    normal = np.cross(along / column_spacing, down / row_spacing)
    plane = Dataset()
    plane.ImageOrientationPatient = [round(float(c), 12) for c in cosines]
    plane.PixelSpacing = [
        round(float(row_spacing), 12),
        round(float(column_spacing), 12),
    ]
    plane.SliceThickness = round(abs(float(step @ normal)), 12)
    if shape[0] > 1:
        plane.SpacingBetweenSlices = round(abs(float(step @ normal)), 12)
    return plane


def _pixel_module(
    shape: Sequence[int],
    channels: int,
    dtype: str,
    scale: Mapping[str, float] | None,
) -> Dataset:
    pixels = Dataset()
    pixels.Rows, pixels.Columns = int(shape[1]), int(shape[2])
    pixels.SamplesPerPixel = channels
    if channels == 3:
        pixels.PhotometricInterpretation = "RGB"
        pixels.PlanarConfiguration = 0
        pixels.BitsAllocated = pixels.BitsStored = 8
        pixels.HighBit = 7
        pixels.PixelRepresentation = 0
        return pixels
    pixels.PhotometricInterpretation = "MONOCHROME2"
    pixels.BitsAllocated = pixels.BitsStored = 16
    pixels.HighBit = 15
    pixels.PixelRepresentation = 0 if np.dtype(dtype).kind == "u" else 1
    pixels.RescaleSlope = 1 if scale is None else _decimal(scale["slope"])
    pixels.RescaleIntercept = 0 if scale is None else _decimal(scale["intercept"])
    return pixels


def _decimal(value: float) -> float:
    """The value in the 16 characters that a decimal string has (PS3.5 6.2)."""
    return float(f"{value:.9g}")


def _sop_class(modality: str, channels: int) -> str:
    if channels == 3:
        return COLOR
    return SOP_CLASSES.get(modality, SECONDARY_CAPTURE)
