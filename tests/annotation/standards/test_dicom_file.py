"""Single DICOM files: what is damaged, locked or no image is named as such."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless

from annotation.standards.dicom_file import check_is_image, is_dicom, read_header
from annotation.standards.limits import Limits
from inference_worker.contract.errors import ImportRefused
from tests.annotation.standards.series_files import (
    LIMITS,
    compress,
    ramp_hu,
    random_hu,
    read,
    write,
)

HU = random_hu(1, 32, 32)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(ImportRefused) as refused:
        act()
    assert len(refused.value.message) < 700
    return refused.value.code


def test_files_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    (path,) = write(tmp_path, HU)
    assert is_dicom(path.read_bytes()[:140])
    assert is_dicom(path.read_bytes()[132:272])
    assert not is_dicom(b"\x89PNG\r\n\x1a\n" + bytes(200))


@pytest.mark.parametrize("kept", [0.95, 0.6, 0.5])
def test_pixels_that_end_early_are_truncated(tmp_path: Path, kept: float) -> None:
    (path,) = write(tmp_path, HU)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert refusal(lambda: read([path])) == "import:truncated"


def test_a_header_without_pixels_is_truncated(tmp_path: Path) -> None:
    (path,) = write(tmp_path, HU)
    dataset = pydicom.dcmread(path)
    del dataset.PixelData
    dataset.save_as(path)
    assert refusal(lambda: read([path])) == "import:truncated"


def test_compressed_pixels_that_are_damaged_are_undecodable(tmp_path: Path) -> None:
    (path,) = write(tmp_path, ramp_hu(1, 64, 48), change=compress(JPEG2000Lossless))
    damaged = bytearray(path.read_bytes())
    start = damaged.index(b"\xff\x4f\xff\x51")  # SOC, SIZ
    damaged[start + 4 : start + 80] = bytes(76)
    path.write_bytes(bytes(damaged))
    assert refusal(lambda: read([path])) == "import:undecodable"


@pytest.mark.parametrize("seed", range(20))
def test_random_damage_is_a_refusal_or_an_image_and_nothing_else(
    tmp_path: Path, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    (path,) = write(tmp_path, HU)
    damaged = bytearray(path.read_bytes())
    for place in rng.integers(132, 1400, 12):
        damaged[place] = rng.integers(256)
    path.write_bytes(bytes(damaged))
    try:
        check_is_image(read_header(path, LIMITS))
        outcome = f"read {read([path]).voxels.size}"
    except ImportRefused as refused:
        outcome = refused.code
    assert outcome == "read 1024" or outcome.startswith("import:")


def test_bytes_that_only_begin_like_dicom_are_no_image(tmp_path: Path) -> None:
    path = tmp_path / "noise.dcm"
    path.write_bytes(bytes(128) + b"DICM" + b"not an image at all" * 20)
    assert refusal(lambda: read_header(path, LIMITS)) in {
        "import:not-an-image",
        "import:damaged",
        "import:truncated",
    }


def test_encrypted_content_is_said(tmp_path: Path) -> None:
    def change(dataset: FileDataset, index: int) -> None:
        item = Dataset()
        item.EncryptedContentTransferSyntaxUID = "1.2.840.10008.1.2.1"
        item.EncryptedContent = bytes(64)
        dataset.EncryptedAttributesSequence = [item]
        del dataset.PixelData, dataset.Rows, dataset.Columns

    (path,) = write(tmp_path, HU, change=change)
    header = read_header(path, LIMITS)
    assert refusal(lambda: check_is_image(header)) == "import:encrypted"


@pytest.mark.parametrize(
    ("uid", "words"),
    [
        ("1.2.840.10008.5.1.4.1.1.481.3", "a set of contours"),
        ("1.2.840.10008.5.1.4.1.1.481.2", "a dose distribution"),
        ("1.2.840.10008.5.1.4.1.1.77.1.6", "a tiled whole-slide image"),
    ],
)
def test_objects_that_are_not_annotated_are_named(
    tmp_path: Path, uid: str, words: str
) -> None:
    def change(dataset: FileDataset, index: int) -> None:
        dataset.SOPClassUID = uid

    (path,) = write(tmp_path, HU, change=change)
    header = read_header(path, LIMITS)
    with pytest.raises(ImportRefused, match=words) as refused:
        check_is_image(header)
    assert refused.value.code == "import:unsupported"


def deflated(tmp_path: Path, pixels: bytes) -> Path:
    def change(dataset: FileDataset, index: int) -> None:
        dataset.PixelData = pixels

    (path,) = write(tmp_path, HU, change=change)
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(path)
    return path


def test_a_deflate_bomb_is_refused_while_it_unpacks(tmp_path: Path) -> None:
    path = deflated(tmp_path, bytes(20 << 20))
    assert path.stat().st_size < 100_000
    small = Limits(bytes=1 << 20)
    assert refusal(lambda: read_header(path, small)) == "import:too-large"
    assert refusal(lambda: read_header(path, LIMITS)) == "import:too-compressed"


def test_a_deflated_file_that_ends_early_is_truncated(tmp_path: Path) -> None:
    path = deflated(tmp_path, HU.tobytes())
    path.write_bytes(path.read_bytes()[:-40])
    assert refusal(lambda: read_header(path, LIMITS)) == "import:truncated"


def test_a_deflated_file_that_is_damaged_is_said(tmp_path: Path) -> None:
    path = deflated(tmp_path, HU.tobytes())
    whole = bytearray(path.read_bytes())
    length = int(pydicom.filereader.read_file_meta_info(path)[0x00020000].value)
    start = 128 + 4 + 12 + length
    whole[start : start + 8] = b"\xff" * 8  # no block of this type exists
    path.write_bytes(bytes(whole))
    assert refusal(lambda: read_header(path, LIMITS)) == "import:damaged"


def test_a_file_over_the_limit_is_not_even_opened(tmp_path: Path) -> None:
    (path,) = write(tmp_path, HU)
    code = refusal(lambda: read_header(path, Limits(bytes=100)))
    assert code == "import:too-large"
