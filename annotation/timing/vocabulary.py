"""What the browser records, and which part of a reader's time each event speaks of."""

from __future__ import annotations

from enum import StrEnum


class Activity(StrEnum):
    """The parts a reader's time falls into; together they cover every instant."""

    DRAWING = "drawing"
    NAVIGATING = "navigating"
    ADJUSTING = "adjusting"
    LOOKING = "looking"
    WAITING = "waiting"
    IDLE = "idle"
    HIDDEN = "hidden"


USER_TIME = (
    Activity.DRAWING,
    Activity.NAVIGATING,
    Activity.ADJUSTING,
    Activity.LOOKING,
)
"""The parts in which the person acts or looks."""

NAVIGATING_KINDS = frozenset({"scroll", "slice", "zoom", "pan", "accept", "visit"})
ADJUSTING_KINDS = frozenset(
    {"window", "tool", "label", "opacity", "visibility_label", "width", "panel", "key"}
)
PRESENCE_KINDS = frozenset({"pointer_move", "load", "focus", "submit", "click"})
"""Signs of a person that belong to no part of their own."""

STROKE_BEGINS = "pointer_down"
STROKE_ENDS = frozenset({"pointer_up", "pointer_cancel"})
TURN_SENT = "turn_sent"
ANSWER_SHOWN = "prediction_rendered"
ANSWER_RECEIVED = "prediction_received"
ANSWER_FAILED = "turn_failed"
VISIBILITY = "visibility"
CLOCK = "clock"
UNLOAD = "unload"
"""The last event of a page that said good-bye."""
