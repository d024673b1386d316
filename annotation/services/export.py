"""Masks handed out as files, with a manifest that explains and checks them."""

from __future__ import annotations

import errno
import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from numpy.typing import NDArray

from annotation import storage
from annotation.models import MaskRevision, Project, Session, User, Volume
from annotation.selectors.case_times import session_times
from annotation.selectors.masks import SELECTIONS, Mask, project_masks
from annotation.services.audit import audit_record
from annotation.software import software_version
from annotation.standards.nifti import read_back, write_nifti
from annotation.standards.orientation import grid_of
from annotation.timing.activity import Rules
from inference_worker.contract.errors import ExportRefused, StoreFailed

FORMAT = "slicewise-export-1"
MANIFEST = "manifest.json"
# Of a volume's source, what leads back to it; its slices' uids would fill pages.
SOURCE_FIELDS = ("kind", "study_uid", "series_uid", "files")
AFFINE_TOLERANCE_MM = 1e-3


@dataclass(frozen=True)
class Export:
    """folder: where it lies. masks: how many. manifest_sha256: of its manifest."""

    folder: Path
    masks: int
    manifest_sha256: str


def project_export(
    *,
    project: Project,
    out: Path,
    selection: str = "submitted",
    rules: Rules | None = None,
    actor: User | None = None,
) -> Export:
    """Write masks as NIfTI on the grid of their source, re-read, then put in place.

    Parameters
    ----------
    out : Path
        Absent or empty; it appears whole or not at all.
    selection : str
        One of ``selectors.masks.SELECTIONS``.
    rules : of the time analysis; its defaults otherwise.

    Raises
    ------
    ExportRefused
        ``export:not-empty``, ``export:nothing``.
    StoreFailed
        ``store:altered`` where a stored mask or a written file is not what it was,
        ``store:disk-full``.
    """
    if selection not in SELECTIONS:
        raise ValueError(f"selection is one of {list(SELECTIONS)}, not {selection}")
    check_free(out)
    rules = rules or Rules()
    with temporary_neighbour(out) as folder:
        masks = [
            write_mask(mask=mask, folder=folder, rules=rules)
            for mask in project_masks(project=project, selection=selection)
        ]
        if not masks:
            raise ExportRefused(
                "nothing",
                f"“{project}” has nothing to export: {SELECTIONS[selection]}.",
                selection=selection,
            )
        manifest = manifest_of(
            project=project, selection=selection, rules=rules, masks=masks
        )
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        check_files(folder)
        digest = storage.sha256_of(folder / MANIFEST)
        with transaction.atomic():
            audit_record(
                actor=actor,
                action="project:exported",
                subject=f"project:{project.pk}",
                data={
                    "selection": selection,
                    "masks": len(masks),
                    "manifest_sha256": digest,
                },
            )
            folder.rename(out)
    return Export(out, len(masks), digest)


def check_free(out: Path) -> None:
    """Refuse a place where something is."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ExportRefused(
            "not-empty", f"{out} is not empty; name a new folder.", out=str(out)
        )


@contextmanager
def temporary_neighbour(out: Path) -> Iterator[Path]:
    """Make a folder beside ``out`` that is gone afterwards, unless it was renamed."""
    folder = out.parent / f".{out.name}.{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True)
        yield folder
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise StoreFailed(
            "disk-full" if full else "unwritable",
            f"The export cannot be written: {error.strerror}. Nothing was left there.",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_mask(*, mask: Mask, folder: Path, rules: Rules) -> dict[str, Any]:
    """Write one mask, read it back, and return its entry of the manifest."""
    assignment = mask.session.assignment
    volume, labels = assignment.volume, mask.labels()
    if labels.shape != tuple(volume.shape):
        raise StoreFailed(
            "altered",
            f"A mask of {volume.name} has {labels.shape} voxels, the volume "
            f"{tuple(volume.shape)}.",
            key=volume.key,
        )
    grid = grid_of(volume.source, np.asarray(volume.affine, dtype=np.float64))
    place = folder / file_name(mask)
    place.parent.mkdir(parents=True, exist_ok=True)
    write_nifti(place, grid.to_file(labels), grid.affine)
    check_written(place, grid.to_file(labels), grid.affine)
    return {
        "file": str(place.relative_to(folder)),
        "sha256": storage.sha256_of(place),
        "volume": volume_entry(volume),
        "reader": assignment.reader.pseudonym,
        "arm": assignment.arm.name,
        "repeat": assignment.repeat,
        **session_entry(mask.session),
        **revision_entry(mask.revision, mask.session),
        "voxels": {
            str(value): int((labels == value).sum()) for value in np.unique(labels)
        },
        "times": session_times(session=mask.session, rules=rules).as_row(),
    }


def file_name(mask: Mask) -> Path:
    """Return the place of a mask in an export, told apart by ids where names agree."""
    assignment = mask.session.assignment
    volume = assignment.volume
    case = f"{slugify(volume.name)[:60] or 'case'}-{volume.pk}"
    arm = slugify(assignment.arm.name)[:40] or "arm"
    which = "draft" if mask.revision is None else f"v{mask.revision.number}"
    parts = (assignment.reader.pseudonym, f"{arm}-{assignment.arm_id}")
    session = mask.session.pk.hex[:8]
    name = "_".join((*parts, f"r{assignment.repeat}", session, which))
    return Path("masks") / case / f"{name}.nii.gz"


def check_written(
    place: Path, labels: NDArray[np.uint8], affine: NDArray[np.float64]
) -> None:
    """Read a file back and compare it voxel by voxel, and where its corners lie."""
    written, found = read_back(place)
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in labels.shape])).reshape(3, -1)
    points = np.vstack([corners, np.ones(8)])
    off = np.abs((found - affine) @ points).max()
    if not np.array_equal(written, labels) or off > AFFINE_TOLERANCE_MM:
        raise StoreFailed(
            "altered", f"{place.name} was not written as it should be; nothing is kept."
        )


def volume_entry(volume: Volume) -> dict[str, Any]:
    """Which image a mask belongs to."""
    source = {name: volume.source.get(name) for name in SOURCE_FIELDS}
    return {
        "name": volume.name,
        "key": volume.key,
        "digest": volume.digest,
        "shape": volume.shape,
        "affine": volume.affine,
        "modality": volume.modality,
        "source": {name: value for name, value in source.items() if value},
    }


def session_entry(session: Session) -> dict[str, Any]:
    """How a mask was worked on; with the log, enough to do it again."""
    return {
        "session": str(session.pk),
        "engine": session.engine,
        "weights": session.weights,
        "config": session.config,
        "seed": session.seed,
    }


def revision_entry(revision: MaskRevision | None, session: Session) -> dict[str, Any]:
    """Which state of the work a mask is."""
    source = session if revision is None else revision
    return {
        "revision": None if revision is None else revision.number,
        "submitted": bool(revision and revision.submitted),
        "saved_at": None if revision is None else revision.saved_at.isoformat(),
        "stored_sha256": "" if revision is None else revision.digest,
        "weights_digest": source.weights_digest,
        "carry_digest": source.carry_digest,
        "draft_version": source.draft_version,
        "log_digest": source.log_digest,
        "turns": session.turns.count() if revision is None else len(revision.log),
    }


def manifest_of(
    *, project: Project, selection: str, rules: Rules, masks: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what explains an export, and the checksum of each of its files."""
    return {
        "format": FORMAT,
        "created_at": timezone.now().isoformat(),
        "software": software_version(),
        "project": {"name": project.name, "slug": project.slug},
        "labels": list(project.labels.values("value", "name", "color")),
        "selection": selection,
        "time_rules": {
            "idle_after_s": rules.idle_after_s,
            "action_s": rules.action_s,
            "wait_for_final": rules.wait_for_final,
        },
        "masks": masks,
        "files": {mask["file"]: mask["sha256"] for mask in masks},
    }


def check_files(folder: Path) -> None:
    """Compare every file below an export with its manifest; neither more nor fewer.

    Raises
    ------
    StoreFailed
        ``store:altered``.
    """
    wanted = json.loads((folder / MANIFEST).read_text())["files"]
    found = {
        str(path.relative_to(folder)): storage.sha256_of(path)
        for path in folder.rglob("*")
        if path.is_file() and path != folder / MANIFEST
    }
    wrong = sorted(
        name for name in wanted.keys() | found if wanted.get(name) != found.get(name)
    )
    if wrong:
        raise StoreFailed(
            "altered", f"Not as the manifest says: {', '.join(wrong[:5])}.", files=wrong
        )
