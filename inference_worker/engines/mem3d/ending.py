"""Where a label ends on the way through the volume.

Beyond the paper, which does not say: of a memory that never forgets the reader's slice,
what is found goes on past the target. A label ends where what is found shrinks to a
small share of what the reader's slice shows, or where it looks unlike that for a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

AREA_LEAST = 0.25
"""Share of the reader's slice's area; less is none."""

AWAY_MOST = 0.5
"""Standard deviations between the brightness of what is found and of what the reader's
slice shows. Both limits were chosen on patients that the network was trained on."""

ODD_MOST = 2
"""Slices in a row that may not look like the reader's."""

_GRAIN = 0.03
"""Added to deviations: flat targets are never quite flat."""


@dataclass(frozen=True)
class Look:
    """A label on a slice: pixels, and their brightness in shares of the span."""

    area: int
    mean: float
    deviation: float

    def is_like(self, other: Look) -> bool:
        """Whether the brightness is about that of ``other``."""
        return abs(self.mean - other.mean) <= AWAY_MOST * (other.deviation + _GRAIN)


class Ending:
    """Labels on a walk away from one of the reader's slices.

    Attributes
    ----------
    ended: labels that have; they do not begin again before the reader's next slice.
    """

    def __init__(self, looks: Mapping[int, Look | None]) -> None:
        """``looks``: of each label where the reader saw it last, if anywhere."""
        self._looks = looks
        self._odd = dict.fromkeys(looks, 0)
        self.ended: set[int] = set()

    def meet(self, value: int, found: Look | None) -> bool:
        """Take note of the next slice; whether the label has ended on it."""
        known = self._looks[value]
        if known is None:
            return False
        like = found is not None and found.is_like(known)
        self._odd[value] = 0 if like else self._odd[value] + 1
        small = found is None or found.area < AREA_LEAST * known.area
        if small or self._odd[value] >= ODD_MOST:
            self.ended.add(value)
        return value in self.ended
