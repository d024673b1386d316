"""From the reader's slices to the others, with a bounded memory of slices.

The memory holds the nearest slices the reader worked on, the previous slice and the
last of every fifth (section 3, testing details): never more than ``CELLS`` cells,
however long the volume. A slice is propagated to from the reader's nearest slice and
left alone by walks from others.

A label that has ended (``ending``) does not begin again, unless a slice of the reader's
farther on shows it; what an earlier round had shown beyond is taken away.

A walk from a slice on which the reader struck out a label that a walk had brought
there, more than to trim it, takes away, too: what is left there was not asked for, and
shows the label nowhere where it was not shown before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference_worker.contract.prompts import Propagate
from inference_worker.engines.mem3d.ending import Ending, Look
from inference_worker.engines.mem3d.region import (
    WALK_LEAST,
    WALK_MARGIN,
    Mask,
    Square,
    cut,
    cut_mask,
    pasted,
    square_around,
)
from inference_worker.engines.mem3d.state import Mem3DState, Slice
from inference_worker.nets.mem3d import Cell, Mem3D
from inference_worker.nets.preprocessing import LUMINANCE
from inference_worker.nets.prompted import PromptedModel

READER_CELLS = 3
"""Of the slices the reader worked on, the nearest ones are remembered."""

EVERY = 5
"""Every fifth propagated slice is remembered; of those the last one."""

CELLS = READER_CELLS + 2


@dataclass
class Memory:
    """Cells of one walk; each holds a batch of one target per label.

    Attributes
    ----------
    squares: region of each label, where the last slice showed it.
    previous, fifth: the last slice, and the last one of every fifth.
    ending: where labels end, seen from the reader's slice behind.
    taken_away: of each label, whether the reader mostly struck it out there.
    """

    squares: list[Square]
    ending: Ending
    taken_away: list[bool]
    previous: Cell
    fifth: Cell | None = None

    def follow(self, found: Sequence[Mask]) -> None:
        """Look next where each label (y, x) was found, if it was."""
        for at, mask in enumerate(found):
            if mask.any():
                self.squares[at] = _followed(mask)


@dataclass(frozen=True)
class Sight:
    """One slice as the memory has it.

    Attributes
    ----------
    labels: uint8 (y, x). quality: estimated IoU of the worst label.
    image, share: of the regions, (labels, 1, roi, roi). squares: the regions.
    """

    labels: Slice
    quality: float
    image: Tensor
    share: Tensor
    squares: list[Square]


class Propagation:
    """The memory network at work on one volume."""

    def __init__(
        self, model: PromptedModel, state: Mem3DState, *, memory: bool = True
    ) -> None:
        """``memory`` off: only the previous slice is remembered (an ablation)."""
        self.net = cast(Mem3D, model.module)
        self.model = model
        self.state = state
        self.memory = memory
        self.device = next(self.net.parameters()).device
        self.own = state.by_reader()
        self.values = self._values()
        self.told = {value: self._told(value) for value in self.values}
        self.span = model.preprocessing.intensity.span(state.volume)
        self._cells: dict[int, Cell] = {}

    def _values(self) -> list[int]:
        """Labels that the reader's slices show."""
        present: set[int] = set()
        for index in self.own:
            present |= {int(v) for v in np.unique(self.state.masks[index].labels) if v}
        return [each.value for each in self.state.labels if each.value in present]

    def walk(self, prompt: Propagate) -> Iterator[tuple[int, Slice, float]]:
        """(slice, labels (y, x), quality) of one slice after the other."""
        depth = self.state.volume.shape[0]
        reach = depth if prompt.count is None else prompt.count
        for step in (1, -1):
            if prompt.direction * step >= 0 and self.values:
                last = min(max(prompt.slice + step * reach, -1), depth)
                stop = min(max(prompt.slice + step * (reach + 1), -1), depth)
                if last != prompt.slice:
                    yield from self._walk(
                        prompt.slice, range(prompt.slice + step, stop, step)
                    )

    def _walk(self, source: int, indices: range) -> Iterator[tuple[int, Slice, float]]:
        own = set(self.own)
        memory = self._memory_at(source)
        for number, index in enumerate(indices, start=1):
            if index in own:
                gone = memory.ending.ended
                memory = self._memory_at(index)
                shown = {v for v in gone if self.told[v].get(index)}
                memory.ending.ended = gone - shown
                continue
            fates = self._fates(memory, index, source, indices.step)
            if set(fates) == {"kept"}:
                continue
            seen = self.look(index, memory, fates) if "taken" in fates else None
            if seen and self._ends(memory, seen, index, indices.step, fates):
                fates = self._fates(memory, index, source, indices.step)
                seen = self.look(index, memory, fates) if "taken" in fates else None
            if seen is None:
                left = self._left(index, fates)
                if not np.array_equal(left, self.state.shown(index)):
                    yield index, left, 1.0
                continue
            cell = self._encode(index, seen.image, seen.share, seen.squares)
            memory.previous = cell
            if number % EVERY == 0:
                memory.fifth = cell
            memory.follow([seen.labels == value for value in self.values])
            yield index, seen.labels, seen.quality

    def _memory_at(self, index: int) -> Memory:
        """What a walk knows when it leaves a slice."""
        looks = {value: self._look_near(value, index) for value in self.values}
        cell = self._remember_shown(index)
        given = self.state.given.get(index, {})
        less = [given.get(value, 0) < 0 for value in self.values]
        return Memory(self.squares_at(index), Ending(looks), less, cell)

    def _left(self, index: int, fates: Sequence[str]) -> Slice:
        """What is shown of the labels that are kept: uint8 (y, x)."""
        shown = self.state.shown(index)
        kept = [v for v, f in zip(self.values, fates, strict=True) if f == "kept"]
        return np.where(np.isin(shown, kept), shown, 0).astype(np.uint8)

    def _look_near(self, value: int, index: int) -> Look | None:
        """A label on the nearest of the reader's slices that shows it."""
        showing = [each for each, shows in self.told[value].items() if shows]
        if not showing:
            return None
        nearest = min(showing, key=lambda each: abs(each - index))
        return self._look_of(nearest, self.state.shown(nearest) == value)

    def _look_of(self, index: int, found: Mask) -> Look | None:
        """What is found on a slice (y, x); None where nothing is."""
        if not found.any():
            return None
        low, high = self.span
        grey = np.clip((self._plane(index)[found] - low) / (high - low), 0, 1)
        return Look(grey.size, float(grey.mean()), float(grey.std()))

    def _plane(self, index: int) -> NDArray[Any]:
        plane = self.state.volume.voxels[index]
        if plane.ndim == 3:
            plane = plane @ np.asarray(LUMINANCE, dtype=np.float32)
        return np.asarray(plane)

    def _ends(
        self,
        memory: Memory,
        seen: Sight,
        index: int,
        step: int,
        fates: Sequence[str],
    ) -> bool:
        """Whether a label that was taken has ended here."""
        ends = False
        for at, value in enumerate(self.values):
            told = self.told[value].items()
            onward = any(shows and (each - index) * step > 0 for each, shows in told)
            if fates[at] == "taken" and not onward:
                look = self._look_of(index, seen.labels == value)
                ends |= memory.ending.meet(value, look)
        return ends

    def _fates(self, memory: Memory, index: int, source: int, step: int) -> list[str]:
        """Of every label; see ``_fate``."""
        fates = [self._fate(value, index, source, step) for value in self.values]
        return [
            "ended" if fate == "taken" and value in memory.ending.ended else fate
            for value, fate in zip(self.values, fates, strict=True)
        ]

    def _fate(self, value: int, index: int, source: int, step: int) -> str:
        """What a walk does with a label on a slice: "taken", "kept" or "ended".

        A slice belongs to the nearest slice of the reader's that says something of the
        label: a walk from another leaves it as it is shown. Where the label is not on
        the slice that the walk comes from, it has ended there: beyond it goes, and
        towards a slice that shows it, it stays.
        """
        said = self.told[value]
        if source not in said:
            return "kept" if source in self.own else "taken"
        if index in self.state.masks:
            nearest = min(said, key=lambda each: (abs(each - index), each != source))
            if nearest != source:
                return "kept"
        if said[source]:
            return "taken"
        onward = (shows and (each - source) * step > 0 for each, shows in said.items())
        return "kept" if any(onward) else "ended"

    def _told(self, value: int) -> dict[int, bool]:
        """The reader's slices that say something of a label → whether they show it."""
        told = {}
        for index in self.own:
            page = self.state.pages[index]
            shows = bool((self.state.masks[index].labels == value).any())
            against = any(
                getattr(prompt, "label", None) == 0 for prompt in page.prompts
            )
            if shows or against or page.accepted:
                told[index] = shows
        return told

    def look(
        self, index: int, memory: Memory | None = None, fates: Sequence[str] = ()
    ) -> Sight:
        """One slice as a walk comes to it, or out of the blue.

        ``fates``: of each label, see ``_fate``; all are taken without.
        """
        squares = list(memory.squares if memory else self.squares_at(index))
        with torch.no_grad():
            image = self._image(index, squares)
            query = self.net.ask(image, self._window(index, squares))
            size = (image.shape[-2], image.shape[-1])
            answer = self.net.segment(query, self._known(index, memory), size)
            share = answer.logits.sigmoid()
            less = memory.taken_away if memory else []
            if any(less) or "kept" in fates or "ended" in fates:
                shown = self._share(index, squares)
                for at, fate in enumerate(fates):
                    if fate != "taken":
                        share[at] = shown[at] * (fate == "kept")
                    elif less[at]:
                        share[at] *= shown[at]
            guess = self.net.quality(answer.features, share).sigmoid()
        labels = self._labels(share, squares)
        return Sight(labels, _worst(guess, share), image, share, squares)

    def assess(self, index: int) -> float:
        """Quality of what is shown on a slice of the reader's."""
        if not self.values:
            return 0.0
        squares = self.squares_at(index)
        with torch.no_grad():
            query = self.net.ask(
                self._image(index, squares), self._window(index, squares)
            )
            features, _ = self.net.read(query, self._known(index, None))
            share = self._share(index, squares)
            guess = self.net.quality(features, share).sigmoid()
        return _worst(guess, share)

    def squares_at(self, index: int) -> list[Square]:
        """Region of each label as shown on a slice, or on the reader's nearest."""
        near = sorted(self.own, key=lambda each: (abs(each - index), each))
        squares = []
        for value in self.values:
            shown = (self.state.shown(each) == value for each in (index, *near))
            squares.append(_followed(next(mask for mask in shown if mask.any())))
        return squares

    def _known(self, index: int, memory: Memory | None) -> list[Cell]:
        nearest = sorted(self.own, key=lambda each: (abs(each - index), each))
        cells: list[Cell | None] = [memory.previous, memory.fifth] if memory else []
        if self.memory or memory is None:
            cells += [self._remember_shown(each) for each in nearest[:READER_CELLS]]
        else:
            cells = [memory.previous]
        # The slice the walk came from may be both: it counts once.
        return list({id(cell): cell for cell in cells if cell is not None}.values())

    def _remember_shown(self, index: int) -> Cell:
        """The cell of a slice as shown; at most a few are kept."""
        if index not in self._cells:
            squares = self.squares_at(index)
            while len(self._cells) > 2 * READER_CELLS:
                self._cells.pop(next(iter(self._cells)))
            self._cells[index] = self._encode(
                index,
                self._image(index, squares),
                self._share(index, squares),
                squares,
            )
        return self._cells[index]

    def _encode(
        self, index: int, image: Tensor, share: Tensor, squares: Sequence[Square]
    ) -> Cell:
        with torch.no_grad():
            return self.net.remember(image, share, self._window(index, squares))

    def _window(self, index: int, squares: Sequence[Square]) -> Tensor:
        windows = [square.window(index) for square in squares]
        return torch.tensor(windows, device=self.device)

    def _image(self, index: int, squares: Sequence[Square]) -> Tensor:
        """Regions of a slice as the networks take them: (labels, 1, roi, roi)."""
        plane = self._plane(index)
        side = self.net.shape.roi
        low, high = self.span
        regions = np.stack([cut(plane, square, side) for square in squares])[:, None]
        grey = ((torch.from_numpy(regions) - low) / (high - low)).clamp_(0.0, 1.0)
        return self.model.preprocessing.intensity.standardise(grey).to(self.device)

    def _share(self, index: int, squares: Sequence[Square]) -> Tensor:
        """Masks shown in the regions: float32 (labels, 1, roi, roi)."""
        shown, side = self.state.shown(index), self.net.shape.roi
        masks = [
            cut_mask(shown == value, square, side)
            for value, square in zip(self.values, squares, strict=True)
        ]
        return torch.from_numpy(np.stack(masks)[:, None]).to(self.device)

    def _labels(self, share: Tensor, squares: Sequence[Square]) -> Slice:
        """The most probable label above one half: uint8 (y, x)."""
        best = np.full(self.state.plane, 0.5, dtype=np.float32)
        labels = np.zeros(self.state.plane, dtype=np.uint8)
        regions = share[:, 0].float().cpu().numpy()
        for value, square, region in zip(self.values, squares, regions, strict=True):
            at = square.within(self.state.plane)
            own = pasted(region, square, self.state.plane)
            wins = own > best[at]
            best[at][wins] = own[wins]
            labels[at][wins] = value
        return labels


def _followed(found: Mask) -> Square:
    return square_around(found, WALK_MARGIN, WALK_LEAST)


def _worst(guess: Tensor, share: Tensor) -> float:
    """The lowest quality of the labels that are there; of all, where none is."""
    found = share.flatten(1).amax(dim=1) > 0.5
    return float(guess[found].min() if found.any() else guess.min())
