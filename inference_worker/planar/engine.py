"""An engine out of one function: a slice and what was said of it in, a mask out.

The classical methods keep no weights: what a slice shows depends on its image, on the
marks made on it and, for some, on the mask of a neighbour. So their whole state is a
page per slice, and a method is one function of a ``Look``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.catalog import ENGINES, check_taken
from inference_worker.contract.engine import Carry, Label, Prediction, Snapshot, Volume
from inference_worker.contract.geometry import Region
from inference_worker.contract.marks import UNMARKED
from inference_worker.contract.prompts import Accept, Prompt, Visit
from inference_worker.planar.pages import (
    Page,
    boxes_on,
    fixed_labels,
    marks_by_slice,
    pages_from_json,
    pages_to_json,
)

Slice = NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """One slice as a method sees it.

    Attributes
    ----------
    volume, index: where it is. labels: of the project, by value.
    said: uint8 (y, x), labels that the reader gave; ``UNMARKED`` elsewhere.
    boxes: label → bool (y, x), inside the boxes that enclose it.
    pages: what is remembered of the whole volume, this slice included.
    """

    volume: Volume
    index: int
    labels: tuple[Label, ...]
    said: Slice
    boxes: Mapping[int, NDArray[np.bool_]]
    pages: Mapping[int, Page]

    @property
    def values(self) -> tuple[int, ...]:
        """Values of the project's labels, ascending."""
        return tuple(label.value for label in self.labels)

    @property
    def grey(self) -> NDArray[np.float32]:
        """The slice as float32 (y, x), [0, 1] over the display window."""
        image = np.asarray(self.volume.voxels[self.index], dtype=np.float32)
        if image.ndim == 3:
            return np.asarray(image.mean(axis=-1) / 255, dtype=np.float32)
        centre, width = self.volume.window
        return np.clip((image - centre) / max(width, 1e-6) + 0.5, 0, 1)

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """The slice as uint8 (y, x, 3)."""
        image = self.volume.voxels[self.index]
        if image.ndim == 3:
            return np.asarray(image, dtype=np.uint8)
        grey = np.asarray(self.grey * 255, dtype=np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)


Method = Callable[[Look], Iterable[Slice]]
"""Labels uint8 (y, x) of the slice that is looked at: at least one mask, better ones
after it."""


def at_once(segment: Callable[[Look], Slice]) -> Method:
    """A method that has one answer."""
    return lambda look: (segment(look),)


@dataclass
class State:
    """A page per slice; pages are replaced, never changed."""

    volume: Volume
    labels: tuple[Label, ...]
    pages: dict[int, Page] = field(default_factory=dict)


class PlanarEngine:
    """``method`` as an engine of the catalogue."""

    def __init__(self, name: str, method: Method) -> None:
        self.spec = ENGINES[name]
        self.method = method

    def open(
        self, volume: Volume, labels: Sequence[Label], *, carry: Carry | None = None
    ) -> State:
        """A state without pages; there is nothing to carry."""
        ordered = sorted(labels, key=lambda label: label.value)
        return State(volume, tuple(ordered))

    def step(self, state: State, prompts: Sequence[Prompt]) -> Iterator[Prediction]:
        """One prediction per slice that was marked or visited."""
        check_taken(self.spec, prompts)
        return self._step(state, prompts)

    def _step(self, state: State, prompts: Sequence[Prompt]) -> Iterator[Prediction]:
        draft = replace(state, pages=dict(state.pages))
        marked = marks_by_slice(prompts)
        for index, made in marked.items():
            draft.pages[index] = draft.pages.get(index, Page()).marked(made)
        for prompt in prompts:
            if isinstance(prompt, Accept):
                page = draft.pages.get(prompt.slice, Page())
                draft.pages[prompt.slice] = replace(page, accepted=True)
        visited = [p.slice for p in prompts if isinstance(p, Visit)]
        asked = list(dict.fromkeys([*marked, *visited]))
        for number, index in enumerate(asked):
            for better, (labels, last) in enumerate(
                _marking_last(self._segment(draft, index, again=index in marked))
            ):
                page = draft.pages.get(index, Page())
                draft.pages[index] = replace(page, shown=labels)
                done = 1.0 if last else (better + 1) / (better + 2)
                yield Prediction(
                    region=Region.of_slice(index, state.volume.shape),
                    labels=labels[None].copy(),
                    stage="final" if last else "first",
                    fraction=(number + done) / len(asked),
                )
        state.pages = draft.pages

    def _segment(self, state: State, index: int, *, again: bool) -> Iterator[Slice]:
        page = state.pages.get(index, Page())
        if page.shown is not None and not again:
            yield page.shown  # a second look changes nothing
            return
        plane = (state.volume.shape[1], state.volume.shape[2])
        said = fixed_labels(page.prompts, index, plane)
        boxes = boxes_on(page.prompts, index, plane)
        look = Look(state.volume, index, state.labels, said, boxes, state.pages)
        for labels in self.method(look):
            yield np.where(said != UNMARKED, said, labels).astype(np.uint8)

    def save(self, state: State) -> Snapshot:
        """The pages."""
        arrays, header = pages_to_json(state.pages)
        return Snapshot(arrays, {"pages": header})

    def load(
        self, volume: Volume, labels: Sequence[Label], snapshot: Snapshot
    ) -> State:
        """The state that ``save`` was given."""
        state = self.open(volume, labels)
        state.pages = pages_from_json(snapshot.arrays, snapshot.header["pages"])
        return state

    def close(self, state: State) -> Carry | None:
        """Nothing is learnt, so nothing is carried."""
        return None


def _marking_last(masks: Iterator[Slice]) -> Iterator[tuple[Slice, bool]]:
    """Each mask, and whether it is the last."""
    held = next(masks)
    for mask in masks:
        yield held, False
        held = mask
    yield held, True
