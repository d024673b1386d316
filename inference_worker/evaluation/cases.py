"""Cases: an image an engine may see, beside a truth it may not.

A folder holds ``<case>_image.<suffix>`` with ``<case>_label.<suffix>`` (NIfTI, PNG,
JPEG or NPZ; a DICOM series is a folder ``<case>_image``), or ``images/<case>.<suffix>``
with ``labels/`` or ``masks/`` beside it, or ``<case>.npz`` with arrays ``img``
and ``seg``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference_worker.contract.engine import Label, Volume
from inference_worker.contract.errors import ImportRefused
from inference_worker.evaluation.reading import read_labels, read_volume
from inference_worker.simulate.truth import Truth

_SUFFIXES = (".nii.gz", ".nii", ".png", ".jpg", ".jpeg", ".npz", "")
_LABEL_SUFFIXES = _SUFFIXES[:-1]

_COPY = re.compile(r"^(flipped|mirrored|original)_(?=.*\d)")
_SECTION = re.compile(r"[-_](slice|frame|z)?\d+$")


@dataclass(frozen=True)
class CaseFiles:
    """Where a case lies."""

    name: str
    image: Path
    label: Path


@dataclass(frozen=True)
class Case:
    """One volume with its sealed truth."""

    name: str
    patient: str
    volume: Volume
    truth: Truth


def find_cases(folder: Path) -> list[CaseFiles]:
    """Every case of a folder, by name.

    Raises
    ------
    ImportRefused: ``import:no-cases`` where the folder holds none.
    """
    if not folder.is_dir():
        raise ImportRefused("no-cases", f"{folder} is no folder.")
    found = {files.name: files for files in _pairs(folder)}
    if not found:
        raise ImportRefused(
            "no-cases",
            f"{folder} holds no <case>_image.nii.gz with <case>_label.nii.gz beside "
            "it, nor any other layout that is read (.png, .jpg, .npz, DICOM folders).",
        )
    return [found[name] for name in sorted(found)]


def _pairs(folder: Path) -> Iterator[CaseFiles]:
    for path in sorted(folder.iterdir()):
        name, suffix = _split(path)
        if name.endswith("_image"):
            case = name.removesuffix("_image")
            label = _sibling(folder, f"{case}_label", suffix)
            if label:
                yield CaseFiles(case, path, label)
        elif suffix == ".npz" and not name.endswith("_label"):
            yield CaseFiles(name, path, path)
    for side in ("labels", "masks"):
        if (folder / "images").is_dir() and (folder / side).is_dir():
            for path in sorted((folder / "images").iterdir()):
                name, suffix = _split(path)
                label = _sibling(folder / side, name, suffix)
                if label:
                    yield CaseFiles(name, path, label)


def _split(path: Path) -> tuple[str, str]:
    for suffix in _LABEL_SUFFIXES:
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)], suffix
    return path.name, ""


def _sibling(folder: Path, name: str, suffix: str) -> Path | None:
    for candidate in (suffix, *_LABEL_SUFFIXES):
        path = folder / f"{name}{candidate}"
        if path.is_file():
            return path
    return None


def read_case(files: CaseFiles, labels: Sequence[int]) -> Case:
    """Open a case; labels other than ``labels`` count as background."""
    if files.image == files.label:
        volume, reference = _read_bundle(files.image)
    else:
        volume, reference = read_volume(files.image), read_labels(files.label)
    if tuple(reference.shape) != volume.shape:
        raise ImportRefused(
            "shapes-differ",
            f"{files.name}: the image has {volume.shape} voxels, "
            f"the label {tuple(reference.shape)}.",
        )
    truth = Truth(reference, labels)
    return Case(files.name, patient_of(files.name), volume, truth)


def _read_bundle(path: Path) -> tuple[Volume, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        if not {"img", "seg"} <= set(arrays.files):
            raise ImportRefused("unreadable", f"{path} holds no arrays img and seg.")
        reference = np.rint(np.atleast_3d(arrays["seg"].T).T).astype(np.uint8)
    return read_volume(path), reference


def patient_of(case: str) -> str:
    """The patient (or source volume) a case belongs to, from its name.

    A trailing slice or frame number is dropped where another number remains, and so is
    a prefix of a flipped or mirrored copy: ``PANCREAS_0001-1106`` → ``PANCREAS_0001``,
    ``flipped_10001_103`` → ``10001``, ``btcv_00`` → ``btcv_00``.
    """
    name = _COPY.sub("", case)
    shorter = _SECTION.sub("", name)
    return shorter if re.search(r"\d", shorter) else name


def labels_named(text: str, folder: Path | None = None) -> list[Label]:
    """Read ``1,2`` or ``1:liver,4:spleen``.

    Names that are not given come from ``labels.json`` in ``folder``, which holds
    ``{"1": "liver"}``, or are the number itself.
    """
    known = {}
    if folder and (folder / "labels.json").is_file():
        known = json.loads((folder / "labels.json").read_text())
    labels = []
    for item in text.split(","):
        number, _, name = item.strip().partition(":")
        if not number.isdigit() or not 1 <= int(number) <= 254:
            raise ImportRefused(
                "bad-labels", f"“{item}” is no label; write 1,2 or 1:liver,2:spleen."
            )
        value = int(number)
        labels.append(Label(value, name or str(known.get(number, number))))
    if len({label.value for label in labels}) != len(labels):
        raise ImportRefused("bad-labels", f"“{text}” names a label twice.")
    return labels


def walked_slices(
    truth: Truth, cap: int | None = None, *, repeats: bool = True
) -> list[int]:
    """Slices a reader works through: from the first that holds a label to the last.

    Parameters
    ----------
    cap: at most so many, the middle ones of that run.
    repeats: also those whose truth is the slice before's, voxel for voxel. Masks that
        are stored at another spacing than the images have them; nobody drew them, and
        a copy of the slice before would be given them.
    """
    labels = truth.reveal()
    holding = np.flatnonzero(labels.any(axis=(1, 2)))
    if not len(holding):
        return []
    run = list(range(int(holding[0]), int(holding[-1]) + 1))
    if not repeats:
        repeated = np.all(labels[1:] == labels[:-1], axis=(1, 2))
        repeated &= labels[1:].any(axis=(1, 2))
        run = [index for index in run if index == 0 or not repeated[index - 1]]
    if cap is None or len(run) <= cap:
        return run
    first = (len(run) - cap) // 2
    return run[first : first + cap]
