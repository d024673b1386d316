"""Fit the two free constants of the time model to minutes that people took.

Looking: with the method on CHAOS-CT the thesis' readers took 9.24 min for 84 slices
(table 5.1), so they cannot have looked over a slice for longer than that allows once
the slice is also accepted; the whole of it is counted as looking, which is against the
methods that leave little else to do.

Tracing: the speed at which outlines of the same organ, drawn slice by slice until the
simulated reader stops, add up to the thesis' minutes by hand (least squares). The
minutes of copying the previous slice are not used: they check the fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inference_worker.simulate.annotators import Reader
from inference_worker.simulate.styles import Brush
from inference_worker.simulate.timing import SCREEN_MM, Action, TimeModel
from inference_worker.simulate.truth import Truth

TARGET = 0.95
"""The Dice the thesis' minutes are for."""


@dataclass(frozen=True)
class Reported:
    """A row of the thesis' table 5.1.

    Attributes
    ----------
    slices: of the volume. manual_min, copy_min: minutes by hand and by copying.
    stand_in: our data that the row is compared with.
    """

    name: str
    slices: int
    manual_min: float
    copy_min: float
    stand_in: str


TABLE_5_1 = (
    Reported("CHAOS-CT", 84, 63.0, 32.0, "ct"),
    Reported("LiTS", 104, 84.0, 39.0, "ct"),
    Reported("CHAOS-MRI", 70, 57.0, 39.0, "mr"),
)
METHOD_MIN, METHOD_SLICES = 9.24, 84

ACCEPTING = (Action("decide"), Action("press"))


@dataclass(frozen=True)
class Work:
    """What a slice asks of a reader with a brush, averaged over a volume's slices.

    Attributes
    ----------
    manual, copied: actions per slice: counts of deciding and pointing, mm to trace.
    """

    manual: tuple[float, float, float]
    copied: tuple[float, float, float]


def brush_work(truth: Truth, slices: Sequence[int], case: str) -> Work:
    """Work on one volume from nothing, and from the previous slice's true mask."""
    reader = Reader(truth, case, Brush())
    labels = truth.reveal()
    manual, copied = [], []
    for before, index in zip((None, *slices[:-1]), slices, strict=True):
        nothing = np.zeros_like(labels[index])
        shown = nothing if before is None else labels[before]
        manual.append(_counts(reader.finish(nothing, index, TARGET).actions))
        copied.append(_counts(reader.finish(shown, index, TARGET).actions))
    return Work(_mean(manual), _mean(copied))


def _counts(actions: Sequence[Action]) -> tuple[float, float, float]:
    kinds = [action.kind for action in actions]
    traced = sum(action.length for action in actions)
    return float(kinds.count("decide")), float(kinds.count("point")), traced


def _mean(rows: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    decide, point, traced = np.mean(rows, axis=0)
    return float(decide), float(point), float(traced)


def fit_time(work: Mapping[str, Work], tracing_room_share: float) -> TimeModel:
    """The time model that fits the minutes by hand.

    Parameters
    ----------
    work: by stand-in. tracing_room_share: stroke width people were given, as a share
        of the screen.
    """
    room = SCREEN_MM * tracing_room_share
    look = METHOD_MIN * 60 / METHOD_SLICES
    look -= TimeModel(0.0, 1.0).seconds(ACCEPTING)
    guess = TimeModel(look, 1.0, tracing_room_mm=room)
    lengths, seconds = [], []
    for row in TABLE_5_1:
        decide, point, traced = work[row.stand_in].manual
        fixed = slice_seconds(guess, (decide, point, 0.0))
        lengths.append(traced)
        seconds.append(row.manual_min * 60 / row.slices - fixed)
    pace = float(np.dot(lengths, seconds) / np.dot(lengths, lengths))
    return TimeModel(round(look, 3), round(1 / pace, 3), tracing_room_mm=round(room, 3))


def slice_seconds(model: TimeModel, counts: tuple[float, float, float]) -> float:
    """Seconds for one slice: looking, correcting by brush, accepting."""
    decide, point, traced = counts
    once = model.seconds((Action("look"), *ACCEPTING))
    each = model.seconds((Action("point"), Action("press")))
    traced_s = model.seconds((Action("trace", traced),))
    return once + decide * model.decide_s + point * each + traced_s
