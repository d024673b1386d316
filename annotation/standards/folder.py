"""A folder of images: every file looked at once, and none of them trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from annotation.standards.archive import check_open, is_zip, unpack
from annotation.standards.case import Case, Found, Refusal
from annotation.standards.dicom import group_series
from annotation.standards.dicom_file import (
    DIRECTORY,
    check_is_image,
    is_dicom,
    read_header,
    speak_of_damage,
)
from annotation.standards.limits import Limits
from annotation.standards.pairing import Pairing
from annotation.standards.raster import is_raster
from annotation.standards.seg import is_segmentation, referenced_series
from inference_worker.contract.errors import ImportRefused

HEAD = 1024

# What stands beside images in every data set and nobody means to import.
BESIDE = frozenset(
    {".bib", ".cff", ".csv", ".html", ".json", ".md", ".pdf", ".py", ".rst"}
    | {".tsv", ".txt", ".xlsx", ".xml", ".yaml", ".yml"}
)
BESIDE_NAMES = frozenset({"license", "licence", "readme", "copying", "notice"})


@dataclass
class Folder:
    """What was found: cases in order of their names, what is left out and why, and
    files that nobody means to import."""

    cases: list[Case] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)


def scan(
    root: Path, limits: Limits, *, scratch: Path, labels_from: Path | None = None
) -> Folder:
    """Look at every file below ``root`` (or at one file) and pair images with labels.

    A label file is one in a folder called labels or masks, one whose name ends in
    _label, _mask or _seg, a DICOM segmentation, or any file in ``labels_from``. It
    belongs to the image of the same name, endings like _image and _label apart.

    Parameters
    ----------
    scratch : Path
        An empty folder where archives are unpacked; to be kept until cases are read.

    Raises
    ------
    ImportRefused
        ``import:missing``, ``import:too-many-files``; single files never raise.
    """
    folder = Folder()
    found = Found(root if root.is_dir() else root.parent)
    for path in walk(root, limits):
        take(path, found, folder, limits, scratch)
    given = None
    if labels_from is not None:
        given = Found(labels_from)
        for path in walk(labels_from, limits):
            take(path, given, folder, limits, scratch)
    pairing = Pairing(found, given)
    folder.refusals += pairing.refusals
    folder.cases = sorted(pairing.cases, key=lambda case: (case.name, case.place))
    return folder


def walk(root: Path, limits: Limits) -> list[Path]:
    """Return the files below ``root`` in order, hidden ones left out."""
    if not root.exists():
        raise ImportRefused("missing", f"There is no {root}.")
    if root.is_file():
        return [root]
    paths = []
    for path in root.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if hidden or not path.is_file():
            continue
        paths.append(path)
        if len(paths) > limits.files:
            raise ImportRefused(
                "too-many-files",
                f"{root} holds more than {limits.files:,} files; import a part of it.",
                files_max=limits.files,
            )
    return sorted(paths)


def take(
    path: Path, found: Found, folder: Folder, limits: Limits, scratch: Path
) -> None:
    """Put one file where it belongs: among the images, the labels or the refusals."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        if is_zip(head):
            inside = scratch / f"{len(list(scratch.iterdir()))}-{path.stem}"
            inside.mkdir()
            unpack(path, inside, limits)
            for unpacked in walk(inside, limits):
                take(unpacked, found, folder, limits, scratch)
        elif is_dicom(head):
            take_dicom(path, found, limits)
        elif is_raster(head) or path.name.lower().endswith((".nii", ".nii.gz")):
            found.singles.append(path)
        elif path.suffix.lower() in BESIDE or path.stem.lower() in BESIDE_NAMES:
            folder.beside.append(found.place(path))
        else:
            check_open(path, head)
            raise ImportRefused(
                "not-an-image", "It is none of DICOM, NIfTI, PNG, TIFF and JPEG."
            )
    except ImportRefused as error:
        folder.refusals.append(Refusal(found.place(path), error))
    except OSError as error:
        refused = ImportRefused("unreadable", f"It cannot be opened: {error.strerror}.")
        folder.refusals.append(Refusal(found.place(path), refused))


def take_dicom(path: Path, found: Found, limits: Limits) -> None:
    """Read the header of a DICOM file and keep it where it is an image or labels."""
    header = read_header(path, limits)
    with speak_of_damage():
        if str(header.SOPClassUID) == DIRECTORY:
            return
        if is_segmentation(header):
            referenced_series(header)
            found.segmentations.append((path, header))
            return
    check_is_image(header)
    # Alone first, so that what is damaged in one file cannot fail the others.
    group_series([(path, header)])
    found.headers.append((path, header))
