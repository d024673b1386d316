"""Frames of DICOM images: where each lies and what its stored values mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels import apply_color_lut, apply_modality_lut, iter_pixels

from annotation.standards.dicom_file import read_dataset, speak_of_damage
from annotation.standards.gdcm_pixels import TWELVE_BIT_JPEG, decode_by_gdcm
from annotation.standards.image import rescaled
from annotation.standards.limits import Limits
from annotation.standards.stack import Plane
from inference_worker.contract.errors import ImportRefused


@dataclass(frozen=True)
class Frame:
    """One slice in one file.

    Attributes
    ----------
    number: of the frame in its file, from 0.
    plane: where it lies; None for images without a place (radiographs, photographs).
    rescale: (slope, intercept) to its units; None where a modality table is applied.
    window: (centre, width) in those units, or None.
    kinds: what may tell apart slices at one place: frame type, echo, acquisition, time
        and diffusion weighting, as text.
    """

    path: Path
    number: int
    sop_uid: str
    plane: Plane | None
    rescale: tuple[float, float] | None
    window: tuple[float, float] | None
    kinds: tuple[str, ...] = ()


# Where each of `Frame.kinds` stands: in functional groups of enhanced images (sequence,
# keyword), and in plain ones. PS3.3 C.8.13, C.8.15, C.7.6.16.2.2.
KINDS = (
    ("MRImageFrameTypeSequence", "FrameType", "ImageType"),
    ("CTImageFrameTypeSequence", "FrameType", "ImageType"),
    ("MREchoSequence", "EffectiveEchoTime", "EchoTime"),
    ("FrameContentSequence", "FrameAcquisitionNumber", "AcquisitionNumber"),
    ("FrameContentSequence", "TemporalPositionIndex", "TemporalPositionIdentifier"),
    ("MRDiffusionSequence", "DiffusionBValue", "DiffusionBValue"),
)


def frames_of(dataset: Dataset, path: Path) -> list[Frame]:
    """Describe every frame of a header read with or without pixels.

    Raises
    ------
    ImportRefused
        ``import:unsupported`` for a film: frames that lie at no place of their own.
    """
    count = int(dataset.get("NumberOfFrames") or 1)
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence")
    if per_frame is None:
        if count > 1:
            raise ImportRefused(
                "unsupported",
                f"Its {count} frames have no places in space: a film, not a volume.",
                frames=count,
            )
        return [_describe(dataset, path, 0, [dataset])]
    if len(per_frame) != count:
        raise ImportRefused(
            "damaged",
            f"It claims {count} frames and describes {len(per_frame)}.",
        )
    shared = list(dataset.get("SharedFunctionalGroupsSequence") or [])
    return [
        _describe(dataset, path, number, [group, *shared, dataset])
        for number, group in enumerate(per_frame)
    ]


def _describe(
    dataset: Dataset, path: Path, number: int, places: Sequence[Dataset]
) -> Frame:
    pixel_value = _macro(places, "PixelValueTransformationSequence")
    slope = pixel_value.get("RescaleSlope")
    intercept = pixel_value.get("RescaleIntercept")
    rescale: tuple[float, float] | None = (
        float(1 if slope is None else slope),
        float(0 if intercept is None else intercept),
    )
    if "ModalityLUTSequence" in dataset:
        rescale = None
    return Frame(
        path=path,
        number=number,
        sop_uid=str(dataset.SOPInstanceUID),
        plane=_plane(places),
        rescale=rescale,
        window=_window(_macro(places, "FrameVOILUTSequence")),
        kinds=tuple(_kind(places, *names) for names in KINDS),
    )


def _kind(places: Sequence[Dataset], sequence: str, keyword: str, plain: str) -> str:
    group = _macro(places, sequence)
    value = group.get(keyword)
    return str(places[-1].get(plain, "") if value is None else value)


def _macro(places: Sequence[Dataset], sequence: str) -> Dataset:
    """The item of a functional group (PS3.3 C.7.6.16), or a plain image's data set."""
    for place in places[:-1]:
        items = place.get(sequence)
        if items:
            return Dataset(items[0])
    return places[-1]


def _plane(places: Sequence[Dataset]) -> Plane | None:
    position = _macro(places, "PlanePositionSequence").get("ImagePositionPatient")
    orientation = _macro(places, "PlaneOrientationSequence").get(
        "ImageOrientationPatient"
    )
    measures = _macro(places, "PixelMeasuresSequence")
    spacing = pixel_spacing(measures)
    if not position or not orientation:
        return None
    if spacing is None:
        raise ImportRefused(
            "geometry", "It says where it lies, but not its pixel size."
        )
    cosines = np.array([float(value) for value in orientation])
    return Plane(
        position=np.array([float(value) for value in position]),
        along_x=cosines[:3],
        along_y=cosines[3:],
        spacing=spacing,
        thickness=_positive(measures.get("SpacingBetweenSlices"))
        or _positive(measures.get("SliceThickness"))
        or 1.0,
    )


def pixel_spacing(measures: Dataset) -> tuple[float, float] | None:
    """Return mm between rows and between columns, or None where the file says nothing.

    PixelSpacing lies in the patient; ImagerPixelSpacing, at the detector of a
    projection, is the best there is without it (PS3.3 10.7.1.3).
    """
    for keyword in (
        "PixelSpacing",
        "ImagerPixelSpacing",
        "NominalScannedPixelSpacing",
    ):
        value = measures.get(keyword)
        if isinstance(value, MultiValue | list) and len(value) == 2:
            return (float(value[0]), float(value[1]))
    return None


def _positive(value: Any) -> float | None:
    return float(value) if value is not None and float(value) > 0 else None


def _window(group: Dataset) -> tuple[float, float] | None:
    centre, width = group.get("WindowCenter"), group.get("WindowWidth")
    if isinstance(centre, MultiValue):
        centre = centre[0] if centre else None
    if isinstance(width, MultiValue):
        width = width[0] if width else None
    if centre is None or width is None or float(width) < 1:
        return None
    return (float(centre), float(width))


def read_values(frames: Sequence[Frame], limits: Limits) -> Iterator[NDArray[Any]]:
    """Decode frames of one file, in the order given.

    Yields
    ------
    (y, x) in the units of the frame (integers where slope and intercept are whole,
    float32 otherwise), dark being low; or (y, x, 3) uint8 RGB.
    """
    with speak_of_damage():
        dataset = read_dataset(frames[0].path, limits)
        if "PixelData" not in dataset:
            kinds = ("FloatPixelData", "DoubleFloatPixelData")
            if not any(kind in dataset for kind in kinds):
                raise ImportRefused("truncated", "It holds a header and no pixels.")
        limits.check_shape(
            (
                int(dataset.get("NumberOfFrames") or 1),
                dataset.Rows,
                dataset.Columns,
                int(dataset.get("SamplesPerPixel", 1)),
            ),
            max(1, int(dataset.get("BitsAllocated", 8)) // 8),
        )
        for frame, stored in zip(frames, _decoded(dataset, frames), strict=True):
            yield _meaning(stored, dataset, frame)


def _decoded(dataset: Dataset, frames: Sequence[Frame]) -> Iterator[NDArray[Any]]:
    """Stored values of frames, in the order given: (y, x), or (y, x, 3) RGB."""
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    grey = int(dataset.get("SamplesPerPixel", 1)) == 1
    if grey and syntax in TWELVE_BIT_JPEG and int(dataset.BitsStored) > 8:
        everything = decode_by_gdcm(frames[0].path)
        yield from (everything[frame.number] for frame in frames)
        return
    yield from iter_pixels(dataset, indices=[frame.number for frame in frames])


def _meaning(stored: NDArray[Any], dataset: Dataset, frame: Frame) -> NDArray[Any]:
    photometric = str(dataset.PhotometricInterpretation)
    if photometric == "PALETTE COLOR":
        stored = apply_color_lut(stored, dataset)
    if stored.ndim == 3:
        if stored.dtype == np.uint16:
            stored = (stored >> 8).astype(np.uint8)
        return stored[..., :3].astype(np.uint8, copy=False)
    if photometric == "MONOCHROME1":
        stored = _bottom_and_top(dataset) - stored.astype(np.int32)
    if frame.rescale is None:
        return np.asarray(apply_modality_lut(stored, dataset))
    return rescaled(stored, *frame.rescale)


def _bottom_and_top(dataset: Dataset) -> int:
    """Sum of the least and the greatest value that the stored bits can say."""
    if int(dataset.PixelRepresentation) == 1:
        return -1
    return (1 << int(dataset.BitsStored)) - 1


def seen_window(dataset: Dataset, frame: Frame) -> tuple[float, float] | None:
    """Return the frame's window in the values that `read_values` yields."""
    if frame.window is None or str(dataset.PhotometricInterpretation) != "MONOCHROME1":
        return frame.window
    slope, intercept = frame.rescale or (1.0, 0.0)
    centre, width = frame.window
    return (slope * _bottom_and_top(dataset) + 2 * intercept - centre, width)
