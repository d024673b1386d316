"""DICOM segmentations (PS3.3 A.51, C.8.20) read onto the voxels of a volume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from annotation.standards.dicom_file import SEGMENTATIONS, read_dataset, speak_of_damage
from annotation.standards.dicom_frames import Frame, frames_of
from annotation.standards.limits import Limits
from annotation.standards.stack import Plane
from inference_worker.contract.errors import ImportRefused
from inference_worker.contract.geometry import Geometry

OFF_GRID = 0.1
"""Greatest distance of a segmentation's voxel from the volume's, in voxels."""


@dataclass(frozen=True)
class Segmentation:
    """labels: uint8 (z, y, x), values of the project. notices: for the importer."""

    labels: NDArray[np.uint8]
    notices: tuple[str, ...]


def is_segmentation(header: Dataset) -> bool:
    """Whether a data set is a Segmentation or Label Map Segmentation."""
    return str(header.get("SOPClassUID", "")) in SEGMENTATIONS


def referenced_series(header: Dataset) -> str:
    """Return the series a segmentation was drawn on, or an empty string."""
    for item in header.get("ReferencedSeriesSequence") or []:
        return str(item.get("SeriesInstanceUID", ""))
    return ""


def read_segmentation(
    path: Path, geometry: Geometry, names: Mapping[str, int], limits: Limits
) -> Segmentation:
    """Read a segmentation as labels of a project.

    Parameters
    ----------
    geometry : of the volume it belongs to.
    names : the project's labels; a segment is one of them by its name, else by its
        number.

    Raises
    ------
    ImportRefused
        ``import:label-grid`` where its voxels are not the volume's,
        ``import:label-values`` where no segment is a label of the project.
    """
    with speak_of_damage():
        dataset = read_dataset(path, limits)
        values, notices = _values_of_segments(dataset, names)
        frames = frames_of(dataset, path)
        limits.check_shape((len(frames), dataset.Rows, dataset.Columns), 1)
        pixels = np.asarray(dataset.pixel_array)
    stack = pixels.reshape(len(frames), int(dataset.Rows), int(dataset.Columns))
    labels = np.zeros(geometry.shape, dtype=np.uint8)
    overlaps = 0
    for frame, group, plane in zip(
        frames, dataset.PerFrameFunctionalGroupsSequence, stack, strict=True
    ):
        for value, mask in _masks(dataset, group, plane, values):
            z, y, x = _voxels(frame, mask, geometry)
            overlaps += int(((labels[z, y, x] != 0) & (labels[z, y, x] != value)).sum())
            labels[z, y, x] = value
    if overlaps:
        notices = (
            *notices,
            f"{overlaps} voxels were in two segments: the later holds.",
        )
    return Segmentation(labels, notices)


def _values_of_segments(
    dataset: Dataset, names: Mapping[str, int]
) -> tuple[dict[int, int], tuple[str, ...]]:
    """Return the project's value of each segment number."""
    by_name = {name.casefold(): value for name, value in names.items()}
    values: dict[int, int] = {}
    unknown: list[str] = []
    for segment in dataset.SegmentSequence:
        number, label = int(segment.SegmentNumber), str(segment.get("SegmentLabel", ""))
        value = by_name.get(label.strip().casefold())
        if value is None and number in names.values():
            value = number
        if value is None and len(names) == 1:
            value = next(iter(names.values()))
        if value is None:
            unknown.append(f"{number} “{label}”")
        else:
            values[number] = value
    if not values:
        raise ImportRefused(
            "label-values",
            f"None of its segments ({', '.join(unknown)}) is a label of the project.",
        )
    if not unknown:
        return values, ()
    return values, (f"Segments that are no labels here: {', '.join(unknown)}.",)


def _masks(
    dataset: Dataset,
    group: Dataset,
    plane: NDArray[Any],
    values: Mapping[int, int],
) -> list[tuple[int, NDArray[np.bool_]]]:
    """The project's value and the mask of every segment in one frame."""
    kind = str(dataset.get("SegmentationType", "BINARY"))
    if kind == "LABELMAP":
        return [(value, plane == number) for number, value in values.items()]
    identification = group.get("SegmentIdentificationSequence") or dataset[
        "SharedFunctionalGroupsSequence"
    ][0].get("SegmentIdentificationSequence")
    number = int(identification[0].ReferencedSegmentNumber)
    if number not in values:
        return []
    half = 0.5
    if kind == "FRACTIONAL":
        half = float(dataset.get("MaximumFractionalValue", 255)) / 2
    return [(values[number], plane > half)]


def _voxels(
    frame: Frame, mask: NDArray[np.bool_], geometry: Geometry
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Indices (z, y, x) in the volume of the set pixels of a frame."""
    if frame.plane is None:
        raise ImportRefused("label-grid", "It does not say where its frames lie.")
    rows, columns = np.nonzero(mask)
    if not len(rows):
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, nothing
    exact = geometry.to_voxels(_points(frame.plane, rows, columns))
    voxels = np.rint(exact).astype(np.int64)
    outside = ((voxels < 0) | (voxels >= geometry.shape)).any()
    if outside or np.abs(exact - voxels).max() > OFF_GRID:
        raise ImportRefused(
            "label-grid",
            "Its voxels are not those of the image; resample it onto the image first.",
        )
    z, y, x = voxels.T
    return z, y, x


def _points(
    plane: Plane, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """LPS points (n, 3) of pixels: PS3.3 C.7.6.2.1.1, equation C.7.6.2.1-1."""
    down = np.outer(rows * plane.spacing[0], plane.along_y)
    along = np.outer(columns * plane.spacing[1], plane.along_x)
    return np.asarray(plane.position + down + along)
