"""Seconds that a list of a reader's actions would take: *simulated user time*.

Never call a figure of this module user time: nobody sat there. Every constant is named
with where it comes from; ``docs/calibration/README.md`` shows the fit.

References
----------
Card, Moran, Newell, "The keystroke-level model for user performance time with
interactive systems", CACM 23(7), 1980: the operators K, P, M and D.
Accot, Zhai, "Beyond Fitts' law: models for trajectory-based HCI tasks", CHI 1997: the
speed along a path grows in proportion to its width.
"Continual test-time adaptation for interactive segmentation" (thesis), table 5.1:
minutes by hand and by copying the previous slice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from inference_worker.simulate.hand import CALIBRATION

SCREEN_MM = 250.0
"""Side of the square a slice is shown in: a common reading monitor's short side."""

VISIBLE_MM = 2.0
"""Side of the smallest error a reader reacts to, on the screen."""

Kind = Literal["look", "decide", "point", "press", "draw", "trace"]


@dataclass(frozen=True)
class Action:
    """One thing a reader does.

    Attributes
    ----------
    kind: ``look`` over a slice, ``decide`` what to do, ``point`` at a place, ``press``
        a key or button, ``draw`` a loose stroke, ``trace`` an outline exactly.
    length: of the path on the screen, mm (draw, trace).
    room: width of the region the path must stay in, on the screen, mm (draw).
    """

    kind: Kind
    length: float = 0.0
    room: float = 0.0


@dataclass(frozen=True)
class TimeModel:
    """Seconds and speeds.

    Attributes
    ----------
    look_s: to look over one slice. Calibrated on the thesis' table 5.1.
    decide_s: to choose what to correct. Operator M of the keystroke-level model.
    point_s: to bring the pointer to a place. Operator P.
    press_s: one key or button. Operator K, average non-secretary typist.
    drawing_mm_per_s: speed of a loose stroke. Operator D, 0.16 s per cm.
    tracing_mm_per_s: speed along an outline. Calibrated on the thesis' table 5.1.
    tracing_room_mm: width of the path that tracing keeps to: the stroke width that the
        people of MedScribble were given, 4 of 256 pixels. Between the two speeds a
        stroke's speed is proportional to its room (steering law).
    """

    look_s: float
    tracing_mm_per_s: float
    decide_s: float = 1.35
    point_s: float = 1.1
    press_s: float = 0.28
    drawing_mm_per_s: float = 10.0 / 0.16
    tracing_room_mm: float = SCREEN_MM * 4 / 256

    def seconds(self, actions: Iterable[Action]) -> float:
        """Sum over a list of actions."""
        return sum(self.seconds_of(action) for action in actions)

    def seconds_of(self, action: Action) -> float:
        """One action."""
        match action.kind:
            case "look":
                return self.look_s
            case "decide":
                return self.decide_s
            case "point":
                return self.point_s
            case "press":
                return self.press_s
            case "draw":
                return action.length / self.stroke_speed(action.room)
            case "trace":
                return action.length / self.tracing_mm_per_s

    def stroke_speed(self, room: float) -> float:
        """mm/s of a stroke in a region ``room`` mm wide on the screen."""
        steered = self.tracing_mm_per_s * room / self.tracing_room_mm
        slowest = min(self.tracing_mm_per_s, self.drawing_mm_per_s)
        return min(max(steered, slowest), self.drawing_mm_per_s)


@cache
def calibrated_time() -> TimeModel:
    """The model with the committed calibration."""
    return TimeModel(**json.loads(CALIBRATION.read_text())["time"])


def screen_scale(shape: tuple[int, int]) -> float:
    """mm on the screen per voxel of a slice (y, x) that is shown whole."""
    return SCREEN_MM / max(shape)
