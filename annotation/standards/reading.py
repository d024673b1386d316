"""A case read whole: its image in the normal form, its labels on the same voxels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.standards.case import Case
from annotation.standards.dicom import read_series
from annotation.standards.dicom_file import is_dicom
from annotation.standards.image import Image
from annotation.standards.label_values import as_labels
from annotation.standards.limits import Limits
from annotation.standards.nifti import read_array, read_nifti
from annotation.standards.orientation import RAS_TO_LPS, onto
from annotation.standards.raster import is_raster, read_raster, read_values
from annotation.standards.seg import read_segmentation
from inference_worker.contract.errors import ImportRefused


@dataclass(frozen=True)
class CaseRead:
    """What came of a case.

    Attributes
    ----------
    image: with the notices of image and labels.
    labels: uint8 (z, y, x), values of the project; None without, or where refused.
    refusal: why the labels were left out, or None.
    """

    image: Image
    labels: NDArray[np.uint8] | None
    refusal: ImportRefused | None


def read_case(
    case: Case, limits: Limits, *, modality: str, names: Mapping[str, int]
) -> CaseRead:
    """Read the image of a case, and its labels if it has any.

    Parameters
    ----------
    modality : for images that name none; DICOM's own is replaced by it too.
    names : the project's labels.

    Raises
    ------
    ImportRefused
        Where the image cannot be read. Labels that cannot are told in the result.
    """
    image = read_image(case, limits, modality)
    if case.labels is None:
        return CaseRead(image, None, None)
    try:
        labels, notices = read_labels(case.labels, image, names, limits)
    except ImportRefused as refused:
        return CaseRead(image, None, refused)
    image = replace(image, notices=(*image.notices, *notices))
    return CaseRead(image, labels, None)


def read_image(case: Case, limits: Limits, modality: str) -> Image:
    """Read the image of a case whatever its format."""
    if case.series is not None:
        image = read_series(case.series, limits)
        return replace(image, modality=modality) if modality else image
    if case.path is None:
        raise ValueError(f"case {case.name} has neither series nor file")
    if is_raster(_head(case.path)):
        return read_raster(case.path, limits, modality=modality)
    return read_nifti(case.path, limits, modality=modality)


def read_labels(
    path: Path, image: Image, names: Mapping[str, int], limits: Limits
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Read a label file onto the voxels of an image.

    Returns
    -------
    uint8 (z, y, x) of the project's label values, and sentences for the importer.

    Raises
    ------
    ImportRefused
        ``import:label-grid``, ``import:label-values``, or what its format says.
    """
    head = _head(path)
    if is_raster(head):
        found = _flat(read_values(path, limits).values)
        if found.shape != image.geometry.shape:
            raise ImportRefused(
                "label-grid",
                f"Its labels have {list(found.shape)} voxels, the image "
                f"{list(image.geometry.shape)}.",
            )
        return as_labels(found, names.values())
    if is_dicom(head):
        segmentation = read_segmentation(path, image.geometry, names, limits)
        return segmentation.labels, segmentation.notices
    array = read_array(path, limits)
    found = onto(image.geometry, array.values, RAS_TO_LPS @ array.affine)
    return as_labels(np.ascontiguousarray(found), names.values())


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(140)


def _flat(values: NDArray[Any]) -> NDArray[Any]:
    """A mask saved in colour is read by its first channel."""
    return values[..., 0] if values.ndim == 4 else values
