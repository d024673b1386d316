"""DICOM segmentations: read onto the voxels they were drawn on, in any orientation."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels.utils import pack_bits
from pydicom.uid import ExplicitVRLittleEndian

from annotation.standards.seg import (
    is_segmentation,
    read_segmentation,
    referenced_series,
)
from inference_worker.contract.errors import ImportRefused
from inference_worker.contract.geometry import Geometry
from tests.annotation.standards.series_files import AXIAL, LIMITS

SHAPE = (3, 4, 5)
GEOMETRY = Geometry(SHAPE, AXIAL)
NAMES = {"liver": 1, "spleen": 3}


def truth() -> np.ndarray:
    return np.random.default_rng(8).integers(0, 2, SHAPE, dtype=np.uint8)


def item(**fields: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in fields.items():
        setattr(dataset, keyword, value)
    return dataset


def segmentation(
    path: Path,
    frames: list[tuple[int, np.ndarray, np.ndarray]],
    *,
    labels: tuple[str, ...] = ("Liver",),
    cosines: tuple[float, ...] = (1, 0, 0, 0, 1, 0),
    spacing: tuple[float, float] = (0.8, 0.7),
    kind: str = "BINARY",
) -> Path:
    """``frames``: segment number, (y, x) mask, LPS position of its first pixel."""
    uid = "1.2.840.10008.5.1.4.1.1.66." + ("7" if kind == "LABELMAP" else "4")
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = uid
    meta.MediaStorageSOPInstanceUID = "1.2.9"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    masks = np.stack([mask for _, mask, _ in frames])
    dataset.SOPClassUID, dataset.SOPInstanceUID = uid, "1.2.9"
    dataset.SegmentationType = kind
    dataset.ReferencedSeriesSequence = [item(SeriesInstanceUID="1.2.3.1")]
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = masks.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    bits = 1 if kind == "BINARY" else 8
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, 0
    if kind == "FRACTIONAL":
        dataset.MaximumFractionalValue = 200
    dataset.SegmentSequence = [
        item(SegmentNumber=number, SegmentLabel=label)
        for number, label in enumerate(labels, start=1)
    ]
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=list(spacing), SliceThickness=3)],
        PlaneOrientationSequence=[item(ImageOrientationPatient=list(cosines))],
    )
    dataset.SharedFunctionalGroupsSequence = [shared]
    groups = []
    for number, _, position in frames:
        group = item(
            PlanePositionSequence=[
                item(ImagePositionPatient=list(map(float, position)))
            ]
        )
        if kind != "LABELMAP":
            group.SegmentIdentificationSequence = [item(ReferencedSegmentNumber=number)]
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = groups
    packed = pack_bits(masks.ravel()) if kind == "BINARY" else masks.tobytes()
    dataset.PixelData = packed + b"\0" * (len(packed) % 2)
    dataset["PixelData"].VR = "OB"
    dataset.save_as(path, enforce_file_format=True)
    return path


def axial_frames(mask: np.ndarray, segment: int = 1) -> list:
    return [
        (segment, mask[z], (AXIAL @ [z, 0, 0, 1])[:3])
        for z in reversed(range(len(mask)))
        if mask[z].any()
    ]


def test_frames_land_on_their_slices_whatever_their_order(tmp_path: Path) -> None:
    mask = truth()
    mask[1] = 0
    path = segmentation(tmp_path / "a.dcm", axial_frames(mask))
    read = read_segmentation(path, GEOMETRY, NAMES, LIMITS)
    assert np.array_equal(read.labels, mask)
    assert read.notices == ()


def test_frames_drawn_in_another_orientation_land_on_the_same_voxels(
    tmp_path: Path,
) -> None:
    mask = truth()
    # Coronal frames, rows running down from the top slice, columns from the far end.
    frames = [
        (1, mask[::-1, y, ::-1].copy(), (AXIAL @ [2, y, 4, 1])[:3])
        for y in range(SHAPE[1])
    ]
    path = segmentation(
        tmp_path / "a.dcm",
        frames,
        cosines=(-1, 0, 0, 0, 0, -1),
        spacing=(3.0, 0.7),
    )
    read = read_segmentation(path, GEOMETRY, NAMES, LIMITS)
    assert np.array_equal(read.labels, mask)


def test_segments_become_labels_by_name_then_by_number(tmp_path: Path) -> None:
    mask = np.zeros((1, 4, 5), np.uint8)
    mask[0, 0, 0] = 1
    other, third = np.roll(mask, 1, 2), np.roll(mask, 2, 2)
    frames = axial_frames(mask, 1) + axial_frames(other, 2) + axial_frames(third, 3)
    path = segmentation(
        tmp_path / "a.dcm", frames, labels=("SPLEEN ", "a bone", "of liver")
    )
    read = read_segmentation(path, GEOMETRY, NAMES, LIMITS)
    assert read.labels[0, 0].tolist() == [3, 0, 3, 0, 0]
    assert "2 “a bone”" in read.notices[0]


def test_overlapping_segments_are_said(tmp_path: Path) -> None:
    mask = truth()
    frames = axial_frames(mask, 1) + axial_frames(mask, 2)
    path = segmentation(tmp_path / "a.dcm", frames, labels=("liver", "spleen"))
    read = read_segmentation(path, GEOMETRY, NAMES, LIMITS)
    assert np.array_equal(read.labels, mask * 3)
    assert f"{mask.sum()} voxels were in two segments" in read.notices[0]


def test_fractions_count_from_half(tmp_path: Path) -> None:
    mask = truth() * np.uint8(100)
    mask[0, 0, 0] = 101
    path = segmentation(tmp_path / "a.dcm", axial_frames(mask), kind="FRACTIONAL")
    read = read_segmentation(path, GEOMETRY, NAMES, LIMITS)
    assert int(read.labels.sum()) == 1


def test_a_label_map_holds_its_segments_in_one_frame(tmp_path: Path) -> None:
    mask = truth() + truth()[::-1]
    path = segmentation(
        tmp_path / "a.dcm",
        axial_frames(mask),
        kind="LABELMAP",
        labels=("liver", "spleen"),
    )
    read = read_segmentation(path, GEOMETRY, NAMES, LIMITS)
    assert np.array_equal(read.labels, np.array([0, 1, 3])[mask])


@pytest.mark.parametrize("shift", [(0.3, 0, 0), (0, 0, 1.5), (0, 0, 60)])
def test_frames_beside_the_voxels_are_refused(tmp_path: Path, shift: tuple) -> None:
    frames = [(n, m, np.add(p, shift)) for n, m, p in axial_frames(truth())]
    path = segmentation(tmp_path / "a.dcm", frames)
    with pytest.raises(ImportRefused) as refused:
        read_segmentation(path, GEOMETRY, NAMES, LIMITS)
    assert refused.value.code == "import:label-grid"


def test_segments_that_are_no_labels_are_refused(tmp_path: Path) -> None:
    path = segmentation(tmp_path / "a.dcm", axial_frames(truth()), labels=("bone",))
    with pytest.raises(ImportRefused) as refused:
        read_segmentation(path, GEOMETRY, {"liver": 5, "spleen": 6}, LIMITS)
    assert refused.value.code == "import:label-values"


def test_a_segmentation_names_its_series(tmp_path: Path) -> None:
    import pydicom

    path = segmentation(tmp_path / "a.dcm", axial_frames(truth()))
    header = pydicom.dcmread(path)
    assert is_segmentation(header)
    assert referenced_series(header) == "1.2.3.1"
    assert referenced_series(Dataset()) == ""
