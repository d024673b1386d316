"""What a folder holds: images to bring in with their labels, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset

from annotation.standards.dicom import Series
from annotation.standards.dicom_frames import Frame
from inference_worker.contract.errors import ImportRefused


@dataclass(frozen=True)
class Refusal:
    """A file or series that is left out. ``place`` is relative to the folder."""

    place: str
    error: ImportRefused


@dataclass(frozen=True)
class Case:
    """One image to bring in.

    Attributes
    ----------
    name: what to call it.
    place: of its first file, relative to the folder.
    series: of a DICOM image, else None.
    path: of an image in one file, else None.
    labels: its label file, or None.
    """

    name: str
    place: str
    series: Series | None = None
    path: Path | None = None
    labels: Path | None = None

    @property
    def paths(self) -> list[Path]:
        """Every file of the image."""
        if self.series is not None:
            return self.series.paths
        return [self.path] if self.path is not None else []

    @property
    def frames(self) -> list[Frame]:
        """Every slice of a DICOM image."""
        return self.series.frames if self.series is not None else []


@dataclass
class Found:
    """Files below ``root`` by kind: DICOM images and segmentations with their headers,
    and volumes and pictures that are one file each."""

    root: Path
    headers: list[tuple[Path, Dataset]] = field(default_factory=list)
    segmentations: list[tuple[Path, Dataset]] = field(default_factory=list)
    singles: list[Path] = field(default_factory=list)

    def place(self, path: Path) -> str:
        """Where a file lies, for people."""
        if path.is_relative_to(self.root):
            return str(path.relative_to(self.root))
        return path.name
