"""From the reader's slices to the others, with a bounded memory of slices.

The memory holds the nearest slices the reader worked on, the previous slice and the
last of every fifth (section 3, testing details): never more than ``CELLS`` cells,
however long the volume. A walk ends where ``EMPTY_MOST`` slices in a row show no label;
what an earlier round had shown beyond is taken away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import torch
from torch import Tensor

from inference_worker.contract.prompts import Propagate
from inference_worker.engines.mem3d.state import Mem3DState, Slice
from inference_worker.nets.mem3d import Cell, Mem3D
from inference_worker.nets.preprocessing import resize
from inference_worker.nets.prompted import PromptedModel

READER_CELLS = 3
"""Of the slices the reader worked on, the nearest ones are remembered."""

EVERY = 5
"""Every fifth propagated slice is remembered; of those the last one."""

CELLS = READER_CELLS + 2
EMPTY_MOST = 3


@dataclass
class Memory:
    """Cells of one walk; each holds a batch of one target per label.

    Attributes
    ----------
    reader: slice → its cell, encoded when it first comes near.
    previous, fifth: the last slice, and the last one of every fifth.
    """

    reader: dict[int, Cell] = field(default_factory=dict)
    previous: Cell | None = None
    fifth: Cell | None = None


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
        self.values = self._values()
        self._cells: dict[int, Cell] = {}

    def _values(self) -> list[int]:
        """Labels that the reader's slices show."""
        present: set[int] = set()
        for index in self.state.by_reader():
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

    def _walk(
        self, source: int, indices: Sequence[int]
    ) -> Iterator[tuple[int, Slice, float]]:
        own = set(self.state.by_reader())
        memory = Memory()
        memory.previous = self._remember_shown(source)
        empty = 0
        for number, index in enumerate(indices, start=1):
            if index in own:
                memory.previous = self._remember_shown(index)
                empty = 0
                continue
            if empty >= EMPTY_MOST and not any(
                abs(index - each) <= EMPTY_MOST for each in own
            ):
                if index in self.state.masks and self.state.masks[index].labels.any():
                    yield index, np.zeros(self.state.plane, np.uint8), 1.0
                continue
            labels, quality, share, image = self.look(index, memory)
            empty = 0 if labels.any() else empty + 1
            cell = self._encode(image, share)
            memory.previous = cell
            if number % EVERY == 0:
                memory.fifth = cell
            yield index, labels, quality

    def look(self, index: int, memory: Memory) -> tuple[Slice, float, Tensor, Tensor]:
        """One slice: labels, quality, probabilities (labels, 1, h, w), image."""
        with torch.no_grad():
            image = self._image(index)
            query = self.net.ask(image).repeated(len(self.values))
            size = (image.shape[-2], image.shape[-1])
            logits, features = self.net.segment(query, self._known(index, memory), size)
            share = logits.sigmoid()
            guess = self.net.quality(features, share).sigmoid()
        found = share.flatten(1).amax(dim=1) > 0.5
        quality = float(guess[found].min() if found.any() else guess.min())
        return self._labels(share), quality, share, image

    def assess(self, index: int) -> float:
        """Quality of what is shown on a slice of the reader's."""
        if not self.values:
            return 0.0
        with torch.no_grad():
            image = self._image(index)
            query = self.net.ask(image).repeated(len(self.values))
            features = self.net.read(query, self._known(index, Memory()))
            share = self._share(index, (image.shape[-2], image.shape[-1]))
            guess = self.net.quality(features, share).sigmoid()
        found = share.flatten(1).amax(dim=1) > 0.5
        return float(guess[found].min() if found.any() else guess.min())

    def _known(self, index: int, memory: Memory) -> list[Cell]:
        own = self.state.by_reader()
        nearest = sorted(own, key=lambda each: (abs(each - index), each))
        cells = [memory.previous, memory.fifth]
        if self.memory or memory.previous is None:
            cells += [self._remember_shown(each) for each in nearest[:READER_CELLS]]
        else:
            cells = [memory.previous]
        return [cell for cell in cells if cell is not None]

    def _remember_shown(self, index: int) -> Cell:
        """The cell of a slice as shown; at most a few are kept."""
        if index not in self._cells:
            image = self._image(index)
            size = (image.shape[-2], image.shape[-1])
            while len(self._cells) > 2 * READER_CELLS:
                self._cells.pop(next(iter(self._cells)))
            self._cells[index] = self._encode(image, self._share(index, size))
        return self._cells[index]

    def _encode(self, image: Tensor, share: Tensor) -> Cell:
        with torch.no_grad():
            return self.net.remember(image.expand(len(share), -1, -1, -1), share)

    def _image(self, index: int) -> Tensor:
        return self.model.preprocessing.image(self.state.volume, index, 1).to(
            self.device
        )

    def _share(self, index: int, size: tuple[int, int]) -> Tensor:
        """Masks shown on a slice, one per label: float32 (labels, 1, *size)."""
        shown = self.state.shown(index)
        masks = np.stack([shown == value for value in self.values])
        share = torch.from_numpy(masks.astype(np.float32))[:, None]
        return (resize(share, size) if size != shown.shape else share).to(self.device)

    def _labels(self, share: Tensor) -> Slice:
        """The most probable label above one half: uint8 (y, x)."""
        if share.shape[-2:] != self.state.plane:
            share = resize(share, self.state.plane)
        targets = share[:, 0].cpu().numpy()
        labels = np.asarray(self.values, dtype=np.uint8)[targets.argmax(axis=0)]
        return np.where(targets.max(axis=0) > 0.5, labels, 0).astype(np.uint8)
