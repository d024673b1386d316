"""Ways of marking errors: scribbles, clicks, boxes, the brush."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.contract.marks import scribble_mask
from inference_worker.contract.prompts import Click, Prompt, Scribble
from inference_worker.simulate.boxes import box_around, extreme_points_of
from inference_worker.simulate.clicks import click_in
from inference_worker.simulate.hand import Hand, measured_hand
from inference_worker.simulate.painting import paint_over, redrawn_length
from inference_worker.simulate.paths import path_length
from inference_worker.simulate.scribbles import scribbles_in
from inference_worker.simulate.timing import Action
from inference_worker.simulate.truth import ErrorRegion

Slice = NDArray[np.uint8]

_WORTHWHILE = 0.1
"""A reader leaves errors under this share of the largest, and of the object that they
belong to, for a later turn."""

_MOSTLY_MISSING = 0.25
"""Only where this share of an object is wrong does it get several strokes at once."""


class Style(Protocol):
    """One way of marking errors."""

    def mark(
        self, regions: Sequence[ErrorRegion], sight: Sight
    ) -> tuple[list[Prompt], list[Action]]:
        """Prompts for some of ``regions`` (largest first, not empty)."""


@dataclass(frozen=True)
class Sight:
    """What a reader has before the eyes.

    Attributes
    ----------
    truth, shown: uint8 (y, x).
    slice_index: z. turn: corrections made on this slice before.
    scale: mm on the screen per voxel.
    centre: the click in the middle of the largest error in 3D, for a reader of volumes.
    """

    truth: Slice
    shown: Slice
    slice_index: int
    turn: int
    scale: float
    rng: np.random.Generator
    centre: Click | None = None


@dataclass(frozen=True)
class Scribbles:
    """Strokes in the larger errors, of every label at once.

    The people whose strokes were counted had one object before them, so the count is
    drawn anew for each label; clicks are one for each label, too.
    """

    hand: Hand = field(default_factory=measured_hand)

    def mark(
        self, regions: Sequence[ErrorRegion], sight: Sight
    ) -> tuple[list[Prompt], list[Action]]:
        """As many strokes a label as people draw, on its largest errors first."""
        prompts: list[Prompt] = []
        actions: list[Action] = []
        worthwhile = [r for r in regions if _is_worthwhile(r, regions[0].size)]
        labels = dict.fromkeys(region.label for region in worthwhile)
        for label in sorted(labels, key=lambda label: label == 0):
            side = [r for r in worthwhile if r.label == label]
            odds = np.array(self.hand.counts(label))
            count = int(sight.rng.choice(len(odds), p=odds / odds.sum())) + 1
            for number, region in enumerate(side[:count]):
                extra = count - len(side) if not number and _is_large(region) else 0
                strokes = scribbles_in(
                    region, sight.slice_index, 1 + max(extra, 0), sight.rng, self.hand
                )
                prompts += strokes
                for stroke in strokes:
                    actions += _stroke(stroke, region, sight.scale)
        return prompts, actions


@dataclass(frozen=True)
class Clicks:
    """One click in each of the ``per_turn`` largest errors."""

    per_turn: int = 1
    jitter: float = 0.0

    def mark(
        self, regions: Sequence[ErrorRegion], sight: Sight
    ) -> tuple[list[Prompt], list[Action]]:
        """Clicks at the centres of the regions."""
        prompts: list[Prompt] = [
            click_in(region, sight.slice_index, sight.rng, jitter=self.jitter)
            for region in regions[: self.per_turn]
        ]
        if sight.centre is not None:
            prompts[0] = sight.centre
        return prompts, [Action("point"), Action("press")] * len(prompts)


@dataclass(frozen=True)
class Boxes:
    """A box (or four extreme points) per missing object at first, clicks afterwards."""

    jitter: float = 0.05
    extreme: bool = False
    then: Clicks = field(default_factory=Clicks)

    def mark(
        self, regions: Sequence[ErrorRegion], sight: Sight
    ) -> tuple[list[Prompt], list[Action]]:
        """The first turn on a slice encloses every label that is mostly missing."""
        missing = [
            label
            for label in np.unique(sight.truth)
            if label and _share_wrong(sight, int(label)) > 1 - _MOSTLY_MISSING
        ]
        if sight.turn or not missing:
            return self.then.mark(regions, sight)
        prompts: list[Prompt] = []
        for label in missing:
            mask = sight.truth == label
            where = (mask, int(label), sight.slice_index, sight.rng)
            prompts.append(
                extreme_points_of(*where, jitter=self.jitter * np.sqrt(mask.sum()))
                if self.extreme
                else box_around(*where, jitter=self.jitter)
            )
        points = 4 if self.extreme else 2
        return prompts, [Action("point"), Action("press")] * points * len(prompts)


@dataclass(frozen=True)
class Brush:
    """The largest error put right by hand, one a turn."""

    def mark(
        self, regions: Sequence[ErrorRegion], sight: Sight
    ) -> tuple[list[Prompt], list[Action]]:
        """One painted region."""
        return (
            [paint_over(regions[:1], sight.slice_index)],
            brush_actions(regions[0], sight),
        )


def _is_worthwhile(region: ErrorRegion, largest: int) -> bool:
    if region.size >= _WORTHWHILE * largest:
        return True
    return bool(region.label) and (
        region.size >= _WORTHWHILE * int(region.allowed.sum())
    )


def _is_large(region: ErrorRegion) -> bool:
    return region.size >= _MOSTLY_MISSING * int(region.allowed.sum())


def _share_wrong(sight: Sight, label: int) -> float:
    mask = sight.truth == label
    return float((sight.shown[mask] != label).mean())


def _stroke(stroke: Scribble, region: ErrorRegion, scale: float) -> list[Action]:
    points = np.array([voxel[1:] for voxel in stroke.voxels], dtype=float)
    line = Scribble(stroke.label, stroke.voxels, 0.0)
    covered = scribble_mask(line, (region.mask.shape[0], region.mask.shape[1]))
    depth = ndimage.distance_transform_edt(region.allowed)[covered]
    room = 2 * float(np.median(depth)) if covered.any() else 0.0
    drawn = Action("draw", path_length(points) * scale, room * scale)
    return [Action("point"), Action("press"), drawn]


def brush_actions(region: ErrorRegion, sight: Sight) -> list[Action]:
    """What it takes to put one error right by brush."""
    length = redrawn_length(region, sight.truth) * sight.scale
    return [Action("point"), Action("press"), Action("trace", length)]
