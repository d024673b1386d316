"""Simulated readers: each sees a mask, knows the truth, and answers in prompts.

A reader is deterministic given its seed, the case, the slice and the turn: two engines
that show the same mask get the same marks.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.contract.marks import scribble_mask
from inference_worker.contract.prompts import Click, Prompt, Scribble
from inference_worker.simulate import timing
from inference_worker.simulate.boxes import box_around, extreme_points_of
from inference_worker.simulate.clicks import click_in, click_in_volume
from inference_worker.simulate.hand import Hand, measured_hand
from inference_worker.simulate.painting import paint_over, redrawn_length
from inference_worker.simulate.paths import path_length
from inference_worker.simulate.scribbles import scribbles_in
from inference_worker.simulate.timing import Action
from inference_worker.simulate.truth import (
    ErrorRegion,
    Truth,
    error_regions,
    mean_dice,
    pooled_dice,
)

Slice = NDArray[np.uint8]

_WORTHWHILE = 0.1
"""A reader leaves errors under this share of the largest for a later turn."""

_MOSTLY_MISSING = 0.25
"""Only where this share of an object is wrong does it get several strokes at once."""


@dataclass(frozen=True)
class Correction:
    """What a reader does about a slice: prompts to send, and the actions it takes."""

    prompts: tuple[Prompt, ...]
    actions: tuple[Action, ...]


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
class Reader:
    """A simulated reader of one case."""

    truth: Truth
    case: str
    style: Style
    seed: int = 0
    smallest: int = field(init=False)

    def __post_init__(self) -> None:
        side = timing.VISIBLE_MM / timing.screen_scale(self.truth.shape[1:3])  # type: ignore[arg-type]
        object.__setattr__(self, "smallest", max(round(side * side), 1))

    def labels_on(self, slice_index: int) -> list[int]:
        """Labels truly present on a slice."""
        return [int(v) for v in np.unique(self.truth.reveal()[slice_index]) if v]

    def satisfied(self, shown: Slice, slice_index: int, target: float) -> bool:
        """Whether the reader would leave the slice as shown.

        Parameters
        ----------
        shown: uint8 (y, x). target: mean Dice that is good enough; at 1, and where
        there is truly nothing, the reader goes on while an error can be seen.
        """
        return self._enough(shown, self.truth.reveal()[slice_index], target)

    def correct(self, shown: Slice, slice_index: int, turn: int) -> Correction:
        """Mark what is wrong with a slice; empty where nothing is.

        Parameters
        ----------
        shown: uint8 (y, x). turn: corrections made on this slice before.
        """
        sight = self._sight(shown, slice_index, turn)
        regions = error_regions(shown, sight.truth, self.smallest)
        regions = regions or error_regions(shown, sight.truth)
        if not regions:
            return Correction((), ())
        prompts, actions = self.style.mark(regions, sight)
        return Correction(tuple(prompts), (Action("decide"), *actions))

    def finish(self, shown: Slice, slice_index: int, target: float) -> Correction:
        """Paint error regions, largest first, until the slice is good enough."""
        sight = self._sight(shown, slice_index, 0)
        painted = shown.copy()
        chosen, actions = [], [Action("decide")]
        for region in error_regions(shown, sight.truth):
            if self.satisfied(painted, slice_index, target):
                break
            painted[region.mask] = region.label
            chosen.append(region)
            actions += _brush(region, sight)
        if not chosen:
            return Correction((), ())
        return Correction((paint_over(chosen, slice_index),), tuple(actions))

    def content_with(self, shown: NDArray[np.uint8], target: float) -> bool:
        """Whether the reader would leave the whole volume (uint8 (z, y, x))."""
        return self._enough(shown, self.truth.reveal(), target)

    def correct_volume(
        self,
        shown: NDArray[np.uint8],
        spacing: Sequence[float],
        marked: Mapping[int, int],
    ) -> tuple[int, Correction]:
        """Mark the slice through the middle of the largest error in 3D.

        Parameters
        ----------
        shown: uint8 (z, y, x), with at least one error. spacing: mm along (z, y, x).
        marked: how often each slice was marked before.

        Returns
        -------
        The slice, and what the reader does there.
        """
        largest = error_regions(shown, self.truth.reveal())[0]
        click = click_in_volume(largest, spacing)
        index = click.voxel[0]
        sight = self._sight(shown[index], index, marked.get(index, 0))
        sight = replace(sight, centre=click)
        regions = error_regions(shown[index], sight.truth)
        prompts, actions = self.style.mark(regions, sight)
        return index, Correction(tuple(prompts), (Action("decide"), *actions))

    def _enough(self, shown: Slice, truth: Slice, target: float) -> bool:
        good = min(mean_dice(shown, truth), pooled_dice(shown, truth))
        if good >= target:
            return True
        by_eye = target >= 1 or not truth.any()
        return by_eye and not error_regions(shown, truth, self.smallest)

    def _sight(self, shown: Slice, slice_index: int, turn: int) -> Sight:
        key = [self.seed, zlib.crc32(self.case.encode()), slice_index, turn]
        return Sight(
            self.truth.reveal()[slice_index],
            shown,
            slice_index,
            turn,
            timing.screen_scale((shown.shape[0], shown.shape[1])),
            np.random.default_rng(key),
        )


@dataclass(frozen=True)
class Scribbles:
    """Strokes in the larger errors, of every label at once."""

    hand: Hand = field(default_factory=measured_hand)

    def mark(
        self, regions: Sequence[ErrorRegion], sight: Sight
    ) -> tuple[list[Prompt], list[Action]]:
        """As many strokes per side as people draw, on the largest errors first."""
        prompts: list[Prompt] = []
        actions: list[Action] = []
        largest = regions[0].size
        for foreground in (True, False):
            side = [r for r in regions if bool(r.label) is foreground]
            side = [r for r in side if r.size >= _WORTHWHILE * largest]
            if not side:
                continue
            odds = np.array(self.hand.counts(int(foreground)))
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
            _brush(regions[0], sight),
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


def _brush(region: ErrorRegion, sight: Sight) -> list[Action]:
    length = redrawn_length(region, sight.truth) * sight.scale
    return [Action("point"), Action("press"), Action("trace", length)]
