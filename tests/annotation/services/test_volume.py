"""A volume is a row with its files, or neither."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from django.db import IntegrityError

from annotation import storage
from annotation.models import AuditEvent, Project, Volume
from annotation.services import volume as volume_service
from annotation.services.project import project_open
from annotation.services.volume import free_name, volume_create
from annotation.standards.image import Image, make_image
from inference_worker.contract.errors import ImportRefused, StoreFailed
from inference_worker.contract.store import read_volume, reference_path

pytestmark = pytest.mark.django_db

VOXELS = np.random.default_rng(0).integers(-900, 900, (3, 4, 5), dtype=np.int16)
AFFINE = np.array([[0, 0, 0.7, 1], [0, 0.8, 0, 2], [3.0, 0, 0, 3], [0, 0, 0, 1]])


def image_of(voxels: np.ndarray = VOXELS, affine: np.ndarray = AFFINE) -> Image:
    return make_image(voxels, affine, modality="CT", name="case")


@pytest.fixture
def project(file_store: Path) -> Project:
    return project_open(name="P", labels={"liver": 1})


def stored_files(store: Path) -> list[Path]:
    return [path for path in store.rglob("*") if path.is_file()]


def test_workers_open_what_was_stored(project: Project, file_store: Path) -> None:
    labels = (VOXELS > 0).astype(np.uint8)
    row = volume_create(project=project, image=image_of(), reference=labels)
    opened = read_volume(file_store, row.key)
    assert isinstance(opened.voxels, np.memmap)
    assert np.array_equal(opened.voxels, VOXELS)
    assert np.array_equal(opened.geometry.affine, AFFINE)
    assert (opened.modality, opened.window) == ("CT", tuple(row.window))
    assert np.array_equal(np.load(reference_path(file_store, row.key)), labels)


def test_digests_are_those_of_the_files(project: Project, file_store: Path) -> None:
    row = volume_create(
        project=project, image=image_of(), reference=np.zeros((3, 4, 5), np.uint8)
    )
    voxels = (file_store / "volumes" / row.key / "voxels.npy").read_bytes()
    labels = (file_store / "references" / row.key / "labels.npy").read_bytes()
    assert row.digest == hashlib.sha256(voxels).hexdigest()
    assert row.reference_digest == hashlib.sha256(labels).hexdigest()
    assert read_volume(file_store, row.key).digest == row.digest


def test_bringing_a_volume_in_is_audited(project: Project) -> None:
    row = volume_create(project=project, image=image_of())
    event = AuditEvent.objects.get(action="volume:imported")
    assert event.subject == f"volume:{row.pk}"
    assert event.data["digest"] == row.digest


def test_the_same_voxels_at_the_same_place_are_already_there(
    project: Project, file_store: Path
) -> None:
    volume_create(project=project, image=image_of(), name="first")
    files = stored_files(file_store)
    with pytest.raises(ImportRefused, match="“first”") as refused:
        volume_create(project=project, image=image_of(), name="second")
    assert refused.value.code == "import:already-imported"
    assert stored_files(file_store) == files
    elsewhere = AFFINE + np.eye(4)[0, :, None] * 5 * np.eye(4)[3]
    volume_create(project=project, image=image_of(affine=elsewhere))
    volume_create(project=project_open(name="Q", labels={}), image=image_of())
    assert Volume.objects.count() == 3


def test_names_are_numbered_where_they_are_taken(project: Project) -> None:
    names = [
        volume_create(project=project, image=image_of(VOXELS + n), name="a").name
        for n in range(3)
    ]
    assert names == ["a", "a (2)", "a (3)"]
    assert len(free_name(project=project, name="x" * 500)) <= 200


def test_a_reference_on_another_grid_leaves_nothing(
    project: Project, file_store: Path
) -> None:
    with pytest.raises(ImportRefused) as refused:
        volume_create(
            project=project, image=image_of(), reference=np.zeros((3, 4, 4), np.uint8)
        )
    assert refused.value.code == "import:label-shape"
    assert stored_files(file_store) == []
    assert not Volume.objects.exists()


def test_a_row_that_cannot_be_written_leaves_no_file(
    project: Project, file_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**fields: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(volume_service, "audit_record", fail)
    with pytest.raises(IntegrityError):
        volume_create(project=project, image=image_of())
    assert stored_files(file_store) == []
    assert not Volume.objects.exists()


def test_a_full_disk_leaves_neither_row_nor_file(
    project: Project, file_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(key: str, value: object) -> str:
        raise StoreFailed("disk-full", "full", key=key)

    monkeypatch.setattr(storage, "write_json", full)
    with pytest.raises(StoreFailed):
        volume_create(project=project, image=image_of())
    assert stored_files(file_store) == []
    assert not Volume.objects.exists()


def test_float_volumes_know_how_they_are_displayed(project: Project) -> None:
    row = volume_create(project=project, image=image_of(VOXELS / np.float32(7)))
    assert set(row.source["display"]) == {"slope", "intercept"}
    assert row.dtype == "<f4"
