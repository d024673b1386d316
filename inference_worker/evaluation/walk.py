"""A reader walks through a volume with an engine; every turn becomes a row.

The engine is handed the volume, the labels and prompts, nothing else. What is scored is
what the product would show: the same canvas, on which the reader's word stands.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference_worker.canvas import Canvas, painted_slices
from inference_worker.contract.engine import Carry, Engine, Label
from inference_worker.contract.prompts import Accept, Prompt, Propagate, Visit
from inference_worker.evaluation.cases import Case, walked_slices
from inference_worker.evaluation.clock import Clock, StepTimes
from inference_worker.evaluation.metrics import TOLERANCE_MM, score_slice, score_volume
from inference_worker.evaluation.rows import CaseRow, TurnRow, turn_row
from inference_worker.evaluation.scales import Scales
from inference_worker.simulate.annotators import Correction, Reader
from inference_worker.simulate.timing import Action, calibrated_time

HAND_FINISH_AFTER = 8
"""Corrections of one slice after which a reader with a target takes the brush."""

_ACCEPT = (Action("decide"), Action("press"))


TIMERS: dict[str, Callable[[], float]] = {
    "wall": time.perf_counter,
    "cpu": time.process_time,
}
"""What measures the machine: seconds as they pass, or only those in which this process
had a core, which on one thread are those of a machine with nothing else to do."""


@dataclass(frozen=True)
class Plan:
    """How long a reader stays on a slice.

    Attributes
    ----------
    rounds: corrections of a slice (of the volume, for a 3D engine) at most; None: as
        many as the reader likes.
    until_dice: the mean Dice a slice must have; the reader finishes by brush what the
        engine did not reach, after a correction that took longer than the brushing it
        saved, or where to mark takes longer than to mend. None: the reader corrects
        while an error can be seen, and leaves after ``rounds``.
    slices_max: at most so many slices of a volume, the middle ones; what a 3D engine
        shows of others is neither looked at nor scored.
    repeats: also slices whose truth repeats the one before (``walked_slices``).
    """

    rounds: int | None = 4
    until_dice: float | None = None
    slices_max: int | None = None
    tolerance_mm: float = TOLERANCE_MM
    repeats: bool = True

    @property
    def target(self) -> float:
        """The mean Dice that satisfies the reader."""
        return 1.0 if self.until_dice is None else self.until_dice


@dataclass
class Walk:
    """One case under one engine.

    Attributes
    ----------
    turns: rows so far. canvas: what the reader sees. clock: how long it took.
    timer: of ``TIMERS``.
    """

    engine: Engine[Any]
    case: Case
    labels: Sequence[Label]
    reader: Reader
    plan: Plan
    carry: Carry | None = None
    timer: Callable[[], float] = time.perf_counter
    turns: list[TurnRow] = field(default_factory=list)
    canvas: Canvas = field(init=False)
    clock: Clock = field(init=False)
    state: Any = field(init=False)
    open_s: float = field(init=False)
    _scored: Sequence[int] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.canvas = Canvas(self.case.volume.shape)
        self.clock = Clock(calibrated_time())
        started = self.timer()
        self.state = self.engine.open(self.case.volume, self.labels, carry=self.carry)
        self.open_s = self.timer() - started

    def run(self) -> tuple[CaseRow, Carry | None]:
        """Walk to the end; the case's row and what the next volume may start from."""
        row = self._totals(self._walk())
        return row, self.engine.close(self.state)

    def _walk(self) -> list[int]:
        plan = self.plan
        slices = walked_slices(self.case.truth, plan.slices_max, repeats=plan.repeats)
        if self.engine.spec.planar:
            self._walk_slices(slices)
        else:
            self._walk_rounds(slices)
        return slices

    def _walk_slices(self, slices: Sequence[int]) -> None:
        closing: list[Prompt] = []
        for index in slices:
            self._visit(index, closing)
            for turn, correction in self._corrections(index):
                self._take(index, turn, correction, "correct")
            self._finish_by_hand(index)
            self.clock.act(_ACCEPT)
            closing = [Accept(index)]
        if closing:
            self.clock.answer(self._step(closing))

    def _corrections(self, index: int) -> Iterator[tuple[int, Correction]]:
        turn = 0
        limit = self.plan.rounds
        aims = self.plan.until_dice is not None
        if limit is None and aims:
            limit = HAND_FINISH_AFTER if _helps(self.engine) else None
        scales = Scales() if aims and _helps(self.engine) else None
        while limit is None or turn < limit:
            shown = self.canvas.shown(index)
            if self.reader.satisfied(shown, index, self.plan.target):
                return
            correction = self.reader.correct(shown, index, turn)
            if scales and not scales.pays(
                self.clock.model.seconds(correction.actions),
                self._seconds_by_hand([index]),
            ):
                return
            turn += 1
            yield turn, correction

    def _seconds_by_hand(self, slices: Sequence[int]) -> float:
        """What the brush would take to make these slices good enough."""
        model, target = self.clock.model, self.plan.target
        return sum(
            model.seconds(self.reader.finish(shown, index, target).actions)
            for index in slices
            if not self.reader.satisfied(
                shown := self.canvas.shown(index), index, target
            )
        )

    def _finish_by_hand(self, index: int) -> None:
        if self.plan.until_dice is None:
            return
        shown = self.canvas.shown(index)
        if self.reader.satisfied(shown, index, self.plan.until_dice):
            return
        painted = self.reader.finish(shown, index, self.plan.until_dice)
        before = [
            row.turn
            for row in self.turns
            if row.slice == index or not self.engine.spec.planar
        ]
        turn = 1 + max(before, default=0)
        self._take(index, turn, painted, "finish")

    def _walk_rounds(self, slices: Sequence[int]) -> None:
        """A 3D engine: each round marks the slice through the largest error.

        An engine that propagates is asked to, from there, both ways.
        """
        if not slices:
            return
        spacing = self.case.volume.geometry.spacing
        within = slice(None)
        if self.plan.slices_max is not None:
            self._scored = slices
            within = slice(slices[0], slices[-1] + 1)
        if "visit" in self.engine.spec.prompts:
            self._visit(slices[len(slices) // 2], [])
        marked: dict[int, int] = {}
        limit = self.plan.rounds or HAND_FINISH_AFTER
        scales = None if self.plan.until_dice is None else Scales()
        for turn in range(1, limit + 1):
            labels = self.canvas.labels()
            if self.reader.content_with(labels, self.plan.target, within):
                break
            index, correction = self.reader.correct_volume(
                labels, spacing, marked, within
            )
            if scales and not scales.pays(
                self.clock.model.seconds(correction.actions),
                self._seconds_by_hand(slices),
            ):
                break
            marked[index] = marked.get(index, 0) + 1
            self.clock.act([Action("look")])
            if "propagate" in self.engine.spec.prompts:
                onward = (*correction.prompts, Propagate(index))
                correction = replace(correction, prompts=onward)
            self._take(index, turn, correction, "correct")
        if self.plan.until_dice is not None:
            for index in slices:
                self._finish_by_hand(index)

    def _visit(self, index: int, closing: Sequence[Prompt]) -> None:
        prompts = (*closing, Visit(index))
        user = self.clock.user_s
        times = self._step(prompts)
        waited = self.clock.answer(times, [Action("look")])
        seconds = self.clock.user_s - user
        self._record(index, 0, prompts, times, seconds, waited, "visit")

    def _take(self, index: int, turn: int, correction: Correction, kind: str) -> None:
        seconds = self.clock.act(correction.actions)
        times = self._step(correction.prompts)
        waited = self.clock.answer(times)
        self._record(
            index,
            turn,
            correction.prompts,
            times,
            seconds,
            waited,
            kind,
            correction.voxels,
        )

    def _step(self, prompts: Sequence[Prompt]) -> StepTimes:
        self.canvas.say(prompts)
        by_hand = painted_slices(prompts)
        stages = []
        started = self.timer()
        spent_showing = 0.0
        for prediction in self.engine.step(self.state, prompts):
            arrived = self.timer()
            stages.append((prediction.stage, arrived - started - spent_showing))
            self.canvas.show(prediction, but=by_hand)
            spent_showing += self.timer() - arrived
        total = self.timer() - started - spent_showing
        return StepTimes(tuple(stages), total)

    def _record(
        self,
        index: int,
        turn: int,
        prompts: Sequence[Prompt],
        times: StepTimes,
        user_s: float | None,
        waiting_s: float | None,
        kind: str,
        voxels: int | None = None,
    ) -> None:
        shown: NDArray[np.uint8] = (
            self.canvas.shown(index)
            if self.engine.spec.planar
            else self.canvas.labels()
        )
        self.turns.append(
            turn_row(
                self.case,
                [label.value for label in self.labels],
                shown,
                index,
                turn,
                prompts,
                times,
                kind=kind,
                user_s=user_s,
                waiting_s=waiting_s,
                tolerance_mm=self.plan.tolerance_mm,
                voxels=voxels,
                slices=self._scored,
            )
        )

    def _totals(self, slices: Sequence[int]) -> CaseRow:
        corrections = [row for row in self.turns if row.turn]
        touched = {row.slice for row in corrections}
        scores = score_volume(
            self.canvas.labels(),
            self.case.truth,
            [label.value for label in self.labels],
            self.case.volume.geometry.spacing,
            self.plan.tolerance_mm,
            slices=slices,
        )
        return CaseRow(
            self.case.name,
            self.case.patient,
            slices=len(slices),
            interactions=len(corrections),
            untouched=len(set(slices) - touched),
            finished_by_hand=sum(row.kind == "finish" for row in corrections),
            scores=scores,
            slice_dice=float(np.mean(self._slice_dice(slices))) if slices else math.nan,
            user_s=self.clock.user_s,
            user_s_by_action=dict(self.clock.by_action),
            waiting_s=self.clock.waiting_s,
            machine_s=self.clock.machine_s,
            open_s=self.open_s,
            voxels_scribbled=sum(row.voxels_scribbled for row in self.turns),
        )

    def _slice_dice(self, slices: Sequence[int]) -> list[float]:
        """Mean Dice of each slice as it is at the end."""
        values = [label.value for label in self.labels]
        spacing = self.case.volume.geometry.spacing
        return [
            score_slice(
                self.canvas.shown(index), self.case.truth, index, values, spacing
            ).mean_dice
            for index in slices
        ]


def _helps(engine: Engine[Any]) -> bool:
    """Whether the engine answers marks at all; manual work is the brush to the end."""
    return engine.spec.name not in BY_BRUSH


BY_BRUSH = frozenset({"manual", "copy_previous"})
"""Engines that leave the work to the reader's brush."""
