"""NIfTI volumes: read within limits to the last voxel, and written where they lie."""

import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from annotation.standards.limits import Limits
from annotation.standards.nifti import read_array, read_nifti, stem_of, write_nifti
from inference_worker.contract.errors import ImportRefused

LIMITS = Limits()
AFFINE = np.array(
    [[-0.7, 0.1, 0, 10], [0.1, 0.7, 0, -20], [0, 0, 2.5, 30], [0, 0, 0, 1]]
)


def save(path: Path, values: np.ndarray, affine: np.ndarray = AFFINE) -> Path:
    image = nib.Nifti1Image(values, affine)
    nib.save(image, path)
    return path


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 900, shape).astype(np.int16)


def refusal(path: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(ImportRefused) as refused:
        read_nifti(path, limits)
    return refused.value.code


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "f4", "f8", ">i2"])
def test_values_and_places_are_those_nibabel_says(
    tmp_path: Path, ending: str, dtype: str
) -> None:
    stored = (numbers(4, 5, 6) % 250).astype(dtype)
    path = save(tmp_path / f"a{ending}", stored)
    image = read_nifti(path, LIMITS)
    reference = nib.load(path)
    for z, y, x in [(0, 0, 0), (5, 4, 3), (2, 1, 0)]:
        point = image.geometry.to_points([(z, y, x)])[0] * [-1, -1, 1]
        index = np.linalg.inv(reference.affine) @ [*point, 1]
        i, j, k = np.rint(index[:3]).astype(int)
        assert index[:3] == pytest.approx([i, j, k], abs=1e-6)
        assert image.voxels[z, y, x] == reference.dataobj[i, j, k]


def test_slope_and_intercept_are_applied(tmp_path: Path) -> None:
    image = nib.Nifti1Image(numbers(2, 3, 4), AFFINE)
    image.header.set_slope_inter(0.5, -3)
    path = tmp_path / "a.nii"
    image.to_filename(path)
    expected = np.asarray(nib.load(path).dataobj)
    assert read_array(path, LIMITS).values == pytest.approx(expected)


def test_nifti_2_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    nib.save(nib.Nifti2Image(numbers(2, 3, 4), AFFINE), path)
    assert np.array_equal(read_array(path, LIMITS).values, numbers(2, 3, 4))


def test_whole_numbers_saved_as_floats_become_integers(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii", numbers(2, 3, 4).astype(np.float32))
    assert read_nifti(path, LIMITS).voxels.dtype == np.int16


def test_voxels_without_a_number_are_said(tmp_path: Path) -> None:
    values = numbers(2, 3, 4).astype(np.float32) + 0.5
    values[0, 0, 0] = np.nan
    image = read_nifti(save(tmp_path / "a.nii", values), LIMITS)
    assert np.isfinite(image.voxels).all()
    assert any("1 voxels without a number" in notice for notice in image.notices)


def test_hounsfield_like_numbers_are_taken_for_a_ct_and_said(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii", numbers(4, 4, 4) - 1024)
    image = read_nifti(path, LIMITS)
    assert (image.modality, image.window) == ("CT", (40.0, 400.0))
    assert any("Hounsfield" in notice for notice in image.notices)
    assert read_nifti(path, LIMITS, modality="MR").modality == "MR"


def test_trailing_axes_of_one_are_no_axes(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii", numbers(3, 4, 5)[..., None, None])
    assert read_nifti(path, LIMITS).voxels.shape == (5, 4, 3)
    flat = save(tmp_path / "b.nii", numbers(3, 4))
    assert read_nifti(flat, LIMITS).voxels.shape == (1, 4, 3)


@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (3, 4, 5, 1, 3)])
def test_several_volumes_in_one_file_are_refused(tmp_path: Path, shape: tuple) -> None:
    assert refusal(save(tmp_path / "a.nii", numbers(*shape))) == "import:unsupported"


def test_complex_and_rgb_voxels_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii", np.zeros((2, 2, 2), np.complex64))
    assert refusal(path) == "import:unsupported"


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
@pytest.mark.parametrize("kept", [0.9, 0.5])
def test_a_file_that_ends_early_is_truncated(
    tmp_path: Path, ending: str, kept: float
) -> None:
    path = save(tmp_path / f"a{ending}", numbers(9, 9, 9))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert refusal(path) == "import:truncated"


@pytest.mark.parametrize(
    "content",
    [b"", b"nothing", b"x" * 2000, gzip.compress(b"other " * 200)],
    ids=["empty", "short", "long", "packed"],
)
def test_what_is_no_nifti_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.nii.gz"
    path.write_bytes(content)
    assert refusal(path) == "import:not-an-image"


def test_a_damaged_gzip_is_said(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", numbers(20, 20, 20))
    whole = bytearray(path.read_bytes())
    whole[3000:3100] = b"\xff" * 100
    path.write_bytes(bytes(whole))
    assert refusal(path) in {"import:damaged", "import:truncated"}


def test_a_header_that_makes_no_sense_is_damaged(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii", numbers(4, 4, 4))
    whole = bytearray(path.read_bytes())
    whole[70:72] = (9999).to_bytes(2, "little")  # datatype
    path.write_bytes(bytes(whole))
    assert refusal(path) == "import:damaged"


def test_a_header_that_claims_a_huge_volume_takes_no_memory(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", numbers(4, 4, 4))
    whole = bytearray(gzip.decompress(path.read_bytes()))
    for axis in range(3):
        whole[42 + 2 * axis : 44 + 2 * axis] = (30000).to_bytes(2, "little")
    path.write_bytes(gzip.compress(bytes(whole)))
    assert refusal(path) == "import:too-large"


def test_a_gzip_bomb_behind_an_honest_header_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", numbers(4, 4, 4))
    whole = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(whole + bytes(64 << 20)))
    assert path.stat().st_size < 100_000
    assert refusal(path) == "import:too-large"


def test_an_image_packed_beyond_measure_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", np.zeros((256, 256, 80), np.int16))
    assert refusal(path) == "import:too-compressed"


def test_an_affine_that_places_nothing_is_refused(tmp_path: Path) -> None:
    image = nib.Nifti1Image(numbers(3, 3, 3), None)
    image.header["sform_code"] = 1
    image.header["srow_x"] = [1, 0, 0, 0]
    image.header["srow_y"] = [1, 0, 0, 0]
    image.header["srow_z"] = [0, 0, 1, 0]
    path = tmp_path / "a.nii"
    with path.open("wb") as file:
        file.write(image.header.binaryblock + bytes(4) + bytes(54))
    assert refusal(path) == "import:geometry"


def test_written_labels_are_read_where_they_were_put(tmp_path: Path) -> None:
    labels = (numbers(3, 4, 5) % 3).astype(np.uint8)
    sheared = AFFINE.copy()
    sheared[:3, 2] += [0, 0.8, 0]
    for number, affine in enumerate((AFFINE, sheared)):
        path = tmp_path / f"{number}.nii.gz"
        write_nifti(path, labels, affine)
        again = nib.load(path)
        assert again.affine == pytest.approx(affine, abs=1e-5)
        assert again.get_data_dtype() == np.uint8
        assert np.array_equal(np.asarray(again.dataobj), labels)
        assert int(again.header["qform_code"]) == (0 if number else 1)


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a.nii", "a"), ("a.b.nii.gz", "a.b"), ("A.NII.GZ", "A"), ("c_1.png", "c_1")],
)
def test_stems(name: str, stem: str) -> None:
    assert stem_of(Path("/x") / name) == stem
