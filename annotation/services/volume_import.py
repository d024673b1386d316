"""Folders of images brought into a project, one case at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings

from annotation import storage
from annotation.models import Project, User, Volume
from annotation.services.volume import volume_create
from annotation.standards.case import Case, Refusal
from annotation.standards.limits import Limits
from annotation.standards.reader import shared_reader
from inference_worker.contract.errors import ImportRefused


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
    names = dict(project.labels.values_list("name", "value"))
    read = shared_reader().read(case, limits, modality=modality, names=names)
    image = replace(read.image, source={**read.image.source, "files": files})
    try:
        volume = volume_create(
            project=project,
            image=image,
            name=case.name,
            reference=read.labels,
            actor=actor,
        )
    except ImportRefused as refused:
        if refused.code != "import:already-imported":
            raise
        known = project.volumes.get(name=refused.extra["volume"])
        yield Imported(case, known, new=False)
        return
    yield Imported(case, volume, new=True, notices=image.notices)
    if read.refusal is not None and case.labels is not None:
        yield Refusal(case.labels.name, read.refusal)


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
