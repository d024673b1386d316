"""The whole way of a folder: cases with references come in, and bad files do not."""

import io
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image as Picture
from pydicom.uid import RLELossless

from annotation import storage
from annotation.models import Arm, Assignment, AuditEvent, Project, User, Volume
from annotation.services.project import project_create
from inference_worker.contract.store import read_volume, reference_path
from tests.annotation.standards.series_files import compress, enhanced, random_hu, write
from tests.annotation.standards.test_seg import axial_frames, segmentation

pytestmark = pytest.mark.django_db

HU = random_hu(3, 4, 5)


@pytest.fixture
def root(tmp_path: Path, file_store: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def run(root: Path, *options: str, project: str = "P", labels: str = "organ=1") -> str:
    said = io.StringIO()
    call_command(
        "import_folder",
        str(root),
        f"--project={project}",
        f"--labels={labels}",
        *options,
        stdout=said,
        stderr=said,
    )
    return said.getvalue()


def stored(store: Path, name: str) -> np.ndarray:
    return np.asarray(read_volume(store, Volume.objects.get(name=name).key).voxels)


def reference(store: Path, name: str) -> np.ndarray:
    return np.load(reference_path(store, Volume.objects.get(name=name).key))


def save_nifti(
    path: Path, values: np.ndarray, affine: np.ndarray | None = None
) -> None:
    nib.save(nib.Nifti1Image(values, np.eye(4) if affine is None else affine), path)


def test_every_format_comes_in_at_once(root: Path, file_store: Path) -> None:
    write(root / "series", HU, change=compress(RLELossless))
    save_nifti(root / "b.nii.gz", HU)
    Picture.fromarray(HU[0].astype(np.uint16)).save(root / "c.png")
    said = run(root)
    assert np.array_equal(stored(file_store, "series"), HU)
    assert stored(file_store, "b").shape == (5, 4, 3)
    assert np.array_equal(stored(file_store, "c")[0], HU[0].astype(np.uint16))
    assert "[3/3]" in said
    assert "3 imported, 0 already there, 0 left out" in said


def test_bad_files_are_told_with_their_code_and_the_rest_comes_in(
    root: Path, file_store: Path
) -> None:
    save_nifti(root / "good.nii.gz", HU)
    whole = (root / "good.nii.gz").read_bytes()
    (root / "short.nii.gz").write_bytes(whole[:-30])
    (root / "noise.dcm").write_bytes(b"\x05" * 900)
    (root / "locked.enc").write_bytes(b"Salted__" + bytes(99))
    gap = write(root / "gap", random_hu(4, 4, 5), name="Gap")
    gap[1].unlink()
    broken = write(root / "broken", random_hu(3, 4, 5, seed=5), name="Broken")
    broken[2].write_bytes(broken[2].read_bytes()[:-20])
    said = run(root)
    assert Volume.objects.get().name == "good"
    for place, code in {
        "short.nii.gz": "import:truncated",
        "noise.dcm": "import:not-an-image",
        "locked.enc": "import:encrypted",
        "gap/0001.dcm": "import:missing-slices",
        "broken/0003.dcm": "import:truncated",
    }.items():
        assert f"left out {place}: {code} " in said
    assert "1 imported, 0 already there, 5 left out" in said
    kept = {path.parent.name for path in file_store.rglob("*.*") if path.is_file()}
    assert kept == {Volume.objects.get().key}


def test_a_volume_beyond_the_settings_is_refused(
    root: Path, settings: object, file_store: Path
) -> None:
    settings.IMPORT_LIMITS = {"voxels": 59}  # type: ignore[attr-defined]
    save_nifti(root / "a.nii", HU)
    with pytest.raises(CommandError, match="Nothing was imported"):
        run(root)
    assert not Volume.objects.exists()
    assert not Project.objects.exists()


def test_a_project_that_lacks_an_arm_for_its_readers_is_not_made(root: Path) -> None:
    User.objects.create_user("anna")
    save_nifti(root / "a.nii", HU)
    with pytest.raises(CommandError, match="no arm"):
        run(root, "--reader=anna")
    assert not Project.objects.exists()


def test_a_project_that_was_there_stays_when_nothing_comes_in(root: Path) -> None:
    project_create(name="P", labels={"organ": 1})
    with pytest.raises(CommandError, match="Nothing was imported"):
        run(root)
    assert Project.objects.get().name == "P"


def test_references_are_hidden_beside_their_volume(
    root: Path, file_store: Path
) -> None:
    affine = np.diag([-1.0, 1, 2, 1])
    labels = (HU > 0).astype(np.uint8) * 2
    save_nifti(root / "a_image.nii.gz", HU, affine)
    save_nifti(root / "a_label.nii.gz", labels, affine)
    run(root, labels="liver=1,spleen=2")
    assert np.array_equal(reference(file_store, "a") > 0, stored(file_store, "a") > 0)
    row = Volume.objects.get()
    assert row.has_reference
    key = storage.reference_key(row.key)
    assert row.reference_digest == storage.digest_of(key)


def test_numbered_objects_become_the_one_label(root: Path, file_store: Path) -> None:
    for name in ("images", "labels"):
        (root / name).mkdir()
    objects = np.arange(20, dtype=np.uint16).reshape(4, 5)
    Picture.fromarray(np.zeros((4, 5, 3), np.uint8)).save(root / "images" / "x.png")
    Picture.fromarray(objects).save(root / "labels" / "x.png")
    said = run(root, labels="nucleus=3")
    assert np.array_equal(reference(file_store, "x")[0], (objects > 0) * 3)
    assert "19 numbered objects were joined to one label" in said


def test_a_dicom_segmentation_is_a_reference(root: Path, file_store: Path) -> None:
    mask = np.random.default_rng(1).integers(0, 2, (3, 4, 5), dtype=np.uint8)
    segmentation(root / "seg.dcm", axial_frames(mask))

    def same_series(dataset: object, index: int) -> None:
        dataset.SeriesInstanceUID = "1.2.3.1"  # type: ignore[attr-defined]

    write(root / "ct", HU, change=same_series)
    run(root, labels="liver=4")
    assert np.array_equal(reference(file_store, "ct"), mask * 4)


def test_labels_that_do_not_fit_are_told_and_the_image_comes_without(
    root: Path,
) -> None:
    save_nifti(root / "a_image.nii.gz", HU)
    save_nifti(root / "a_label.nii.gz", np.zeros((3, 4, 6), np.uint8))
    said = run(root)
    assert not Volume.objects.get().has_reference
    assert "left out a_label.nii.gz: import:label-grid" in said
    assert "1 imported, 0 already there, 1 left out" in said


def test_the_same_folder_again_imports_nothing(root: Path, file_store: Path) -> None:
    write(root / "series", HU)
    positions = np.array([[0, 0, 0], [0, 0, 2.0], [0, 0, 4]])
    enhanced(root / "mr.dcm", HU.astype(np.uint16), positions)
    run(root)
    files = sorted(file_store.rglob("*"))
    (root / "series").rename(root / "renamed")
    said = run(root)
    assert "0 imported, 2 already there, 0 left out" in said
    assert sorted(file_store.rglob("*")) == files


def test_the_same_voxels_in_another_file_are_already_there(root: Path) -> None:
    save_nifti(root / "a.nii", HU)
    run(root)
    save_nifti(root / "b.nii.gz", HU)
    (root / "a.nii").unlink()
    assert "a: already imported" in run(root)
    assert Volume.objects.count() == 1


def test_two_volumes_in_one_series_are_two_cases(root: Path) -> None:
    def echo(dataset: object, index: int) -> None:
        dataset.EchoTime = str(index // 2)  # type: ignore[attr-defined]
        dataset.ImagePositionPatient = [0, 0, index % 2]  # type: ignore[attr-defined]

    write(root / "a", random_hu(4, 4, 5), change=echo)
    assert "2 imported" in run(root)
    assert "0 imported, 2 already there" in run(root)


def test_cases_are_assigned_to_readers_under_the_arm(root: Path) -> None:
    save_nifti(root / "a.nii", HU)
    User.objects.create_user(username="ann")
    User.objects.create_user(username="bob")
    options = ["--reader=ann", "--reader=bob", "--engine=continual", "--weights=w"]
    run(root, *options)
    run(root, *options)
    assert Arm.objects.get().weights == "w"
    assert {a.reader.username for a in Assignment.objects.all()} == {"ann", "bob"}
    assert Assignment.objects.count() == 2


def test_the_modality_is_given_where_a_file_names_none(root: Path) -> None:
    save_nifti(root / "a.nii", HU)
    run(root, "--modality=mr")
    assert Volume.objects.get().modality == "MR"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--reader=nobody"], "no user nobody"),
        (["--engine=magic"], "import:unknown-engine"),
        (["--engine=continual"], "import:weights-needed"),
    ],
)
def test_what_is_asked_wrongly_changes_nothing(
    root: Path, options: list[str], words: str
) -> None:
    save_nifti(root / "a.nii", HU)
    with pytest.raises(CommandError, match=words):
        run(root, *options)
    assert not Volume.objects.exists()


def test_readers_need_an_arm(root: Path) -> None:
    save_nifti(root / "a.nii", HU)
    User.objects.create_user(username="ann")
    with pytest.raises(CommandError, match="give an --engine"):
        run(root, "--reader=ann")


def test_a_new_project_needs_labels(root: Path) -> None:
    with pytest.raises(CommandError, match="give its --labels"):
        run(root, labels="")
    with pytest.raises(CommandError, match="import:missing"):
        run(root / "nowhere")


@pytest.mark.parametrize(
    "content",
    [
        {"liver": 1, "tumour": 2},
        {"labels": {"0": "background", "1": "liver", "2": "tumour"}},
        {"labels": {"background": 0, "liver": 1, "tumour": 2}},
    ],
)
def test_label_sets_are_read_from_files(
    root: Path, tmp_path: Path, content: dict
) -> None:
    save_nifti(root / "a.nii", HU)
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(content))
    run(root, labels=str(path))
    labels = Project.objects.get().labels.values_list("name", "value")
    assert dict(labels) == {"liver": 1, "tumour": 2}


@pytest.mark.parametrize(
    "labels", ["liver", "liver=x", "liver=0,spleen=300", "a=1,b=1", "=3", "/none.json"]
)
def test_label_sets_that_make_no_sense_are_refused(root: Path, labels: str) -> None:
    with pytest.raises(CommandError, match="--labels"):
        run(root, labels=labels)
    assert not Project.objects.exists()


def test_a_project_is_blinded_once_for_all(root: Path, file_store: Path) -> None:
    save_nifti(root / "meier_liver.nii.gz", HU)
    run(root, "--blinded")
    run(root)
    assert Project.objects.get(name="P").blinded
    assert AuditEvent.objects.filter(action="project:blinded").count() == 1
    volume = Volume.objects.get()
    assert volume.name == "meier_liver"
    assert volume.shown_name == f"Case {volume.key[:6]}"
