"""Metadata and frames of stored volumes: what is said fits the bytes that are sent."""

import json

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.utils import reshape_pixel_array

from annotation.standards.display import display_scale, frame_bytes
from annotation.standards.wado import (
    instance_uids,
    key_of_series,
    series_metadata,
    series_uid,
    slice_of_instance,
    study_uid,
)
from inference_worker.contract.errors import AccessRefused

KEY = "0123456789abcdef0123456789abcdef"


def metadata_of(voxels: np.ndarray, affine: np.ndarray | None = None) -> list[Dataset]:
    """Go through JSON, as the browser does."""
    found = series_metadata(
        key=KEY,
        shape=voxels.shape[:3],
        affine=np.eye(4)[[2, 1, 0, 3]] if affine is None else affine,
        channels=3 if voxels.ndim == 4 else 1,
        dtype=voxels.dtype.str,
        modality="MR",
        window=(40.0, 400.0),
        scale=display_scale(voxels),
    )
    return [Dataset.from_json(each) for each in json.loads(json.dumps(found))]


def test_uids_are_valid_and_lead_back_to_key_and_slice() -> None:
    assert key_of_series(series_uid(KEY)) == KEY
    assert study_uid(KEY) != series_uid(KEY)
    last = instance_uids(KEY, 1500)[-1]
    assert len(last) <= 64
    assert slice_of_instance(series_uid(KEY), last, 1500) == 1499


@pytest.mark.parametrize("uid", ["", "1.2.3", "2.25.x", f"2.25.{1 << 128}", "2.25.-1"])
def test_a_series_that_is_none_does_not_exist(uid: str) -> None:
    with pytest.raises(AccessRefused) as refused:
        key_of_series(uid)
    assert refused.value.code == "access:missing"


@pytest.mark.parametrize("ending", ["", ".0", ".4", ".x", ".1.1"])
def test_an_instance_that_is_none_does_not_exist(ending: str) -> None:
    with pytest.raises(AccessRefused):
        slice_of_instance(series_uid(KEY), series_uid(KEY) + ending, 3)


def random_voxels(dtype: str, *shape: int) -> np.ndarray:
    rng = np.random.default_rng(4)
    if dtype == "<f4":
        return rng.normal(1e-3, 1e-4, shape).astype(dtype)
    bounds = np.iinfo(dtype)
    return rng.integers(bounds.min, bounds.max, shape, dtype=dtype, endpoint=True)


@pytest.mark.parametrize("dtype", ["<i2", "<u2"])
def test_a_reader_of_the_metadata_decodes_the_bytes_to_the_voxels(dtype: str) -> None:
    voxels = random_voxels(dtype, 3, 4, 5)
    for index, dataset in enumerate(metadata_of(voxels)):
        dataset.PixelData = frame_bytes(voxels[index], None)
        decoded = np.frombuffer(
            dataset.PixelData, "<i2" if dataset.PixelRepresentation else "<u2"
        ).reshape(dataset.Rows, dataset.Columns)
        assert dataset.BitsAllocated == 16
        assert (dataset.RescaleSlope, dataset.RescaleIntercept) == (1, 0)
        assert np.array_equal(decoded, voxels[index])


def test_colour_bytes_are_interleaved_rgb() -> None:
    voxels = random_voxels("|u1", 1, 4, 6, 3)
    (dataset,) = metadata_of(voxels)
    dataset.PixelData = frame_bytes(voxels[0], None)
    dataset.file_meta = Dataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    decoded = reshape_pixel_array(dataset, np.frombuffer(dataset.PixelData, np.uint8))
    assert dataset.PhotometricInterpretation == "RGB"
    assert "WindowCenter" not in dataset
    assert np.array_equal(decoded, voxels[0])


def test_float_voxels_are_shown_in_their_own_units_to_16_bits() -> None:
    voxels = random_voxels("<f4", 2, 8, 8)
    scale = display_scale(voxels)
    for index, dataset in enumerate(metadata_of(voxels)):
        stored = np.frombuffer(frame_bytes(voxels[index], scale), "<i2").reshape(8, 8)
        shown = stored * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
        step = np.ptp(voxels) / 65535
        assert np.abs(shown - voxels[index]).max() < step


def test_an_even_float_volume_can_be_shown() -> None:
    voxels = np.full((1, 2, 2), 0.25, dtype="<f4")
    scale = display_scale(voxels)
    stored = np.frombuffer(frame_bytes(voxels[0], scale), "<i2")
    assert stored * scale["slope"] + scale["intercept"] == pytest.approx(0.25)


def test_every_slice_says_where_it_lies_even_oblique_and_tilted() -> None:
    along = np.array([0.8, 0.6, 0.0])
    down = np.array([0.0, 0.0, -1.0])
    affine = np.eye(4)
    affine[:3, 0] = [1.3, -2.0, 0.4]  # not along the normal
    affine[:3, 1] = 0.7 * down
    affine[:3, 2] = 0.5 * along
    affine[:3, 3] = [-11.123456789012345, 4, 99]
    for index, dataset in enumerate(metadata_of(np.zeros((3, 2, 2), "<i2"), affine)):
        position = np.array([float(v) for v in dataset.ImagePositionPatient])
        assert position == pytest.approx(affine[:3, 3] + index * affine[:3, 0])
        assert np.array(dataset.ImageOrientationPatient) == pytest.approx(
            [*along, *down]
        )
        assert list(dataset.PixelSpacing) == pytest.approx([0.7, 0.5])
        assert dataset.InstanceNumber == index + 1


def test_all_instances_share_study_series_and_frame_of_reference() -> None:
    instances = metadata_of(np.zeros((3, 2, 2), "<i2"))
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        assert len({instance[keyword].value for instance in instances}) == 1
    assert len({instance.SOPInstanceUID for instance in instances}) == 3


def test_nothing_of_a_patient_is_in_it() -> None:
    (dataset,) = metadata_of(np.zeros((1, 2, 2), "<i2"))
    assert not [element for element in dataset if element.tag.group == 0x0010]
