"""Volumes: an image in its normal form becomes a row and files, or neither."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from annotation import storage
from annotation.models import Project, User, Volume
from annotation.services.audit import audit_record
from annotation.standards.display import display_scale
from annotation.standards.image import Image
from inference_worker.contract.engine import Volume as EngineVolume
from inference_worker.contract.errors import ImportRefused
from inference_worker.contract.store import header_of


def volume_create(
    *,
    project: Project,
    image: Image,
    name: str = "",
    reference: NDArray[np.uint8] | None = None,
    actor: User | None = None,
) -> Volume:
    """Store an image and its hidden reference.

    Parameters
    ----------
    name : str
        What to call it in the project; a number is added where it is taken.
    reference : (z, y, x) label values, or None.

    Raises
    ------
    ImportRefused
        ``import:already-imported`` where the project has the same voxels at the same
        place.
    StoreFailed
        ``store:disk-full`` and its kin; nothing is left behind.
    """
    key = storage.new_key()
    try:
        digest = storage.write_array(storage.voxels_key(key), image.voxels)
        check_new(project=project, image=image, digest=digest)
        engine_volume = EngineVolume(
            image.voxels, image.geometry, image.modality, image.window, digest
        )
        header = header_of(engine_volume, name or image.name)
        storage.write_json(storage.header_key(key), header)
        reference_digest = ""
        if reference is not None:
            check_covers(image, reference)
            reference_digest = storage.write_array(
                storage.reference_key(key), reference.astype(np.uint8, copy=False)
            )
        with transaction.atomic():
            return _insert(project, image, name, key, header, reference_digest, actor)
    except BaseException:
        storage.discard_volume(key)
        raise


def check_new(*, project: Project, image: Image, digest: str) -> None:
    """Refuse what the project already holds."""
    affine = image.geometry.affine
    for known in project.volumes.filter(digest=digest):
        if np.allclose(known.affine, affine, atol=1e-6):
            raise ImportRefused(
                "already-imported",
                f"The project already holds these voxels as “{known.name}”.",
                volume=known.name,
            )


def check_covers(image: Image, reference: NDArray[Any]) -> None:
    """Refuse a reference on another grid."""
    if reference.shape != image.geometry.shape:
        raise ImportRefused(
            "label-shape",
            f"Its labels have {list(reference.shape)} voxels, the image "
            f"{list(image.geometry.shape)}.",
        )


def _insert(
    project: Project,
    image: Image,
    name: str,
    key: str,
    header: dict[str, Any],
    reference_digest: str,
    actor: User | None,
) -> Volume:
    source = dict(image.source)
    if scale := display_scale(image.voxels):
        source["display"] = scale
    volume = Volume.objects.create(
        project=project,
        name=free_name(project=project, name=name or image.name),
        key=key,
        digest=header["digest"],
        shape=header["shape"],
        affine=header["affine"],
        channels=header["channels"],
        dtype=header["dtype"],
        modality=image.modality[:16],
        window=header["window"],
        source=source,
        has_reference=bool(reference_digest),
        reference_digest=reference_digest,
    )
    audit_record(
        actor=actor,
        action="volume:imported",
        subject=f"volume:{volume.pk}",
        data={
            "project": project.pk,
            "key": key,
            "digest": volume.digest,
            "reference_digest": reference_digest,
        },
    )
    return volume


def free_name(*, project: Project, name: str) -> str:
    """Return ``name``, with a number where the project has it already."""
    stem = name.strip()[:180] or "case"
    taken = set(
        project.volumes.filter(name__startswith=stem).values_list("name", flat=True)
    )
    free, number = stem, 1
    while free in taken:
        number += 1
        free = f"{stem} ({number})"
    return free
