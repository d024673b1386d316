import itertools

import nibabel as nib
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from inference_worker.contract.errors import ImportRefused
from inference_worker.evaluation.cases import (
    find_cases,
    labels_named,
    patient_of,
    read_case,
    walked_slices,
)
from inference_worker.evaluation.reading import read_labels, read_volume
from inference_worker.simulate.truth import Truth


def affine_of(axes: str, spacing: tuple[float, float, float]) -> np.ndarray:
    """A NIfTI (RAS) affine whose array axes run towards ``axes`` (as in "LAS")."""
    world = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1)}
    world["I"] = (2, -1)
    affine = np.eye(4)
    affine[:3, :3] = 0
    for axis, letter in enumerate(axes):
        row, sign = world[letter]
        affine[row, axis] = sign * spacing[axis]
    affine[:3, 3] = (11.0, -7.0, 30.0)
    return affine


def write_nifti(path, voxels, affine):
    nib.save(nib.Nifti1Image(voxels, affine), path)


@pytest.mark.parametrize("axes", ["LAS", "RAS", "LPS", "RPI", "PSR", "ASL"])
def test_every_voxel_keeps_its_point_in_the_patient(tmp_path, axes):
    voxels = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)
    affine = affine_of(axes, (0.7, 0.7, 3.0))
    write_nifti(tmp_path / "a_image.nii.gz", voxels, affine)
    volume = read_volume(tmp_path / "a_image.nii.gz")
    for index in itertools.product(*map(range, voxels.shape)):
        ras = affine @ (*index, 1)
        lps = ras[:3] * (-1, -1, 1)
        z, y, x = np.rint(volume.geometry.to_voxels(lps)[0]).astype(int)
        assert volume.voxels[z, y, x] == voxels[index]


@pytest.mark.parametrize("axes", ["LAS", "RPI", "RAS"])
def test_axial_slices_lie_as_in_a_reading_room(tmp_path, axes):
    write_nifti(
        tmp_path / "v.nii.gz",
        np.zeros((4, 5, 6), np.int16),
        affine_of(axes, (1.0, 1.0, 3.0)),
    )
    direction = read_volume(tmp_path / "v.nii.gz").geometry.affine[:3, :3]
    assert np.argmax(direction[:, 0]) == 2, "slices towards the head"
    assert np.argmax(direction[:, 1]) == 1, "rows towards posterior"
    assert np.argmax(direction[:, 2]) == 0, "columns towards the left"


def test_slices_lie_along_the_last_axis_or_the_clearly_thicker_one(tmp_path):
    voxels = np.zeros((4, 5, 6), np.int16)
    write_nifti(tmp_path / "even.nii.gz", voxels, affine_of("RAS", (1, 1, 1.2)))
    write_nifti(tmp_path / "thick.nii.gz", voxels, affine_of("RAS", (4, 1, 1)))
    assert read_volume(tmp_path / "even.nii.gz").shape[0] == 6
    assert read_volume(tmp_path / "thick.nii.gz").shape[0] == 4


def test_image_and_label_stay_aligned(tmp_path):
    voxels = np.random.default_rng(0).integers(0, 900, (7, 8, 9)).astype(np.int16)
    affine = affine_of("PSR", (1, 1, 1))
    write_nifti(tmp_path / "p_image.nii.gz", voxels, affine)
    write_nifti(tmp_path / "p_label.nii.gz", (voxels > 450).astype(np.uint8), affine)
    (files,) = find_cases(tmp_path)
    case = read_case(files, [1])
    assert ((case.volume.voxels > 450) == case.truth.reveal()).all()


def test_pictures_are_volumes_of_one_slice(tmp_path):
    grey = np.random.default_rng(0).integers(0, 255, (20, 30)).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "a_image.png")
    Image.fromarray(((grey > 99) * 255).astype(np.uint8)).save(tmp_path / "a_label.png")
    (files,) = find_cases(tmp_path)
    case = read_case(files, [1])
    assert case.volume.shape == (1, 20, 30)
    assert (case.truth.reveal()[0] == (grey > 99)).all()


def test_coloured_pictures_keep_their_colours_and_instances_become_one_label(tmp_path):
    rng = np.random.default_rng(0)
    colour = rng.integers(0, 255, (20, 30, 3)).astype(np.uint8)
    instances = rng.integers(0, 400, (20, 30)).astype(np.uint16)
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    Image.fromarray(colour).save(tmp_path / "images" / "n1.png")
    Image.fromarray(instances).save(tmp_path / "labels" / "n1.png")
    (files,) = find_cases(tmp_path)
    case = read_case(files, [1])
    assert case.volume.voxels.shape == (1, 20, 30, 3)
    assert (case.volume.voxels[0] == colour).all()
    assert (case.truth.reveal()[0] == (instances > 0)).all()


def test_arrays_are_read_from_npz(tmp_path):
    image = np.random.default_rng(0).random((3, 8, 8)).astype(np.float32)
    np.savez(tmp_path / "a_image.npz", image)
    np.savez(tmp_path / "a_label.npz", (image > 0.5).astype(np.uint8))
    np.savez(tmp_path / "b.npz", img=image[0], seg=(image[0] > 0.5).astype(float))
    first, second = find_cases(tmp_path)
    assert read_case(first, [1]).volume.shape == (3, 8, 8)
    case = read_case(second, [1])
    assert (case.truth.reveal()[0] == (image[0] > 0.5)).all()


def test_a_dicom_folder_is_sorted_by_place_and_rescaled(tmp_path):
    folder = tmp_path / "d_image"
    folder.mkdir()
    stored = np.random.default_rng(0).integers(0, 2000, (4, 6, 5)).astype(np.uint16)
    for index, name in zip(range(4), "cadb", strict=True):
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset = pydicom.Dataset()
        dataset.file_meta = meta
        dataset.Modality = "CT"
        dataset.ImagePositionPatient = [-10, -20, 5.0 * index]
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PixelSpacing = [0.8, 0.6]
        dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
        dataset.Rows, dataset.Columns = 6, 5
        dataset.BitsAllocated = dataset.BitsStored = 16
        dataset.HighBit, dataset.PixelRepresentation = 15, 0
        dataset.SamplesPerPixel = 1
        dataset.PhotometricInterpretation = "MONOCHROME2"
        dataset.PixelData = stored[index].tobytes()
        dataset.save_as(folder / name, enforce_file_format=True)
    volume = read_volume(folder)
    assert volume.modality == "CT"
    assert (volume.voxels == stored.astype(int) - 1024).all()
    assert volume.geometry.spacing == pytest.approx((5.0, 0.8, 0.6))
    assert volume.geometry.to_points([2, 1, 3])[0] == pytest.approx(
        (-10 + 1.8, -20 + 0.8, 10)
    )


def test_shapes_that_differ_are_refused(tmp_path):
    write_nifti(tmp_path / "x_image.nii.gz", np.zeros((4, 4, 4), np.int16), np.eye(4))
    write_nifti(tmp_path / "x_label.nii.gz", np.zeros((4, 4, 5), np.uint8), np.eye(4))
    (files,) = find_cases(tmp_path)
    with pytest.raises(ImportRefused, match="4, 4, 4"):
        read_case(files, [1])


def test_a_folder_without_cases_is_refused(tmp_path):
    with pytest.raises(ImportRefused, match="_image"):
        find_cases(tmp_path)


def test_a_file_that_is_no_image_is_refused_in_words(tmp_path):
    path = tmp_path / "x_image.png"
    path.write_bytes(b"no picture")
    with pytest.raises(ImportRefused, match=r"x_image\.png"):
        read_volume(path)


def test_labels_out_of_range_are_refused(tmp_path):
    path = tmp_path / "l.nii.gz"
    write_nifti(path, np.full((2, 2, 2), 300, np.int16), np.eye(4))
    with pytest.raises(ImportRefused, match="300"):
        read_labels(path)


@pytest.mark.parametrize(
    ("case", "patient"),
    [
        ("btcv_00", "btcv_00"),
        ("hippocampus_003", "hippocampus_003"),
        ("PANCREAS_0001-1106", "PANCREAS_0001"),
        ("flipped_10001_103", "10001"),
        ("mirrored_10001_81", "10001"),
        ("patient005_frame01", "patient005"),
        ("case", "case"),
    ],
)
def test_the_patient_is_in_the_name_of_the_case(case, patient):
    assert patient_of(case) == patient


def test_labels_are_numbers_with_names_given_or_known(tmp_path):
    assert [(v.value, v.name) for v in labels_named("1,4")] == [(1, "1"), (4, "4")]
    assert labels_named("2:left kidney")[0].name == "left kidney"
    (tmp_path / "labels.json").write_text('{"3": "spleen"}')
    assert labels_named("3", tmp_path)[0].name == "spleen"


@pytest.mark.parametrize("text", ["0", "a", "1,1", "300", ""])
def test_bad_labels_are_refused(text):
    with pytest.raises(ImportRefused):
        labels_named(text)


def test_the_reader_walks_from_the_first_labelled_slice_to_the_last():
    labels = np.zeros((10, 4, 4), np.uint8)
    labels[[2, 5, 7], 1, 1] = 1
    truth = Truth(labels, [1])
    assert walked_slices(truth) == [2, 3, 4, 5, 6, 7]
    assert walked_slices(truth, 2) == [4, 5]
    assert walked_slices(Truth(labels, [9])) == []


def test_slices_that_repeat_the_truth_before_them_can_be_left_out():
    labels = np.zeros((8, 4, 4), dtype=np.uint8)
    for index, width in enumerate((1, 2, 2, 3, 0, 0, 3), start=1):
        labels[index, 0, :width] = 1
    truth = Truth(labels, [1])
    assert walked_slices(truth) == [1, 2, 3, 4, 5, 6, 7]
    assert walked_slices(truth, repeats=False) == [1, 2, 4, 5, 6, 7]
    assert walked_slices(truth, 4, repeats=False) == [2, 4, 5, 6]
