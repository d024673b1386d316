"""How a hand draws: styles, lengths, widths, tremor and mistakes, measured on people.

The numbers of ``MEASURED`` come from ``calibration.json``, which
``python -m inference_worker.simulate calibrate`` writes from the strokes of the three
people of MedScribble (Wong et al., "ScribblePrompt", 2023).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

CALIBRATION = Path(__file__).with_name("calibration.json")

STYLES = ("skeleton", "centre", "contour")


@dataclass(frozen=True)
class Side:
    """How strokes of one side are drawn: on an object, or on what is around it.

    Attributes
    ----------
    styles: weights of ``STYLES``.
    reach: mean share of the available path that a stroke covers.
    reach_spread: its standard deviation.
    strokes: probabilities of 1, 2, 3 … strokes in one interaction.
    """

    styles: tuple[float, float, float]
    reach: float
    reach_spread: float
    strokes: tuple[float, ...]


@dataclass(frozen=True)
class Hand:
    """One way of drawing; a steady hand that never errs has zeros in the second half.

    Attributes
    ----------
    foreground, background: strokes of a label, and of label 0.
    width: stroke width as a share of the longer side of the slice.
    width_spread: its standard deviation, as a share of the width.
    wander: how far a stroke strays sideways, standard deviation as a share of the
        local half thickness of the region.
    overshoot_rate: probability that a stroke runs on past the end of its region.
    overshoot: by how much, as a share of its length.
    miss_rate: probability that a stroke lands beside its place.
    miss: by how much, as a share of the longer side of the slice.
    """

    foreground: Side
    background: Side
    width: float
    width_spread: float
    wander: float = 0.0
    overshoot_rate: float = 0.0
    overshoot: float = 0.0
    miss_rate: float = 0.0
    miss: float = 0.0

    def side(self, label: int) -> Side:
        """The habits for a label."""
        return self.foreground if label else self.background

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return asdict(self)


def hand_from_json(body: dict[str, Any]) -> Hand:
    """Undo ``Hand.as_json`` after a trip through JSON."""
    sides = {
        name: Side(
            styles=tuple(body[name]["styles"]),
            reach=body[name]["reach"],
            reach_spread=body[name]["reach_spread"],
            strokes=tuple(body[name]["strokes"]),
        )
        for name in ("foreground", "background")
    }
    return Hand(**{**body, **sides})


@cache
def measured_hand() -> Hand:
    """The hand fitted to the three people."""
    return hand_from_json(json.loads(CALIBRATION.read_text())["hand"])


def steady_hand(hand: Hand) -> Hand:
    """The same habits without tremor or mistakes."""
    return Hand(hand.foreground, hand.background, hand.width, hand.width_spread)
