"""Training examples: slices of labelled images, by patient, from partial sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference_worker.evaluation.cases import CaseFiles, find_cases, patient_of
from inference_worker.evaluation.reading import read_labels, read_volume
from inference_worker.nets.preprocessing import Preprocessing, resize_plane

TURNS = ("upright", "upside-down", "spine-left", "spine-right")
"""How slices of a set are stored, against a reading room's picture."""


@dataclass(frozen=True)
class Source:
    """One folder of image/label pairs.

    Attributes
    ----------
    folder: below the data root, or a path.
    labels: value in the label files → class. **Classes that are not named here are
        unknown in this set**, wherever its label files hold 0.
    stored: pattern of a case's name → how its slices are turned (``TURNS``).
    licence: of the data, for the model card.
    cases: patterns of the names of cases that are used.
    guessed: classes unknown here that a recipe's second round takes from its first.
    """

    folder: str
    labels: Mapping[int, str]
    licence: str = "not stated"
    stored: Mapping[str, str] = field(default_factory=dict)
    cases: tuple[str, ...] = ("*",)
    guessed: tuple[str, ...] = ()

    @staticmethod
    def parse(text: str) -> Source:
        """Read ``DIR:liver`` (label 1) or ``DIR:1=liver,4=spleen``."""
        folder, colon, classes = text.rpartition(":")
        labels = {}
        for position, item in enumerate(classes.split(","), start=1):
            value, equals, name = item.rpartition("=")
            labels[int(value) if equals else position] = name.strip()
        if not colon or not folder or not all(labels.values()):
            raise ValueError(f"“{text}” is not DIR:class,… or DIR:value=class,…")
        return Source(folder, labels)


@dataclass(frozen=True)
class Example:
    """One slice.

    Attributes
    ----------
    image: uint8 (y, x) or (y, x, 3), 0 and 255 being the ends of the model's span;
        upright, at the model's working size.
    target: uint8 (y, x), index into the model's classes.
    labelled: bool (classes,): which classes the target knows; background always.
    inside: bool (y, x): the body, air around it left out; empty for pictures.
    turned: how the slice was stored.
    """

    patient: str
    image: NDArray[np.uint8]
    target: NDArray[np.uint8]
    labelled: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    turned: str = "upright"


def split_patients(
    patients: Sequence[str], share: float, seed: int
) -> tuple[list[str], list[str]]:
    """Patients to train on and patients held out, sorted; never one on both sides.

    Which side a patient falls on does not depend on the order or the number of its
    images. At least one is held out where there are two.
    """
    distinct = sorted(set(patients))
    count = min(max(1, round(share * len(distinct))), len(distinct) - 1)
    order = np.random.default_rng(seed).permutation(len(distinct))
    held_out = {distinct[i] for i in order[:count]}
    return [p for p in distinct if p not in held_out], sorted(held_out)


def cases_of(source: Source, root: Path) -> list[CaseFiles]:
    """Every case of the source, by name."""
    return [
        files
        for files in find_cases(root / source.folder)
        if any(fnmatch(files.name, pattern) for pattern in source.cases)
    ]


def turned_of(source: Source, files: CaseFiles) -> str:
    """How the slices of a case are stored, one of ``TURNS``."""
    for pattern, turned in source.stored.items():
        if fnmatch(files.name, pattern):
            return turned
    return "upright"


def read_examples(
    source: Source,
    files: CaseFiles,
    classes: Sequence[str],
    preprocessing: Preprocessing,
    channels: int,
) -> list[Example]:
    """Every slice of a case that holds a label, and every fourth of the others."""
    volume, reference = read_volume(files.image), read_labels(files.label)
    size = preprocessing.frame.size(volume)
    low, high = preprocessing.intensity.span(volume)
    table = np.zeros(256, dtype=np.uint8)
    labelled = np.zeros(len(classes), dtype=bool)
    labelled[0] = True
    for value, name in source.labels.items():
        table[value] = classes.index(name)
        labelled[classes.index(name)] = True
    turned = turned_of(source, files)
    examples = []
    for index in range(volume.shape[0]):
        target = table[reference[index]]
        if not target.any() and volume.shape[0] > 1 and index % 4:
            continue
        plane = np.asarray(volume.voxels[index], dtype=np.float32)
        image = (255 * np.clip((plane - low) / (high - low), 0, 1)).astype(np.float32)
        if channels == 1 and image.ndim == 3:
            image = image.mean(axis=-1)
        if channels == 3 and image.ndim == 2:
            image = np.repeat(image[..., None], 3, axis=-1)
        image = np.rint(resize_plane(image, size)).astype(np.uint8)
        image = upright(image, turned)
        target = upright(resize_plane(target, size), turned)
        patient = patient_of(files.name)
        examples.append(
            Example(patient, image, target, labelled, body_of(image), turned)
        )
    return examples


def body_of(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Everything inside the largest bright outline: bool (y, x)."""
    grey = image if image.ndim == 2 else image.max(axis=-1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    bright = cv2.morphologyEx((grey > 20).astype(np.uint8), cv2.MORPH_CLOSE, disc)
    framed = np.pad(1 - bright, 1, constant_values=1).astype(np.uint8)
    _, parts = cv2.connectedComponents(framed, connectivity=4)
    filled = (parts != parts[0, 0])[1:-1, 1:-1].astype(np.uint8)
    opened = cv2.morphologyEx(filled, cv2.MORPH_OPEN, disc)
    count, parts, facts, _ = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return np.zeros(grey.shape, dtype=bool)
    return np.asarray(parts == 1 + int(np.argmax(facts[1:, cv2.CC_STAT_AREA])))


def upright(plane: NDArray[Any], turned: str) -> NDArray[Any]:
    """A slice (y, x, …) as a reading room shows it: spine below, liver on the left."""
    return np.ascontiguousarray(_turn(plane, turned, back=False))


def as_stored(plane: NDArray[Any], turned: str) -> NDArray[Any]:
    """The inverse of ``upright``."""
    return np.ascontiguousarray(_turn(plane, turned, back=True))


def _turn(plane: NDArray[Any], turned: str, *, back: bool) -> NDArray[Any]:
    quarter = {"spine-left": 1, "spine-right": -1}.get(turned, 0)
    if quarter:
        return np.rot90(plane, -quarter if back else quarter)
    return plane[::-1] if turned == "upside-down" else plane
