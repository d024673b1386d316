"""The truth of a case, and where a shown mask differs from it.

An engine is given a ``Volume``, ``Label``s and prompts. None of them can hold a
``Truth``: it is no array, has no array protocol, and is opened by ``reveal`` in this
room and by the metrics alone (a test reads the sources for that).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


class Truth:
    """The reference labels of one volume: uint8 (z, y, x), sealed."""

    __slots__ = ("__labels",)

    def __init__(self, labels: NDArray[Any], values: Sequence[int]) -> None:
        kept = np.isin(labels, values)
        self.__labels: NDArray[np.uint8] = np.where(kept, labels, 0).astype(np.uint8)
        self.__labels.setflags(write=False)

    def __repr__(self) -> str:
        return "Truth(sealed)"

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along (z, y, x)."""
        return self.__labels.shape

    def reveal(self) -> NDArray[np.uint8]:
        """The labels, read-only: for simulated readers and for metrics."""
        return self.__labels


@dataclass(frozen=True)
class ErrorRegion:
    """One connected set of voxels shown with a wrong label.

    Attributes
    ----------
    label: the label that the truth has there; 0 where something must be erased.
    mask: bool, in the frame of the slice (y, x) or volume (z, y, x) it was found in.
    allowed: bool, same frame: where ``label`` is true, so where a mark of it is right.
    size: voxels of ``mask``.
    """

    label: int
    mask: NDArray[np.bool_]
    allowed: NDArray[np.bool_]
    size: int


def error_regions(
    shown: NDArray[np.uint8], truth: NDArray[np.uint8], smallest: int = 1
) -> list[ErrorRegion]:
    """Connected error regions of at least ``smallest`` voxels, largest first.

    Parameters
    ----------
    shown, truth: uint8 labels of one slice (y, x) or of a volume (z, y, x).
    """
    wrong = shown != truth
    structure = np.ones((3,) * shown.ndim, dtype=bool)
    found: list[ErrorRegion] = []
    for label in np.unique(truth[wrong]):
        parts, _ = ndimage.label(wrong & (truth == label), structure)
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        found.extend(
            ErrorRegion(int(label), parts == part, truth == label, int(sizes[part]))
            for part in np.flatnonzero(sizes >= max(smallest, 1))
        )
    return sorted(found, key=lambda region: (-region.size, region.label))


def mean_dice(shown: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Dice averaged over the labels in ``truth``; without any, 1 if nothing is shown.

    What the simulated reader judges a slice by; reported figures come from
    ``evaluation.metrics``.
    """
    present = [int(v) for v in np.unique(truth) if v]
    if not present:
        return float(not shown.any())
    scores = []
    for label in present:
        a, b = shown == label, truth == label
        scores.append(2 * float((a & b).sum()) / float(a.sum() + b.sum()))
    return float(np.mean(scores))


def pooled_dice(shown: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Dice of all labels together: what a region of an absent label also lowers."""
    size = int((shown > 0).sum()) + int((truth > 0).sum())
    agree = int(((shown == truth) & (truth > 0)).sum())
    return 2 * agree / size if size else 1.0
