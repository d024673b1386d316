"""DICOM series: decoded to their units, in every syntax, whatever the file order."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from annotation.standards.dicom import read_series
from annotation.standards.limits import Limits
from inference_worker.contract.errors import ImportRefused
from tests.annotation.standards.series_files import (
    AXIAL,
    LIMITS,
    compress,
    enhanced,
    ramp_hu,
    random_hu,
    read,
    series_in,
    write,
)

HU = random_hu(4, 6, 5)


def test_a_series_comes_back_in_hounsfield_units_at_its_place(tmp_path: Path) -> None:
    image = read(reversed(write(tmp_path, HU)))
    assert image.voxels.dtype == np.int16
    assert np.array_equal(image.voxels, HU)
    assert image.geometry.affine == pytest.approx(AXIAL)
    assert (image.modality, image.window) == ("CT", (60.0, 400.0))
    assert image.source["kind"] == "dicom"
    assert len(image.source["sop_uids"]) == 4


@pytest.mark.parametrize(
    "syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless], ids=lambda uid: uid.name
)
def test_compressed_pixels_come_back_exactly(tmp_path: Path, syntax: UID) -> None:
    hu = ramp_hu(2, 64, 48)
    image = read(write(tmp_path, hu, change=compress(syntax)))
    assert np.array_equal(image.voxels, hu)
    assert image.source["transfer_syntax"] == syntax


@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
    ids=lambda uid: uid.name,
)
def test_every_plain_encoding_is_read(tmp_path: Path, syntax: UID) -> None:
    paths = write(tmp_path, HU)
    for path in paths:
        recode(path, syntax)
    assert np.array_equal(read(paths).voxels, HU)


def recode(path: Path, syntax: UID) -> None:
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        swapped = np.frombuffer(dataset.PixelData, "<u2").astype(">u2")
        dataset.PixelData = swapped.tobytes()
    pydicom.dcmwrite(
        path,
        dataset,
        implicit_vr=syntax.is_implicit_VR,
        little_endian=syntax.is_little_endian,
        force_encoding=True,
    )


def test_each_slice_has_its_own_slope(tmp_path: Path) -> None:
    def change(dataset: FileDataset, index: int) -> None:
        dataset.RescaleSlope, dataset.RescaleIntercept = index + 1, 10 * index

    stored = HU.astype(np.int32) + 1024
    expected = stored * np.arange(1, 5)[:, None, None]
    expected += 10 * np.arange(4)[:, None, None]
    image = read(write(tmp_path, HU, change=change))
    assert np.array_equal(image.voxels, expected)


def test_a_fractional_slope_gives_floats(tmp_path: Path) -> None:
    def change(dataset: FileDataset, index: int) -> None:
        dataset.RescaleSlope, dataset.RescaleIntercept = "0.25", "-3.5"

    image = read(write(tmp_path, HU, change=change))
    assert image.voxels.dtype == np.float32
    stored = HU.astype(np.float64) + 1024
    assert image.voxels == pytest.approx(stored * 0.25 - 3.5)


def test_signed_values_of_few_bits_keep_their_sign(tmp_path: Path) -> None:
    signed = (HU // 2).astype(np.int16)

    def change(dataset: FileDataset, index: int) -> None:
        dataset.PixelRepresentation = 1
        dataset.RescaleIntercept = 0
        # What lies above the stored bits is somebody's overlay.
        raw = (signed[index].astype("<i2").view("<u2") & 0x0FFF) | 0x4000
        dataset.PixelData = raw.tobytes()

    assert np.array_equal(read(write(tmp_path, HU, change=change)).voxels, signed)


def test_unsigned_values_beyond_int16_are_kept(tmp_path: Path) -> None:
    def change(dataset: FileDataset, index: int) -> None:
        dataset.BitsStored, dataset.HighBit = 16, 15
        dataset.RescaleIntercept = 0
        dataset.PixelData = np.full((6, 5), 65535 - index, "<u2").tobytes()

    image = read(write(tmp_path, HU, change=change))
    assert image.voxels.dtype == np.uint16
    assert image.voxels[:, 0, 0].tolist() == [65535, 65534, 65533, 65532]


def test_monochrome1_is_turned_so_that_high_is_bright(tmp_path: Path) -> None:
    def change(dataset: FileDataset, index: int) -> None:
        dataset.PhotometricInterpretation = "MONOCHROME1"
        dataset.WindowCenter, dataset.WindowWidth = 100, 50

    image = read(write(tmp_path, HU, change=change))
    # Stored values mirror at 12 bits; the window mirrors with them.
    assert np.array_equal(image.voxels, 4095 - (HU.astype(int) + 1024) - 1024)
    assert image.window == (4095 - 2048 - 100, 50)


def test_a_modality_table_is_applied(tmp_path: Path) -> None:
    def change(dataset: FileDataset, index: int) -> None:
        table = Dataset()
        table.LUTDescriptor = [4096, 0, 16]
        table.ModalityLUTType = "US"
        table.LUTData = (np.arange(4096, dtype="<u2") * 3).tobytes()
        table["LUTData"].VR = "OW"
        dataset.ModalityLUTSequence = [table]

    image = read(write(tmp_path, HU, change=change))
    assert np.array_equal(image.voxels, (HU.astype(int) + 1024) * 3)


def test_colour_is_read_as_rgb(tmp_path: Path) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (6, 5, 3), dtype=np.uint8)

    def change(dataset: FileDataset, index: int) -> None:
        del dataset.ImagePositionPatient, dataset.ImageOrientationPatient
        dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
        dataset.PhotometricInterpretation = "RGB"
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7
        dataset.PixelData = rgb.tobytes()

    image = read(write(tmp_path, HU[:1], change=change))
    assert image.voxels.shape == (1, 6, 5, 3)
    assert np.array_equal(image.voxels[0], rgb)


def test_an_enhanced_file_is_a_volume_with_a_slope_per_frame(tmp_path: Path) -> None:
    stored = np.random.default_rng(2).integers(0, 900, (3, 4, 6), dtype=np.uint16)
    positions = np.array([[0, 0, 4.0], [0, 0, 0], [0, 0, 2]])
    image = read([enhanced(tmp_path / "mr.dcm", stored, positions)])
    expected = stored.astype(int) * np.array([1, 2, 3])[:, None, None] - 5
    assert np.array_equal(image.voxels, expected[[1, 2, 0]])
    assert image.geometry.spacing == pytest.approx((2, 0.5, 0.25))
    assert image.source["frames"] == [1, 2, 0]


def test_a_film_is_refused_as_no_volume(tmp_path: Path) -> None:
    def change(dataset: FileDataset, index: int) -> None:
        dataset.NumberOfFrames = 2
        dataset.PixelData *= 2

    with pytest.raises(ImportRefused) as refused:
        series_in(write(tmp_path, HU[:1], change=change))
    assert refused.value.code == "import:unsupported"


def test_a_localizer_and_other_series_are_kept_apart(tmp_path: Path) -> None:
    def turn(dataset: FileDataset, index: int) -> None:
        if index == 3:
            dataset.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]

    mixed = write(tmp_path / "a", HU, change=turn)
    other = write(tmp_path / "b", HU[:2], name="Other")
    found = series_in([*mixed, *other])
    assert sorted(len(series.frames) for series in found) == [1, 2, 3]


def test_slices_copied_twice_count_once(tmp_path: Path) -> None:
    paths = write(tmp_path / "a", HU) + write(tmp_path / "b", HU)
    assert np.array_equal(read(paths).voxels, HU)


def test_slices_that_share_one_uid_are_all_read(tmp_path: Path) -> None:
    def change(dataset: FileDataset, index: int) -> None:
        dataset.SOPInstanceUID = "1.2.3"

    assert np.array_equal(read(write(tmp_path, HU, change=change)).voxels, HU)


def echo(dataset: FileDataset, index: int) -> None:
    dataset.EchoTime = "5" if index < 2 else "10"
    place = [float(v) for v in AXIAL @ [index % 2, 0, 0, 1]][:3]
    dataset.ImagePositionPatient = place


def test_two_echoes_of_one_series_are_two_volumes(tmp_path: Path) -> None:
    parts = series_in(write(tmp_path, HU, change=echo))
    # Sorted as text: "10" before "5".
    voxels = [read_series(part, LIMITS).voxels for part in parts]
    assert np.array_equal(voxels[0], HU[2:])
    assert np.array_equal(voxels[1], HU[:2])


def test_slices_at_one_place_that_nothing_tells_apart_are_refused(
    tmp_path: Path,
) -> None:
    def change(dataset: FileDataset, index: int) -> None:
        echo(dataset, index)
        del dataset.EchoTime

    with pytest.raises(ImportRefused) as refused:
        read(write(tmp_path, HU, change=change))
    assert refused.value.code == "import:overlapping-slices"


def test_a_missing_slice_is_refused_never_invented(tmp_path: Path) -> None:
    paths = write(tmp_path, HU)
    with pytest.raises(ImportRefused) as refused:
        read([paths[0], paths[1], paths[3]])
    assert refused.value.code == "import:missing-slices"


def test_a_tilted_series_keeps_every_slice_at_its_own_place(tmp_path: Path) -> None:
    tilted = AXIAL.copy()
    cos, sin = np.cos(np.radians(18.5)), np.sin(np.radians(18.5))
    tilted[:3, 1] = [0, 0.8 * cos, 0.8 * sin]
    image = read(write(tmp_path, HU, tilted))
    assert image.geometry.affine == pytest.approx(tilted, abs=1e-6)
    assert any("tilted by 18.5°" in notice for notice in image.notices)


def test_too_many_voxels_are_refused_by_the_header(tmp_path: Path) -> None:
    paths = write(tmp_path, HU)
    with pytest.raises(ImportRefused) as refused:
        read(paths, Limits(voxels=4 * 6 * 5 - 1))
    assert refused.value.code == "import:too-large"


def test_a_header_that_claims_a_huge_image_takes_no_memory(tmp_path: Path) -> None:
    def change(dataset: FileDataset, index: int) -> None:
        dataset.Rows = dataset.Columns = 65535

    with pytest.raises(ImportRefused) as refused:
        read(write(tmp_path, HU[:1], change=change))
    assert refused.value.code == "import:too-large"


def test_a_patient_is_recognised_again_and_not_named(tmp_path: Path) -> None:
    def called(name: str) -> str:
        def change(dataset: FileDataset, index: int) -> None:
            dataset.PatientID = name

        folder = tmp_path / (name or "nobody")
        folder.mkdir()
        return str(read(write(folder, HU, change=change)).source["patient"])

    assert called("0815") == called("0815 ") != called("4711")
    assert "0815" not in called("0815  ")
    assert called("") == ""
