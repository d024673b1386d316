"""What a run writes down: a row per turn and a row per case."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.marks import UNMARKED, marks_on_slice
from inference_worker.contract.prompts import Paint, Prompt, slice_of
from inference_worker.contract.wire import prompt_to_json
from inference_worker.evaluation.cases import Case
from inference_worker.evaluation.clock import StepTimes
from inference_worker.evaluation.metrics import Scores, score_slice, score_volume


@dataclass(frozen=True)
class TurnRow:
    """One turn: what was sent, what was shown then, how long it took.

    Attributes
    ----------
    turn: 0 is the first prediction of a slice (of a volume, for a 3D engine).
    kind: "visit", "correct", "finish" (by brush) or "replay".
    scores: of the slice; of the volume for a 3D engine.
    user_s: simulated user time. waiting_s: of it nothing; time spent waiting.
    """

    case: str
    patient: str
    slice: int
    turn: int
    kind: str
    prompts: tuple[Prompt, ...]
    scores: Scores
    times: StepTimes
    voxels_scribbled: int
    user_s: float | None
    waiting_s: float | None

    def as_json(self) -> dict[str, Any]:
        """The row as the file holds it; absent and infinite numbers are null."""
        return {
            "case": self.case,
            "patient": self.patient,
            "slice": self.slice,
            "turn": self.turn,
            "kind": self.kind,
            **_scores_json(self.scores),
            "seconds": _stage_seconds(self.times),
            "machine_s": rounded(self.times.total_s),
            "user_s": rounded(self.user_s),
            "waiting_s": rounded(self.waiting_s),
            "voxels_scribbled": self.voxels_scribbled,
            "prompts": [prompt_to_json(prompt) for prompt in self.prompts],
        }


@dataclass(frozen=True)
class CaseRow:
    """One case: totals, and the scores of the whole walked part at its end.

    Attributes
    ----------
    interactions: corrections, by prompt or brush; visits and accepts are none.
    untouched: walked slices that needed none.
    """

    case: str
    patient: str
    slices: int
    interactions: int
    untouched: int
    finished_by_hand: int
    scores: Scores
    slice_dice: float
    user_s: float | None
    user_s_by_action: Mapping[str, float]
    waiting_s: float | None
    machine_s: float
    open_s: float
    voxels_scribbled: int

    def as_json(self) -> dict[str, Any]:
        """The row as the file holds it."""
        return {
            "case": self.case,
            "patient": self.patient,
            "slices": self.slices,
            "interactions": self.interactions,
            "interactions_per_slice": rounded(self.interactions / max(self.slices, 1)),
            "slices_untouched": self.untouched,
            "slices_finished_by_hand": self.finished_by_hand,
            "simulated_user_s": rounded(self.user_s),
            "simulated_user_s_by_action": {
                kind: rounded(seconds)
                for kind, seconds in self.user_s_by_action.items()
            },
            "waiting_s": rounded(self.waiting_s),
            "machine_s": rounded(self.machine_s),
            "open_s": rounded(self.open_s),
            "voxels_scribbled": self.voxels_scribbled,
            "final_slice_dice": rounded(self.slice_dice),
            **_scores_json(self.scores),
        }


def turn_row(
    case: Case,
    labels: Sequence[int],
    shown: NDArray[np.uint8],
    index: int,
    turn: int,
    prompts: Sequence[Prompt],
    times: StepTimes,
    *,
    kind: str,
    user_s: float | None,
    waiting_s: float | None,
    tolerance_mm: float,
    voxels: int | None = None,
    slices: Sequence[int] | None = None,
) -> TurnRow:
    """Score what is shown after a turn; ``shown``: (y, x), or (z, y, x) in 3D.

    ``voxels`` is what the reader marked, counted from the prompts without; ``slices``
    of a volume are those that count (``score_volume``).
    """
    if voxels is None:
        voxels = voxels_marked(prompts, case.volume.shape[1:])
    spacing = case.volume.geometry.spacing
    if shown.ndim == 2:
        scores = score_slice(shown, case.truth, index, labels, spacing, tolerance_mm)
    else:
        scores = score_volume(
            shown, case.truth, labels, spacing, tolerance_mm, slices=slices
        )
    return TurnRow(
        case.name,
        case.patient,
        index,
        turn,
        kind,
        tuple(prompts),
        scores,
        times,
        voxels,
        user_s,
        waiting_s,
    )


def voxels_marked(prompts: Sequence[Prompt], shape: tuple[int, int]) -> int:
    """Voxels covered by marks and paint; a slice marked twice counts once."""
    count = sum(int(p.where.sum()) for p in prompts if isinstance(p, Paint))
    marks = [p for p in prompts if not isinstance(p, Paint)]
    for index in {slice_of(prompt) for prompt in marks}:
        count += int((marks_on_slice(marks, index, shape) != UNMARKED).sum())
    return count


def rounded(value: float | None, digits: int = 5) -> float | None:
    """A number JSON can hold: None for none, infinite or undefined."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits)


def _scores_json(scores: Scores) -> dict[str, Any]:
    return {
        "dice": rounded(scores.mean_dice),
        "dice_per_label": _per_label(scores.dice),
        "nsd": rounded(scores.mean_nsd),
        "nsd_per_label": _per_label(scores.nsd),
        "hd95_mm": rounded(scores.worst_hd95_mm),
        "hd95_mm_per_label": _per_label(scores.hd95_mm),
        "stray_voxels": scores.stray,
    }


def _per_label(values: Mapping[int, float]) -> dict[str, float | None]:
    return {str(label): rounded(value) for label, value in values.items()}


def _stage_seconds(times: StepTimes) -> dict[str, float | None]:
    """Seconds until each stage's answer; stages that repeat keep their last."""
    return {stage: rounded(seconds) for stage, seconds in times.stages}
