"""Simulated readers: each sees a mask, knows the truth, and answers in prompts.

A reader is deterministic given its seed, the case, the slice and the turn: two engines
that show the same mask get the same marks.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.prompts import Prompt
from inference_worker.simulate import timing
from inference_worker.simulate.clicks import click_in_volume
from inference_worker.simulate.painting import paint_slice
from inference_worker.simulate.styles import Sight, Slice, Style, brush_actions
from inference_worker.simulate.timing import Action
from inference_worker.simulate.truth import (
    Truth,
    error_regions,
    mean_dice,
    pooled_dice,
)

_EVERYWHERE = slice(None)


@dataclass(frozen=True)
class Correction:
    """What a reader does about a slice: prompts to send, and the actions it takes.

    Attributes
    ----------
    voxels: put right by hand, where the prompts say more than was done.
    """

    prompts: tuple[Prompt, ...]
    actions: tuple[Action, ...]
    voxels: int | None = None


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
        """Make a slice good enough by brush, in the quicker of two ways.

        Either error regions are put right, largest first, until the slice is good
        enough, or every object is outlined anew. The prompt holds the whole slice: it
        is the reader's own from then on.
        """
        sight = self._sight(shown, slice_index, 0)
        painted = shown.copy()
        mending = [Action("decide")]
        for region in error_regions(shown, sight.truth):
            if self.satisfied(painted, slice_index, target):
                break
            painted[region.mask] = region.label
            mending += brush_actions(region, sight)
        if np.array_equal(painted, shown):
            return Correction((), ())
        anew = [Action("decide")]
        for whole in error_regions(np.zeros_like(shown), sight.truth):
            anew += brush_actions(whole, sight)
        model = timing.calibrated_time()
        if sight.truth.any() and model.seconds(anew) < model.seconds(mending):
            painted, mending = sight.truth, anew
        changed = int((painted != shown).sum())
        return Correction((paint_slice(painted, slice_index),), tuple(mending), changed)

    def content_with(
        self, shown: NDArray[np.uint8], target: float, within: slice = _EVERYWHERE
    ) -> bool:
        """Whether the reader would leave a volume.

        Parameters
        ----------
        shown: uint8 (z, y, x). within: slices that the reader looks at.
        """
        return self._enough(shown[within], self.truth.reveal()[within], target)

    def correct_volume(
        self,
        shown: NDArray[np.uint8],
        spacing: Sequence[float],
        marked: Mapping[int, int],
        within: slice = _EVERYWHERE,
    ) -> tuple[int, Correction]:
        """Mark the slice through the middle of the largest error in 3D.

        Parameters
        ----------
        shown: uint8 (z, y, x), with at least one error. spacing: mm along (z, y, x).
        marked: how often each slice was marked before.
        within: slices that the reader looks at; the error is one of those.

        Returns
        -------
        The slice, and what the reader does there.
        """
        largest = error_regions(shown[within], self.truth.reveal()[within])[0]
        click = click_in_volume(largest, spacing)
        index = click.voxel[0] + (within.start or 0)
        click = replace(click, voxel=(index, *click.voxel[1:]))
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
