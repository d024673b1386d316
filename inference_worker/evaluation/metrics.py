"""Dice, normalised surface Dice and HD95 per label, from MONAI's edges and distances.

The tests hold them against MONAI's own figures and against a second implementation
(SciPy's distance transforms).

References
----------
Nikolov et al., "Clinically applicable segmentation of head and neck anatomy", JMIR
2021: the surface Dice at a tolerance. Cardoso et al., "MONAI", 2022.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from monai.metrics.utils import get_mask_edges, get_surface_distance
from numpy.typing import NDArray

from inference_worker.simulate.truth import Truth

TOLERANCE_MM = 2.0
"""Surface within this distance of the true one counts as right."""


@dataclass(frozen=True)
class Scores:
    """How a shown mask agrees with the truth, per label truly present.

    Attributes
    ----------
    dice: in [0, 1]. nsd: in [0, 1], at the tolerance asked for.
    hd95_mm: infinite where the label is not shown at all.
    stray: voxels shown with labels that are truly absent.
    """

    dice: Mapping[int, float]
    nsd: Mapping[int, float]
    hd95_mm: Mapping[int, float]
    stray: int

    @property
    def mean_dice(self) -> float:
        """Over the labels present; without any, 1 if nothing is shown, else 0."""
        if not self.dice:
            return float(self.stray == 0)
        return float(np.mean(list(self.dice.values())))

    @property
    def mean_nsd(self) -> float:
        """Over the labels present; without any, as Dice."""
        if not self.nsd:
            return float(self.stray == 0)
        return float(np.mean(list(self.nsd.values())))

    @property
    def worst_hd95_mm(self) -> float:
        """The largest over the labels present; without any, 0 or infinite."""
        if not self.hd95_mm:
            return 0.0 if self.stray == 0 else math.inf
        return max(self.hd95_mm.values())


def score_slice(
    shown: NDArray[np.uint8],
    truth: Truth,
    index: int,
    labels: Sequence[int],
    spacing: Sequence[float],
    tolerance_mm: float = TOLERANCE_MM,
) -> Scores:
    """Scores of slice ``index``; ``shown``: uint8 (y, x), ``spacing``: mm (z, y, x)."""
    return _score(shown, truth.reveal()[index], labels, spacing[1:], tolerance_mm)


def score_volume(
    shown: NDArray[np.uint8],
    truth: Truth,
    labels: Sequence[int],
    spacing: Sequence[float],
    tolerance_mm: float = TOLERANCE_MM,
    *,
    slices: Sequence[int] | None = None,
) -> Scores:
    """Scores of a volume, or of a run of its slices.

    Parameters
    ----------
    shown: uint8 (z, y, x). spacing: mm along (z, y, x).
    slices: a run of consecutive slices; all of them without.
    """
    if shown.shape[0] == 1:
        return score_slice(shown[0], truth, 0, labels, spacing, tolerance_mm)
    true = truth.reveal()
    if slices:
        run = slice(min(slices), max(slices) + 1)
        shown, true = shown[run], true[run]
    return _score(shown, true, labels, spacing, tolerance_mm)


def _score(
    shown: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    labels: Sequence[int],
    spacing: Sequence[float],
    tolerance_mm: float,
) -> Scores:
    dice: dict[int, float] = {}
    nsd: dict[int, float] = {}
    hd95: dict[int, float] = {}
    stray = 0
    for label in labels:
        a, b = shown == label, truth == label
        if not b.any():
            stray += int(a.sum())
            continue
        if not a.any():
            dice[label], nsd[label], hd95[label] = 0.0, 0.0, math.inf
            continue
        dice[label], nsd[label], hd95[label] = _agreement(a, b, spacing, tolerance_mm)
    return Scores(dice, nsd, hd95, stray)


def _agreement(
    a: NDArray[np.bool_],
    b: NDArray[np.bool_],
    spacing: Sequence[float],
    tolerance_mm: float,
) -> tuple[float, float, float]:
    """Dice, NSD and HD95 (mm) of two masks that are not empty.

    MONAI's edges and distances once for both, without the cropping and conversions
    that make its own front doors thirty times slower on a slice.
    """
    dice = 2 * float((a & b).sum()) / float(a.sum() + b.sum())
    window = tuple(
        slice(max(int(i.min()) - 1, 0), int(i.max()) + 2) for i in np.nonzero(a | b)
    )
    first, second = get_mask_edges(a[window], b[window], crop=False)
    there = get_surface_distance(first, second, spacing=spacing)
    back = get_surface_distance(second, first, spacing=spacing)
    close = int((there <= tolerance_mm).sum()) + int((back <= tolerance_mm).sum())
    nsd = close / (len(there) + len(back))
    hd95 = max(float(np.percentile(d, 95)) for d in (there, back))
    return dice, nsd, hd95
