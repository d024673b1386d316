"""One DICOM file: recognised, opened within limits, and its faults given names."""

from __future__ import annotations

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
from pydicom import filereader
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from annotation.standards.limits import Limits, inflate
from inference_worker.contract.errors import ImportRefused

PREAMBLE = 128

# What matters in a header is checked here by name; its other oddities, which are the
# rule in real files, would fill the log with a line each.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
logging.getLogger("pydicom").setLevel(logging.ERROR)

# SOP classes that carry pixels and are no image to annotate, by the words for people.
NOT_ANNOTATED = {
    "1.2.840.10008.5.1.4.1.1.66.4": "a segmentation",
    "1.2.840.10008.5.1.4.1.1.66.7": "a segmentation",
    "1.2.840.10008.5.1.4.1.1.481.2": "a dose distribution",
    "1.2.840.10008.5.1.4.1.1.481.3": "a set of contours",
    "1.2.840.10008.5.1.4.1.1.77.1.6": "a tiled whole-slide image",
    "1.2.840.10008.5.1.4.1.1.30": "a parametric map",
}
SEGMENTATIONS = frozenset(uid for uid, what in NOT_ANNOTATED.items() if "segm" in what)
DIRECTORY = "1.2.840.10008.1.3.10"

# All that is asked of a header; with thousands of files, the rest would fill memory.
HEADER_KEYWORDS = [
    "SOPClassUID",
    "SOPInstanceUID",
    "PatientID",
    "IssuerOfPatientID",
    "FrameOfReferenceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDescription",
    "Modality",
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "NumberOfFrames",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "ImageType",
    "EchoTime",
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "DiffusionBValue",
    "RescaleSlope",
    "RescaleIntercept",
    "WindowCenter",
    "WindowWidth",
    "ModalityLUTSequence",
    "PerFrameFunctionalGroupsSequence",
    "SharedFunctionalGroupsSequence",
    "ReferencedSeriesSequence",
    "EncryptedAttributesSequence",
]

# What the many parsers and codecs raise on bytes that are not what they claim to be.
DAMAGE = (
    ArithmeticError,
    AttributeError,
    BytesLengthException,
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def is_dicom(head: bytes) -> bool:
    """Whether the first 140 bytes of a file are those of a DICOM file.

    PS3.10 7.1 asks for a preamble; older files begin with group 0002 or 0008 at once.
    """
    if head[PREAMBLE : PREAMBLE + 4] == b"DICM":
        return True
    return head[:4] in (b"\x02\x00\x00\x00", b"\x08\x00\x00\x00", b"\x08\x00\x05\x00")


@contextmanager
def speak_of_damage() -> Iterator[None]:
    """Turn what parsers raise on damaged bytes into ``import:*`` refusals."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except InvalidDicomError as error:
            raise ImportRefused("not-an-image", "It is no DICOM file.") from error
        except MemoryError as error:
            raise ImportRefused(
                "too-large", "It asks for more memory than there is."
            ) from error
        except DAMAGE as error:
            raise named_damage(error) from error


def named_damage(error: Exception) -> ImportRefused:
    """The refusal that fits what a parser or codec said."""
    said = " ".join(str(error).split()) or type(error).__name__
    lowered = said.lower()
    early = ("end of file", "less than", "doesn't match the expected", "unexpected end")
    if isinstance(error, EOFError) or any(words in lowered for words in early):
        return ImportRefused(
            "truncated", f"It ends early; copy the file again. ({said})"
        )
    unknown = ("unable to decode", "no available", "missing dependencies")
    if isinstance(error, NotImplementedError) or any(w in lowered for w in unknown):
        return ImportRefused(
            "undecodable", f"Its pixels cannot be decoded: damaged or unknown. ({said})"
        )
    return ImportRefused("damaged", f"It cannot be read: {said}")


def read_header(path: Path, limits: Limits) -> FileDataset:
    """Read a file without its pixels."""
    return _read(path, limits, pixels=False)


def read_dataset(path: Path, limits: Limits) -> FileDataset:
    """Read a whole file.

    Raises
    ------
    ImportRefused
        ``import:not-an-image``, ``import:truncated``, ``import:damaged``,
        ``import:too-large``.
    """
    return _read(path, limits, pixels=True)


def _read(path: Path, limits: Limits, *, pixels: bool) -> FileDataset:
    if path.stat().st_size > limits.bytes:
        raise ImportRefused(
            "too-large",
            f"The file is larger than {limits.bytes:,} bytes.",
            bytes_max=limits.bytes,
        )
    with speak_of_damage():
        check_deflated(path, limits)
        wanted: list[str] | None = None if pixels else HEADER_KEYWORDS
        dataset = pydicom.dcmread(
            path, stop_before_pixels=not pixels, force=True, specific_tags=wanted
        )
        if "SOPClassUID" not in dataset:
            raise InvalidDicomError
        return dataset


def check_deflated(path: Path, limits: Limits) -> None:
    """Unpack a deflated file once under the limit: pydicom does so without one."""
    with path.open("rb") as file:
        file.seek(PREAMBLE)
        if file.read(4) != b"DICM":
            return
        # As pydicom does: group 0002 ends where another begins, whatever its length
        # element claims, so that what is unpacked here is what is unpacked there.
        meta = filereader.read_dataset(file, False, True, stop_when=_after_group_0002)
        if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
            return
        unpacked = inflate(file, limits.bytes, -zlib.MAX_WBITS)
    limits.check_compression(path.stat().st_size, len(unpacked))


def _after_group_0002(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag.group != 2


@speak_of_damage()
def check_is_image(dataset: Dataset) -> None:
    """Refuse objects that carry no image to annotate, in words that say what they are.

    Raises
    ------
    ImportRefused
        ``import:encrypted``, ``import:not-an-image``, ``import:unsupported``.
    """
    what = NOT_ANNOTATED.get(str(dataset.SOPClassUID))
    if what:
        raise ImportRefused("unsupported", f"It is {what}, not an image to annotate.")
    if "Rows" in dataset and "Columns" in dataset:
        return
    if "EncryptedAttributesSequence" in dataset:
        raise ImportRefused(
            "encrypted", "Its content is encrypted; decrypt it before importing it."
        )
    name = dataset.SOPClassUID.name
    raise ImportRefused(
        "not-an-image", f"It is a DICOM object without pixels ({name})."
    )
