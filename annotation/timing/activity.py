"""What a reader was doing at every instant of a session.

The record is cut at every happening. The piece up to the next one belongs to exactly
one activity, so parts never overlap and always add up to the whole; two tabs, resume
and reload therefore cannot count twice. The rules that decide are parameters of the
analysis, not of the recording.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from annotation.timing.timeline import Happening, Timeline
from annotation.timing.vocabulary import (
    ADJUSTING_KINDS,
    ANSWER_FAILED,
    ANSWER_SHOWN,
    NAVIGATING_KINDS,
    PRESENCE_KINDS,
    STROKE_BEGINS,
    STROKE_ENDS,
    TURN_SENT,
    UNLOAD,
    VISIBILITY,
    Activity,
)


@dataclass(frozen=True)
class Rules:
    """Parameters of the analysis, in seconds.

    Attributes
    ----------
    idle_after_s: without a sign of the person for this long, the rest of the gap is
        idle; the first ``idle_after_s`` count as looking.
    action_s: a scroll or a change of the view counts for this long, unless something
        else comes before.
    wait_for_final: waiting ends with the final answer, not with the first shown.
    """

    idle_after_s: float = 30.0
    action_s: float = 1.0
    wait_for_final: bool = False


@dataclass(frozen=True)
class Piece:
    """One stretch of one activity; ``start`` and ``stop`` in epoch seconds."""

    activity: Activity
    start: float
    stop: float


@dataclass
class _Reader:
    """What is known of the person while walking along the line."""

    visible: dict[str, bool] = field(default_factory=dict)
    drawing: set[str] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)
    last_sign: float = float("-inf")
    action: Activity | None = None
    action_at: float = float("-inf")


def pieces(line: Timeline, rules: Rules = Rules()) -> Iterator[Piece]:
    """Cut the session into activities, in order and without gaps between tabs' ends.

    After the last happening of the last tab nothing is known and nothing counted.
    Between the end of one page and the beginning of the next the session is hidden.
    """
    reader = _Reader()
    for here, following in zip(line.happenings, line.happenings[1:], strict=False):
        _take(reader, here, line, rules)
        yield from _cut(reader, here.at, following.at, rules)


def seconds_by_activity(
    line: Timeline,
    rules: Rules = Rules(),
) -> dict[Activity, float]:
    """Seconds of every activity; absent ones are 0."""
    seconds: dict[Activity, float] = defaultdict(float)
    for piece in pieces(line, rules):
        seconds[piece.activity] += piece.stop - piece.start
    return {activity: seconds[activity] for activity in Activity}


def _take(reader: _Reader, happening: Happening, line: Timeline, rules: Rules) -> None:
    event = happening.event
    reader.visible.setdefault(event.tab, True)
    kind = event.kind
    if kind == VISIBILITY:
        reader.visible[event.tab] = event.data.get("state") == "visible"
    if kind == UNLOAD or happening.at >= line.ends[event.tab]:
        # a page that has said its last word can neither be seen nor drawn on
        reader.visible[event.tab] = False
        reader.drawing.discard(event.tab)
    _take_turn(reader, happening, rules)
    _take_hand(reader, happening)


def _take_turn(reader: _Reader, happening: Happening, rules: Rules) -> None:
    event = happening.event
    turn = str(event.data.get("turn", ""))
    if event.kind == TURN_SENT:
        if not event.data.get("visit"):
            reader.pending.add(turn)
    elif event.kind == ANSWER_FAILED or (
        event.kind == ANSWER_SHOWN
        and (event.data.get("final") or not rules.wait_for_final)
    ):
        reader.pending.discard(turn)


def _take_hand(reader: _Reader, happening: Happening) -> None:
    event, at = happening.event, happening.at
    if event.kind == STROKE_BEGINS:
        reader.drawing.add(event.tab)
        reader.last_sign = at
    elif event.kind in STROKE_ENDS:
        reader.drawing.discard(event.tab)
        reader.last_sign = at
        reader.action = None
    elif event.kind in NAVIGATING_KINDS:
        reader.last_sign, reader.action_at = at, at
        reader.action = Activity.NAVIGATING
    elif event.kind in ADJUSTING_KINDS:
        reader.last_sign, reader.action_at = at, at
        reader.action = Activity.ADJUSTING
    elif event.kind in PRESENCE_KINDS or event.kind == VISIBILITY:
        reader.last_sign = at


def _cut(reader: _Reader, start: float, stop: float, rules: Rules) -> Iterator[Piece]:
    if stop <= start:
        return
    if not any(reader.visible.values()):
        yield Piece(Activity.HIDDEN, start, stop)
        return
    if reader.drawing:
        yield Piece(Activity.DRAWING, start, stop)
        return
    at = start
    if reader.action is not None:
        acted = min(max(reader.action_at + rules.action_s, at), stop)
        if acted > at:
            yield Piece(reader.action, at, acted)
            at = acted
    if at < stop and reader.pending:
        # the machine is asked to be quick, so all of a wait is its own, however long
        yield Piece(Activity.WAITING, at, stop)
        return
    awake = min(max(reader.last_sign + rules.idle_after_s, at), stop)
    if awake > at:
        yield Piece(Activity.LOOKING, at, awake)
    if stop > awake:
        yield Piece(Activity.IDLE, awake, stop)
