"""Folders: which files are cases, which labels are theirs, and what is left out."""

import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image as Picture

from annotation.standards.folder import Folder, scan
from annotation.standards.limits import Limits
from inference_worker.contract.errors import ImportRefused
from tests.annotation.standards.series_files import LIMITS, random_hu, write
from tests.annotation.standards.test_seg import axial_frames, segmentation

HU = random_hu(3, 4, 5)


def nifti(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(np.zeros((2, 2, 2), np.int16), np.eye(4)), path)
    return path


def png(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Picture.fromarray(np.zeros((4, 4), np.uint8)).save(path)
    return path


def text(path: Path, content: bytes = b"words") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def scanned(root: Path, limits: Limits = LIMITS, labels: Path | None = None) -> Folder:
    scratch = root.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return scan(root, limits, scratch=scratch, labels_from=labels)


def pairs(folder: Folder) -> dict[str, str | None]:
    return {case.name: case.labels and case.labels.name for case in folder.cases}


def refusals(folder: Folder) -> dict[str, str]:
    return {refusal.place: refusal.error.code for refusal in folder.refusals}


def test_names_pair_images_with_labels(root: Path) -> None:
    nifti(root / "a_image.nii.gz")
    nifti(root / "a_label.nii.gz")
    nifti(root / "b.nii.gz")
    nifti(root / "b_seg-manual.nii")
    nifti(root / "c_0000.nii.gz")
    assert pairs(scanned(root)) == {
        "a": "a_label.nii.gz",
        "b": "b_seg-manual.nii",
        "c": None,
    }


@pytest.mark.parametrize(
    ("images", "labels"), [("images", "labels"), ("imagesTr", "labelsTr")]
)
def test_folders_pair_images_with_labels(root: Path, images: str, labels: str) -> None:
    nifti(root / images / "liver_0.nii.gz")
    nifti(root / labels / "liver_0.nii.gz")
    png(root / "other" / "images" / "x_mask.png")
    png(root / "other" / "masks" / "x_mask.png")
    assert pairs(scanned(root)) == {
        "liver_0": "liver_0.nii.gz",
        "x_mask": None,
    }


def test_the_same_names_in_other_sets_are_not_mixed(root: Path) -> None:
    for which in ("one", "two"):
        nifti(root / which / "a_image.nii.gz")
    nifti(root / "two" / "a_label.nii.gz")
    labels = [case.labels for case in scanned(root).cases]
    assert labels == [None, root / "two" / "a_label.nii.gz"]


def test_a_folder_of_labels_may_be_given(root: Path, tmp_path: Path) -> None:
    png(root / "a.png")
    png(root / "b_seg.png")
    write(root / "patient7", HU)
    given = tmp_path / "truth"
    for name in ("a.png", "b_seg.png", "patient7_label.png"):
        png(given / name)
    assert pairs(scanned(root, labels=given)) == {
        "a": "a.png",
        "b_seg": "b_seg.png",
        "patient7": "patient7_label.png",
    }


def test_two_labels_of_one_image_are_ambiguous_and_the_image_still_comes(
    root: Path,
) -> None:
    nifti(root / "t2.nii.gz")
    nifti(root / "t2_seg.nii.gz")
    nifti(root / "t2_gmseg.nii.gz")
    folder = scanned(root)
    assert pairs(folder) == {"t2": None}
    assert list(refusals(folder).values()) == ["import:label-ambiguous"]


def test_labels_without_their_image_are_said(root: Path) -> None:
    nifti(root / "a_label.nii.gz")
    assert refusals(scanned(root)) == {"a_label.nii.gz": "import:label-without-image"}


def test_series_are_named_by_their_folder_or_what_they_say(root: Path) -> None:
    write(root / "patient1", HU)
    write(root / "both", HU, name="First")
    for path in write(root / "more", HU, name="Second"):
        path.rename(root / "both" / f"second-{path.name}")
    assert [case.name for case in scanned(root).cases] == [
        "First 1",
        "Second 1",
        "patient1",
    ]


def test_a_segmentation_belongs_to_the_series_it_names(root: Path) -> None:
    path = segmentation(root / "seg.dcm", axial_frames(np.ones((1, 4, 5), np.uint8)))

    def same_series(dataset: object, index: int) -> None:
        dataset.SeriesInstanceUID = "1.2.3.1"  # type: ignore[attr-defined]

    write(root / "ct", HU, change=same_series)
    write(root / "other", HU, name="Other")
    assert pairs(scanned(root)) == {"ct": path.name, "other": None}


def test_a_segmentation_of_a_series_that_is_not_there_is_said(root: Path) -> None:
    segmentation(root / "seg.dcm", axial_frames(np.ones((1, 4, 5), np.uint8)))
    assert refusals(scanned(root)) == {"seg.dcm": "import:label-without-image"}


def test_what_stands_beside_images_is_passed_over(root: Path) -> None:
    png(root / "a.png")
    text(root / "README.md")
    text(root / "LICENSE")
    text(root / ".DS_Store")
    text(root / ".hidden" / "a.png")
    folder = scanned(root)
    assert folder.beside == ["LICENSE", "README.md"]
    assert refusals(folder) == {}


CMS = bytes.fromhex("3080") + bytes.fromhex("06092a864886f70d010703") + bytes(40)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("noise", b"\x07" * 300, "not-an-image"),
        ("notes.dcm", b"words", "not-an-image"),
        ("empty.dcm", b"", "not-an-image"),
        ("a.enc", b"Salted__" + bytes(90), "encrypted"),
        ("b", b"-----BEGIN PGP MESSAGE-----", "encrypted"),
        ("c.dcm.gpg", bytes(90), "encrypted"),
        ("d.dcm", CMS, "encrypted"),
        ("e.7z", b"7z\xbc\xaf\x27\x1c" + bytes(90), "archive"),
        ("f.dcm.gz", b"\x1f\x8b" + bytes(90), "archive"),
    ],
)
def test_files_that_are_no_image_are_named_for_what_they_are(
    root: Path, name: str, content: bytes, code: str
) -> None:
    png(root / "good.png")
    text(root / name, content)
    folder = scanned(root)
    assert refusals(folder) == {name: f"import:{code}"}
    assert list(pairs(folder)) == ["good"]


def test_one_damaged_slice_does_not_lose_the_folder(root: Path) -> None:
    write(root / "a", HU)
    paths = write(root / "b", HU, name="B")
    whole = paths[1].read_bytes()
    place = whole.index(b"0.7\\0.8") if b"0.7\\0.8" in whole else whole.index(b"0.8\\")
    paths[1].write_bytes(whole[:place] + b"x.y" + whole[place + 3 :])
    folder = scanned(root)
    assert list(refusals(folder).values()) == ["import:damaged"]
    assert [case.name for case in folder.cases] == ["a", "b"]


def zipped(path: Path, *files: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, f"inside/{file.name}")
    return path


def test_an_archive_is_unpacked_and_its_series_read(root: Path, tmp_path: Path) -> None:
    zipped(root / "patient.zip", *write(tmp_path / "ct", HU))
    (case,) = scanned(root).cases
    assert case.series is not None
    assert len(case.series.frames) == 3


def test_an_archive_may_not_write_outside(root: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(root / "a.zip", "w") as archive:
        archive.write(png(tmp_path / "x.png"), "../../../x.png")
    before = set(tmp_path.iterdir())
    (case,) = scanned(root).cases
    assert set(tmp_path.iterdir()) == before | {tmp_path / "scratch"}
    assert case.path is not None
    assert case.path.is_relative_to(tmp_path / "scratch")


def test_a_zip_bomb_stops_while_it_unpacks(root: Path, tmp_path: Path) -> None:
    zipped(root / "bomb.zip", text(tmp_path / "zeros", bytes(64 << 20)))
    png(root / "good.png")
    folder = scanned(root)
    assert refusals(folder) == {"bomb.zip": "import:too-compressed"}
    written = sum(p.stat().st_size for p in tmp_path.rglob("scratch/**/*"))
    assert written < 20 << 20
    assert list(pairs(folder)) == ["good"]
    other = scanned(root, Limits(bytes=1 << 20))
    assert refusals(other) == {"bomb.zip": "import:too-large"}


def test_a_locked_archive_is_encrypted(root: Path, tmp_path: Path) -> None:
    path = zipped(root / "a.zip", png(tmp_path / "x.png"))
    whole = bytearray(path.read_bytes())
    whole[6] |= 1
    place = whole.index(b"PK\x01\x02")
    whole[place + 8] |= 1
    path.write_bytes(bytes(whole))
    assert refusals(scanned(root)) == {"a.zip": "import:encrypted"}


def test_a_damaged_archive_is_said(root: Path, tmp_path: Path) -> None:
    path = zipped(root / "a.zip", png(tmp_path / "x.png"))
    path.write_bytes(path.read_bytes()[:60])
    assert refusals(scanned(root)) == {"a.zip": "import:damaged"}


def test_too_many_files_are_refused_at_once(root: Path) -> None:
    for number in range(4):
        text(root / f"{number}.txt")
    with pytest.raises(ImportRefused) as refused:
        scanned(root, Limits(files=3))
    assert refused.value.code == "import:too-many-files"


def test_a_folder_that_is_not_there_is_said(root: Path) -> None:
    with pytest.raises(ImportRefused) as refused:
        scanned(root / "nowhere")
    assert refused.value.code == "import:missing"


def test_one_file_is_a_folder_of_one(root: Path) -> None:
    png(root / "b.png")
    assert pairs(scanned(png(root / "a.png"))) == {"a": None}
