"""How far each label may trust the network beside its neighbours' masks.

Whenever a slice is accepted, its mask says which factor on the network's log-odds would
have shown it best at first sight; the factor with the best record is used from then on.
A network that has been led astray is so left out without anybody noticing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inference_worker.engines.continual.evidence import Odds, fused

FACTORS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)

_KEPT = 0.7
"""Share of the record that outlives every accepted slice."""


def first_record(labels: int) -> NDArray[np.float64]:
    """Nothing known yet: (labels, factors)."""
    return np.zeros((labels, len(FACTORS)))


def recorded(
    record: NDArray[np.float64],
    network: Odds,
    prior: Odds | None,
    truth: NDArray[np.uint8],
    fresh: Sequence[int],
) -> NDArray[np.float64]:
    """The record with one more accepted slice.

    Parameters
    ----------
    network, prior: what was known of the slice before any mark of it was learnt.
    truth: output channels (h, w) of the accepted mask.
    """
    if prior is None:
        return record
    scores = np.zeros_like(record)
    for column, factor in enumerate(FACTORS):
        odds = fused(network, prior, [factor] * len(record), fresh)
        for label in range(len(record)):
            shown, right = odds[label] > 0, truth == label + 1
            size = int(shown.sum() + right.sum())
            both = int((shown & right).sum())
            scores[label, column] = 2 * both / size if size else 1.0
    return _KEPT * record + scores


def factors(record: NDArray[np.float64], default: float) -> list[float]:
    """Per label the factor with the best record; ``default`` where there is none."""
    known = np.asarray(FACTORS)
    chosen = []
    for row in record:
        best = known[row >= row.max() - 1e-9]
        # Among equals the one nearest to the default: no evidence moves nothing.
        chosen.append(float(best[np.abs(best - default).argmin()]))
    return chosen
