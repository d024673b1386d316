"""Which network each label may trust, and how far, beside its neighbours' masks.

Whenever a slice is accepted, its mask says which network (the one that was taught, or
the base model as it came) and which factor on its log-odds would have shown it best at
first sight, before it was marked; the pair with the best record is used from then on.
What was taught has to prove itself: among equals the base model speaks, and a network
that has been led astray is left out without anybody noticing, label by label. Slices
whose neighbours hold the label and slices whose neighbours do not are different
questions (where does it end, does it begin) and have a record each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference_worker.engines.continual.evidence import Odds, fused

FACTORS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)

_KEPT = 0.7
"""Share of the record that outlives every accepted slice."""

_AGREES = 0.5
"""Dice with a marked mask from which the base model is believed to know the label."""

Record = NDArray[np.float64]
"""(2, 2, labels, factors): taught and base model; without, and with, the label in a
neighbour's mask."""


@dataclass(frozen=True)
class Choice:
    """What a label goes by: the base model or the one taught, and the factor on it."""

    base: bool
    factor: float


def first_record(labels: int) -> Record:
    """Nothing known yet."""
    return np.zeros((2, 2, labels, len(FACTORS)))


def beside(prior: Odds) -> NDArray[np.intp]:
    """Per label 1 where a neighbour's mask holds it, else 0."""
    return np.asarray((prior > 0).any(axis=(1, 2)), dtype=np.intp)


def recorded(
    record: Record,
    networks: Odds,
    prior: Odds | None,
    truth: NDArray[np.uint8],
    fresh: Sequence[int],
) -> Record:
    """The record with one more accepted slice.

    Parameters
    ----------
    networks: of the taught and of the base model (2, labels, h, w), as they were before
        the slice was marked: one that was told the answer proves nothing. prior: of the
        neighbours (labels, h, w).
    truth: output channels (h, w) of the accepted mask. fresh: as for ``fused``.
    """
    if prior is None:
        return record
    kept = record.copy()
    rows = beside(prior)
    for label, row in enumerate(rows):
        kept[:, row, label] *= _KEPT
    for source, network in enumerate(networks):
        for column, factor in enumerate(FACTORS):
            odds = fused(network, prior, [factor] * len(rows), fresh)
            for label, row in enumerate(rows):
                shown, right = odds[label] > 0, truth == label + 1
                size = int(shown.sum() + right.sum())
                both = int((shown & right).sum())
                kept[source, row, label, column] += 2 * both / size if size else 1.0
    return kept


def first_choices(base: Odds, marked: NDArray[np.uint8] | None) -> list[Choice]:
    """Before any accepted slice: the base model, unless it is far from the marks.

    Steps on a few strokes do good where the base model knows nothing, and harm where it
    knows better.

    Parameters
    ----------
    base: what the base model says, (labels, h, w).
    marked: output channels (h, w) of the mask shown, which bears marks; None before.
    """
    if marked is None:
        return [Choice(base=True, factor=1.0)] * len(base)
    alone = np.concatenate([np.zeros_like(base[:1]), base]).argmax(axis=0)
    chosen = []
    for label in range(1, len(base) + 1):
        mine, wanted = alone == label, marked == label
        size = int(mine.sum() + wanted.sum())
        agreement = 2 * int((mine & wanted).sum()) / size if size else 1.0
        chosen.append(Choice(base=agreement >= _AGREES, factor=1.0))
    return chosen


def choices(
    record: Record,
    prior: Odds,
    default: tuple[float, float],
    fresh: Collection[int] = (),
) -> list[Choice]:
    """Per label the network and the factor with the best record.

    Parameters
    ----------
    default: the factor without, and with, the label in a neighbour's mask, where there
        is no record; among equals the one nearest to it is taken.
    fresh: labels whose channel was made for this volume; nothing is believed of it
        before an accepted slice has shown it right.
    """
    known = np.asarray(FACTORS)
    chosen = []
    for label, row in enumerate(beside(prior)):
        taught, base = record[:, row, label]
        better = bool(taught.max() > base.max())
        scores = taught if better else base
        best = known[scores >= scores.max() - 1e-9]
        wanted = 0.0 if label in fresh else default[row]
        chosen.append(Choice(not better, float(best[np.abs(best - wanted).argmin()])))
    return chosen
