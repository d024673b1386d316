"""Seeds of a slice: what the reader said, and the frame around it as background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.marks import UNMARKED
from inference_worker.planar.engine import Look

MARGIN = 1.0
"""The work area extends the marks by this share of their size on every side …"""

MARGIN_LEAST = 24
"""… and by at least so many voxels."""


@dataclass(frozen=True)
class Seeds:
    """The part of a slice that a method has to decide.

    Attributes
    ----------
    area: (rows, columns) of the work area; all outside of it is background.
    labels: uint8, shape of the area; ``UNMARKED`` where the method decides.
    values: labels that have a seed, without background.
    """

    area: tuple[slice, slice]
    labels: NDArray[np.uint8]
    values: tuple[int, ...]


def seeds_of(look: Look) -> Seeds | None:
    """Seeds of a slice, or None where no label was marked.

    A reader who draws inside an organ and nowhere else means "this, not all": the rim
    of the work area is background unless it was marked otherwise, and so is all that
    lies outside the boxes when every marked label has one.
    """
    marked = look.said != UNMARKED
    enclosed = np.zeros_like(marked)
    for inside in look.boxes.values():
        enclosed |= inside
    values = sorted({int(v) for v in np.unique(look.said[marked])} | set(look.boxes))
    values = [value for value in values if value]
    if not values:
        return None
    rows, columns = _area(marked | enclosed)
    labels = look.said[rows, columns].copy()
    rim = np.ones(labels.shape, dtype=bool)
    rim[1:-1, 1:-1] = False
    labels[rim & (labels == UNMARKED)] = 0
    if set(values) <= set(look.boxes):
        outside = ~enclosed[rows, columns]
        labels[outside & (labels == UNMARKED)] = 0
    for value, inside in look.boxes.items():
        _seed_box(labels, inside[rows, columns], value)
    return Seeds((rows, columns), labels, tuple(values))


def paste(
    seeds: Seeds, labels: NDArray[np.uint8], shape: tuple[int, int]
) -> NDArray[np.uint8]:
    """The labels of the work area on a slice of background: uint8 (y, x)."""
    slice_labels = np.zeros(shape, dtype=np.uint8)
    slice_labels[seeds.area] = labels
    return slice_labels


def _seed_box(labels: NDArray[np.uint8], inside: NDArray[np.bool_], value: int) -> None:
    """A box whose label was not marked says that its middle belongs to the label."""
    if (labels == value).any():
        return
    y, x = np.nonzero(inside)
    if not y.size:
        return
    cy, cx = (y.min() + y.max()) / 2, (x.min() + x.max()) / 2
    ry, rx = np.ptp(y) / 4 + 0.5, np.ptp(x) / 4 + 0.5
    middle = np.zeros(labels.shape, dtype=bool)
    middle[y, x] = ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 <= 1
    labels[middle & (labels == UNMARKED)] = value


def _area(marked: NDArray[np.bool_]) -> tuple[slice, slice]:
    bounds = []
    for axis, size in ((1, marked.shape[0]), (0, marked.shape[1])):
        hit = np.flatnonzero(marked.any(axis=axis))
        margin = max(int(MARGIN * (hit[-1] - hit[0] + 1)), MARGIN_LEAST)
        start, stop = max(hit[0] - margin, 0), min(hit[-1] + 1 + margin, size)
        bounds.append(slice(int(start), int(stop)))
    return bounds[0], bounds[1]
