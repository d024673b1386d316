"""DICOM series as volumes: grouped, ordered by their geometry, decoded, rescaled."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from annotation.standards.dicom_file import check_is_image, speak_of_damage
from annotation.standards.dicom_frames import (
    Frame,
    frames_of,
    pixel_spacing,
    read_values,
    seen_window,
)
from annotation.standards.image import Image, make_image
from annotation.standards.limits import Limits
from annotation.standards.stack import Plane, Stack, arrange
from inference_worker.contract.errors import ImportRefused

MOST_PARTS = 8
"""Into which a series is parted; more volumes of one place are a film."""


@dataclass
class Series:
    """Files that share a SeriesInstanceUID, an image size and an orientation.

    Attributes
    ----------
    header: of the first of its files, without pixels.
    frames: every slice of every file, in the order found.
    """

    header: Dataset
    frames: list[Frame] = field(default_factory=list)

    @property
    def description(self) -> str:
        """What to call it without naming the patient."""
        number = self.header.get("SeriesNumber")
        words = self.header.get("SeriesDescription") or self.header.get("Modality")
        return f"{words or 'series'} {'' if number is None else number}".strip()

    @property
    def paths(self) -> list[Path]:
        """The files, each once."""
        return list(dict.fromkeys(frame.path for frame in self.frames))


@speak_of_damage()
def group_series(headers: Iterable[tuple[Path, Dataset]]) -> list[Series]:
    """Sort files into series; a file that was copied twice counts once.

    Slices of one series that differ in size or orientation (a localizer among them)
    become series of their own, and every image without a place stands alone.

    Parameters
    ----------
    headers : paths with their data sets, read without pixels; images all of them.
    """
    found: dict[tuple[Any, ...], Series] = {}
    seen: set[tuple[Any, ...]] = set()
    for path, header in headers:
        for frame in frames_of(header, path):
            place = () if frame.plane is None else tuple(frame.plane.position)
            # Some anonymisers give all slices one uid, so the place counts too.
            copy = (frame.sop_uid, frame.number, *place)
            if copy in seen:
                continue
            seen.add(copy)
            key = _series_key(header, frame)
            found.setdefault(key, Series(header)).frames.append(frame)
    return [part for series in found.values() for part in split_overlapping(series)]


def split_overlapping(series: Series) -> list[Series]:
    """Part a series that holds a few volumes of one place, by what tells them apart.

    Magnitude and phase, or two echoes, come out as series of their own; where nothing
    tells slices apart, or too many parts come out (a film), it is left as it was, and
    `read_series` refuses it.
    """
    if not _overlaps(series.frames):
        return [series]
    for kinds in zip(*(frame.kinds for frame in series.frames), strict=True):
        names = sorted(set(kinds))
        if not 1 < len(names) <= MOST_PARTS:
            continue
        parts = [
            [f for f, kind in zip(series.frames, kinds, strict=True) if kind == name]
            for name in names
        ]
        if not any(_overlaps(part) for part in parts):
            return [Series(series.header, part) for part in parts]
    return [series]


def _overlaps(frames: Sequence[Frame]) -> bool:
    places = {
        tuple(np.round(frame.plane.position, 2)) for frame in frames if frame.plane
    }
    return bool(places) and len(places) < len(frames)


def _series_key(header: Dataset, frame: Frame) -> tuple[Any, ...]:
    key: tuple[Any, ...] = (
        str(header.get("SeriesInstanceUID", "")),
        header.Rows,
        header.Columns,
        header.get("SamplesPerPixel", 1),
    )
    if frame.plane is None:
        return (*key, frame.sop_uid)
    cosines = np.concatenate([frame.plane.along_x, frame.plane.along_y])
    # Whole degrees or so: what differs less is judged by `stack.arrange`.
    return (*key, *np.round(cosines * 50).astype(int).tolist())


@speak_of_damage()
def read_series(series: Series, limits: Limits) -> Image:
    """Decode a series into one image, slices ascending along their normal.

    Raises
    ------
    ImportRefused
        Whatever `stack.arrange` and the files have to say.
    """
    header, frames = series.header, series.frames
    check_is_image(header)
    samples = 3 if int(header.get("SamplesPerPixel", 1)) == 3 else 1
    palette = str(header.PhotometricInterpretation) == "PALETTE COLOR"
    shape = (len(frames), int(header.Rows), int(header.Columns))
    limits.check_shape((*shape, samples), 2)
    stack = _stack(header, frames)
    ordered = [frames[i] for i in stack.order]
    voxels = _gather(ordered, shape, limits, color=samples == 3 or palette)
    stored = sum(path.stat().st_size for path in series.paths)
    limits.check_compression(stored, voxels.nbytes)
    middle = ordered[len(ordered) // 2]
    return make_image(
        voxels,
        stack.affine,
        modality=str(header.get("Modality") or "OT"),
        name=series.description,
        window=None if voxels.ndim == 4 else seen_window(header, middle),
        source={
            "kind": "dicom",
            "patient": patient_digest(header),
            "frame_of_reference": str(header.get("FrameOfReferenceUID", "")),
            "study_uid": str(header.get("StudyInstanceUID", "")),
            "series_uid": str(header.get("SeriesInstanceUID", "")),
            "sop_uids": [frame.sop_uid for frame in ordered],
            "frames": [frame.number for frame in ordered],
            "transfer_syntax": str(header.file_meta.get("TransferSyntaxUID", "")),
        },
        notices=stack.notices,
    )


def patient_digest(header: Dataset) -> str:
    """Return what is the same for all series of a patient and names nobody; "" where
    the header does not say whose it is."""
    patient = str(header.get("PatientID") or "").strip()
    if not patient:
        return ""
    issuer = str(header.get("IssuerOfPatientID") or "").strip()
    return hashlib.sha256(f"{issuer}|{patient}".encode()).hexdigest()


def _stack(header: Dataset, frames: Sequence[Frame]) -> Stack:
    planes = [frame.plane for frame in frames]
    placed = [plane for plane in planes if plane is not None]
    if len(placed) == len(planes):
        return arrange(placed)
    spacing = pixel_spacing(header)
    flat = Plane(
        position=np.zeros(3),
        along_x=np.array([1.0, 0, 0]),
        along_y=np.array([0, 1.0, 0]),
        spacing=spacing or (1.0, 1.0),
    )
    notice = () if spacing else ("It names no pixel size; 1 mm is taken.",)
    return Stack((0,), arrange([flat]).affine, notice)


def _gather(
    frames: Sequence[Frame],
    shape: tuple[int, int, int],
    limits: Limits,
    *,
    color: bool,
) -> NDArray[Any]:
    """Decode every file once and put each frame in its place."""
    places: dict[Path, list[tuple[int, Frame]]] = defaultdict(list)
    for place, frame in enumerate(frames):
        places[frame.path].append((place, frame))
    if color:
        image = np.empty((*shape, 3), dtype=np.uint8)
        for place, values in _decoded(places, limits):
            image[place] = values
        return image
    volume = np.empty(shape, dtype=np.int16)
    for place, values in _decoded(places, limits):
        volume = _room_for(volume, values)
        volume[place] = values
    return volume


def _room_for(volume: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """Return ``volume`` in a type that also holds ``values``: int16, int32, float32."""
    if np.can_cast(values.dtype, volume.dtype, casting="safe"):
        return volume
    if values.dtype.kind == "f" or volume.dtype.kind == "f":
        return volume.astype(np.float32, copy=False)
    bounds = np.iinfo(volume.dtype)
    if bounds.min <= values.min() and values.max() <= bounds.max:
        return volume
    wide = np.iinfo(np.int32)
    if wide.min <= values.min() and values.max() <= wide.max:
        return volume.astype(np.int32)
    return volume.astype(np.float64)


def _decoded(
    places: dict[Path, list[tuple[int, Frame]]], limits: Limits
) -> Iterator[tuple[int, NDArray[Any]]]:
    for path, wanted in places.items():
        # A reader goes through a file once, from its first frame to its last.
        wanted = sorted(wanted, key=lambda item: item[1].number)
        try:
            values = read_values([frame for _, frame in wanted], limits)
            for (place, _), decoded in zip(wanted, values, strict=True):
                yield place, decoded
        except ImportRefused as refused:
            refused.extra.setdefault("file", path.name)
            raise
