"""Folders of images brought into a project, one case at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from annotation import storage
from annotation.models import Project, User, Volume
from annotation.services.volume import volume_create
from annotation.standards.case import Case, Refusal
from annotation.standards.dicom import read_series
from annotation.standards.image import Image
from annotation.standards.label_values import as_labels
from annotation.standards.limits import Limits
from annotation.standards.nifti import read_array, read_nifti
from annotation.standards.orientation import RAS_TO_LPS, onto
from annotation.standards.raster import is_raster, read_raster, read_values
from annotation.standards.seg import read_segmentation
from inference_worker.contract.errors import ImportRefused, UserError


@dataclass(frozen=True)
class Imported:
    """A case that became a volume, or was one already (``new`` is False)."""

    case: Case
    volume: Volume
    new: bool
    notices: tuple[str, ...] = ()


def import_limits() -> Limits:
    """Return the bounds that the settings set."""
    return Limits(**settings.IMPORT_LIMITS)


def cases_import(
    *,
    project: Project,
    cases: list[Case],
    limits: Limits,
    modality: str = "",
    actor: User | None = None,
) -> Iterator[Imported | Refusal]:
    """Bring cases in one after the other; a bad one is told and the next one comes.

    Labels that cannot be read do not keep their image out: the refusal of the labels
    follows the image.
    """
    for case in cases:
        try:
            yield from case_import(
                project=project,
                case=case,
                limits=limits,
                modality=modality,
                actor=actor,
            )
        except ImportRefused as refused:
            place = refused.extra.get("file")
            folder = Path(case.place).parent
            yield Refusal(str(folder / place) if place else case.place, refused)


def case_import(
    *,
    project: Project,
    case: Case,
    limits: Limits,
    modality: str = "",
    actor: User | None = None,
) -> Iterator[Imported | Refusal]:
    """Bring one case in.

    Yields
    ------
    What became of the image, and a `Refusal` where its labels were left out.

    Raises
    ------
    ImportRefused
        Where the image cannot be read; nothing of it is stored.
    """
    files = digests_of_files(case)
    known = project.volumes.filter(source__files=files).first()
    if known is not None:
        yield Imported(case, known, new=False)
        return
    image = read_image(case, limits, modality)
    image = replace(image, source={**image.source, "files": files})
    names = dict(project.labels.values_list("name", "value"))
    reference, notices, refusal = None, image.notices, None
    if case.labels is not None:
        try:
            reference, more = read_labels(case.labels, image, names, limits)
            notices = (*notices, *more)
        except UserError as error:
            refusal = Refusal(case.labels.name, as_refused(error))
    try:
        volume = volume_create(
            project=project,
            image=image,
            name=case.name,
            reference=reference,
            actor=actor,
        )
    except ImportRefused as refused:
        if refused.code != "import:already-imported":
            raise
        known = project.volumes.get(name=refused.extra["volume"])
        yield Imported(case, known, new=False)
        return
    yield Imported(case, volume, new=True, notices=notices)
    if refusal is not None:
        yield refusal


def as_refused(error: UserError) -> ImportRefused:
    """The same refusal under the importer's own type."""
    if isinstance(error, ImportRefused):
        return error
    return ImportRefused("labels", error.message, **error.extra)


def digests_of_files(case: Case) -> dict[str, Any]:
    """Return what names the source of a case, whatever its files are called.

    ``count`` of its files; ``sha256`` over their sorted sha256; ``frames_sha256`` of
    which slices in them, since two volumes may lie in one file.

    Raises
    ------
    ImportRefused
        ``import:unreadable``.
    """
    try:
        each = sorted(storage.sha256_of(path) for path in case.paths)
    except OSError as error:
        raise ImportRefused(
            "unreadable", f"It cannot be read: {error.strerror}."
        ) from error
    frames = sorted(f"{f.sop_uid}#{f.number}" for f in case.frames)
    return {
        "count": len(each),
        "sha256": hashlib.sha256("".join(each).encode()).hexdigest(),
        "frames_sha256": hashlib.sha256("|".join(frames).encode()).hexdigest(),
    }


def read_image(case: Case, limits: Limits, modality: str) -> Image:
    """Read the image of a case whatever its format."""
    if case.series is not None:
        image = read_series(case.series, limits)
        return replace(image, modality=modality) if modality else image
    if case.path is None:
        raise ValueError(f"case {case.name} has neither series nor file")
    if _is_picture(case.path):
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
    with path.open("rb") as file:
        head = file.read(140)
    if is_raster(head):
        found = _flat(read_values(path, limits).values)
        if found.shape != image.geometry.shape:
            raise ImportRefused(
                "label-grid",
                f"Its labels have {list(found.shape)} voxels, the image "
                f"{list(image.geometry.shape)}.",
            )
        return as_labels(found, names.values())
    if head[128:132] == b"DICM":
        segmentation = read_segmentation(path, image.geometry, names, limits)
        return segmentation.labels, segmentation.notices
    array = read_array(path, limits)
    found = onto(image.geometry, array.values, RAS_TO_LPS @ array.affine)
    return as_labels(np.ascontiguousarray(found), names.values())


def _is_picture(path: Path) -> bool:
    with path.open("rb") as file:
        return is_raster(file.read(16))


def _flat(values: NDArray[Any]) -> NDArray[Any]:
    """A mask saved in colour is read by its first channel."""
    return values[..., 0] if values.ndim == 4 else values
