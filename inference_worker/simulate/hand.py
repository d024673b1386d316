"""How a hand draws: styles, lengths, widths, tremor and mistakes, measured on people.

The numbers of ``measured_hand`` come from ``calibration.json``, which
``python -m inference_worker.evaluation calibrate`` writes from the strokes of the three
people of MedScribble (Wong et al., "ScribblePrompt", 2023).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

CALIBRATION = Path(__file__).with_name("calibration.json")

STYLES = ("skeleton", "centre", "contour", "zigzag")


@dataclass(frozen=True)
class Hand:
    """One way of drawing.

    Attributes
    ----------
    styles: weights of ``STYLES``.
    reach: mean share of the available path that a stroke covers.
    reach_spread: its standard deviation.
    loop: how deep inside a region a loop runs, as a share of its greatest depth.
    strokes: probabilities of 1, 2, 3 … strokes on objects in one interaction.
    strokes_erasing: the same for strokes of label 0.
    width: stroke width as a share of the longer side of the slice.
    width_spread: its standard deviation, as a share of the width.
    wander: how far a stroke strays sideways, standard deviation as a share of the
        local half thickness of the region.
    overshoot_rate: probability that a stroke runs on past the end of its region.
    overshoot: by how much, as a share of its length.
    miss_rate: probability that a stroke lands beside its place.
    miss: by how much, as a share of the longer side of the slice.
    """

    styles: tuple[float, ...]
    reach: float
    reach_spread: float
    loop: float
    strokes: tuple[float, ...]
    strokes_erasing: tuple[float, ...]
    width: float
    width_spread: float
    wander: float
    overshoot_rate: float
    overshoot: float
    miss_rate: float
    miss: float

    def counts(self, label: int) -> tuple[float, ...]:
        """Probabilities of 1, 2, 3 … strokes of a label."""
        return self.strokes if label else self.strokes_erasing

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return asdict(self)


def hand_from_json(body: dict[str, Any]) -> Hand:
    """Undo ``Hand.as_json`` after a trip through JSON."""
    lists = {name: tuple(v) for name, v in body.items() if isinstance(v, list)}
    return Hand(**{**body, **lists})


@cache
def measured_hand() -> Hand:
    """The hand fitted to the three people."""
    return hand_from_json(json.loads(CALIBRATION.read_text())["hand"])


def steady_hand(hand: Hand) -> Hand:
    """The same habits without tremor or mistakes."""
    return replace(hand, wander=0.0, overshoot_rate=0.0, miss_rate=0.0)
