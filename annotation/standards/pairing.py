"""Which labels belong to which image, by names, folders and series."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from annotation.standards.case import Case, Found, Refusal
from annotation.standards.dicom import Series, group_series
from annotation.standards.nifti import stem_of
from annotation.standards.seg import referenced_series
from inference_worker.contract.errors import ImportRefused

IMAGE_ENDING = re.compile(r"[_-](image|img|ct|mr|0000)$", re.IGNORECASE)
LABEL_ENDING = re.compile(
    r"[_-](label|labels|labelmap|mask|masks|gt|truth|[a-z]*seg(mentation)?)"
    r"([_-](manual|gt))?$",
    re.IGNORECASE,
)
IMAGE_FOLDERS = frozenset({"image", "images", "imagestr", "imagests", "img"})
LABEL_FOLDERS = frozenset(
    {"label", "labels", "labelstr", "mask", "masks", "segmentations", "gt"}
)


class Pairing:
    """Gives every image of a folder its labels.

    Parameters
    ----------
    found : the folder's files.
    given : files of a folder of labels alone, or None. With it, names in the first
        folder say nothing: all of its files are images.

    Attributes
    ----------
    cases, refusals: what came of it.
    """

    def __init__(self, found: Found, given: Found | None) -> None:
        self.found = found
        self.given = given
        self.cases: list[Case] = []
        self.refusals: list[Refusal] = []
        self.labels = self._labels_by_key()
        self._pair_singles()
        self._pair_series()

    def _labels_by_key(self) -> dict[tuple[Path | None, str], list[Path]]:
        """Label files by the folder in which their names count, and by name."""
        labels: dict[tuple[Path | None, str], list[Path]] = defaultdict(list)
        if self.given is None:
            for path in filter(is_label, self.found.singles):
                labels[set_of(path), key_of(path, LABEL_ENDING)].append(path)
            return labels
        for path in self.given.singles:
            for key in {key_of(path, LABEL_ENDING), key_of(path, IMAGE_ENDING)}:
                labels[None, key].append(path)
        return labels

    def _pair_singles(self) -> None:
        taken = {path for group in self.labels.values() for path in group}
        used: set[Path] = set()
        for path in self.found.singles:
            if path in taken:
                continue
            name = key_of(path, IMAGE_ENDING)
            fitting = self.labels.get((set_of(path) if not self.given else None, name))
            used.update(fitting or [])
            self.cases.append(
                Case(
                    name=name,
                    place=self.found.place(path),
                    path=path,
                    labels=self._the_one(fitting or []),
                )
            )
        if self.given is None:
            self._refuse_lone(sorted(taken - used))

    def _pair_series(self) -> None:
        drawn: dict[str, list[Path]] = defaultdict(list)
        for part in filter(None, (self.found, self.given)):
            for path, header in part.segmentations:
                drawn[referenced_series(header)].append(path)
        everything = group_series(self.found.headers)
        crowded = folders_of_several(everything)
        for series in everything:
            name = series_name(series, crowded)
            uid = str(series.header.get("SeriesInstanceUID", ""))
            by_name = self.labels.get((None, name), [])
            self.cases.append(
                Case(
                    name=name,
                    place=self.found.place(series.paths[0]),
                    series=series,
                    labels=self._the_one(drawn.get(uid, []) or by_name),
                )
            )
        known = {str(each.header.get("SeriesInstanceUID", "")) for each in everything}
        for uid in drawn.keys() - known:
            self._refuse_lone(drawn[uid])

    def _the_one(self, fitting: list[Path]) -> Path | None:
        """The only label file of an image; of several none, and that is said."""
        if len(fitting) < 2:
            return fitting[0] if fitting else None
        names = ", ".join(path.name for path in fitting)
        error = ImportRefused(
            "label-ambiguous",
            f"{names} would all be its labels: the image comes without. Name the "
            "folder of the right ones with --labels-from.",
        )
        self.refusals.append(Refusal(self.found.place(fitting[0]), error))
        return None

    def _refuse_lone(self, paths: Iterable[Path]) -> None:
        for path in paths:
            error = ImportRefused(
                "label-without-image", "It holds labels, and their image is not there."
            )
            self.refusals.append(Refusal(self.found.place(path), error))


def is_label(path: Path) -> bool:
    """Whether a file's folder or name says that it holds labels."""
    folder = path.parent.name.lower()
    if folder in LABEL_FOLDERS:
        return True
    return folder not in IMAGE_FOLDERS and bool(LABEL_ENDING.search(stem_of(path)))


def key_of(path: Path, ending: re.Pattern[str]) -> str:
    """What the names of an image and its labels have in common."""
    return ending.sub("", stem_of(path)) or stem_of(path)


def set_of(path: Path) -> Path:
    """The folder in which names count: above images/ and labels/, else its own."""
    folder = path.parent
    if folder.name.lower() in IMAGE_FOLDERS | LABEL_FOLDERS:
        return folder.parent
    return folder


def folders_of_several(everything: Iterable[Series]) -> set[Path]:
    """Folders in which files of more than one series lie."""
    counts: dict[Path, int] = defaultdict(int)
    for series in everything:
        for parent in {path.parent for path in series.paths}:
            counts[parent] += 1
    return {parent for parent, count in counts.items() if count > 1}


def series_name(series: Series, crowded: set[Path]) -> str:
    """The folder of a series that has one to itself, else what its header says."""
    parents = {path.parent for path in series.paths}
    if len(parents) > 1 or parents & crowded:
        return series.description
    return parents.pop().name or series.description
