"""Intervals and tests over patients: the patient is the unit, never the slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A mean over patients with its 95 % bootstrap interval.

    Attributes
    ----------
    low, high: None where one patient allows no interval.
    """

    mean: float
    low: float | None
    high: float | None
    patients: int

    def text(self, digits: int = 3) -> str:
        """As tables write it."""
        if self.low is None or self.high is None:
            return f"{self.mean:.{digits}f} (n={self.patients})"
        return f"{self.mean:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]"


def estimate(values: ArrayLike, seed: int = 0) -> Estimate:
    """Mean of values (patients,), one per patient; percentile bootstrap over them."""
    found = np.asarray(values, dtype=float)
    if len(found) < 2:
        return Estimate(float(found.mean()), None, None, len(found))
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(found), (RESAMPLES, len(found)))
    low, high = np.percentile(found[drawn].mean(axis=1), (2.5, 97.5))
    return Estimate(float(found.mean()), float(low), float(high), len(found))


@dataclass(frozen=True)
class Comparison:
    """Paired differences of two arms over the same patients.

    Attributes
    ----------
    difference: of the first less the second.
    p: Wilcoxon's signed-rank test, two-sided; None below two patients.
    effect: matched-pairs rank-biserial correlation in [-1, 1]: share of rank sums in
        favour of a positive difference less that against (Kerby, "The simple
        difference formula", 2014).
    """

    difference: Estimate
    p: float | None
    effect: float


def compare(first: Mapping[str, float], second: Mapping[str, float]) -> Comparison:
    """Compare two arms by patient; patients that only one of them has are left out.

    Raises
    ------
    ValueError: they share no patient.
    """
    shared = sorted(first.keys() & second.keys())
    if not shared:
        raise ValueError("the two arms share no patient")
    differences = np.array([first[name] - second[name] for name in shared])
    return Comparison(estimate(differences), _p(differences), _effect(differences))


def _p(differences: np.ndarray) -> float | None:
    if len(differences) < 2:
        return None
    if not differences.any():
        return 1.0
    return float(stats.wilcoxon(differences, zero_method="pratt").pvalue)


def _effect(differences: np.ndarray) -> float:
    moved = differences[differences != 0]
    if not len(moved):
        return 0.0
    ranks = stats.rankdata(np.abs(moved))
    return float((ranks * np.sign(moved)).sum() / ranks.sum())
