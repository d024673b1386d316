"""A reader's slice, carried through the volume."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from inference_worker.contract.catalog import ENGINES, check_taken
from inference_worker.contract.engine import Carry, Label, Prediction, Snapshot, Volume
from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import Accept, Prompt, Propagate, Visit
from inference_worker.engines.mem3d.interaction import answer_marks
from inference_worker.engines.mem3d.propagation import Propagation
from inference_worker.engines.mem3d.state import Crop, Mem3DState, Slice
from inference_worker.nets.prompted import PromptedModel
from inference_worker.planar.pages import Page, marks_by_slice

Answer = tuple[int, Slice, float | None, str]


class Mem3DEngine:
    """Marks are answered on their slice; ``Propagate`` answers slice by slice."""

    def __init__(self, name: str, model: PromptedModel, *, memory: bool = True) -> None:
        self.spec = ENGINES[name]
        self.model = model
        self.memory = memory

    def open(
        self, volume: Volume, labels: Sequence[Label], *, carry: Carry | None = None
    ) -> Mem3DState:
        """An empty state; there is nothing to carry."""
        return Mem3DState(volume, tuple(sorted(labels, key=lambda each: each.value)))

    def step(
        self, state: Mem3DState, prompts: Sequence[Prompt]
    ) -> Iterator[Prediction]:
        """One prediction per slice: marked, visited, then propagated to."""
        check_taken(self.spec, prompts)
        return self._step(state, prompts)

    def _step(
        self, state: Mem3DState, prompts: Sequence[Prompt]
    ) -> Iterator[Prediction]:
        draft = state.fork()
        # One answer is held back: only then is it known which is the last.
        held: Answer | None = None
        expected = self._expected(draft, prompts)
        for number, answer in enumerate(self._answers(draft, prompts)):
            if held is not None:
                done = min(number / (expected + 1), 0.99)
                yield self._prediction(draft, held, done)
            held = answer
        if held is not None:
            yield self._prediction(draft, held, 1.0)
        vars(state).update(vars(draft))

    def _expected(self, draft: Mem3DState, prompts: Sequence[Prompt]) -> int:
        """About how many slices will be answered; no fewer."""
        walks = sum(isinstance(prompt, Propagate) for prompt in prompts)
        return (
            len(prompts) + len(marks_by_slice(prompts)) + walks * draft.volume.shape[0]
        )

    def _answers(
        self, draft: Mem3DState, prompts: Sequence[Prompt]
    ) -> Iterator[Answer]:
        """Slices as they are ready, each written into ``draft`` before."""
        walks = [prompt for prompt in prompts if isinstance(prompt, Propagate)]
        marked = {
            index: [p for p in made if not isinstance(p, Propagate)]
            for index, made in marks_by_slice(
                [p for p in prompts if not isinstance(p, Propagate)]
            ).items()
        }
        for index, made in marked.items():
            draft.mark(index, made)
            self._write(draft, index, answer_marks(self.model, draft, index))
        for prompt in prompts:
            if isinstance(prompt, Accept):
                page = draft.pages.get(prompt.slice, Page())
                draft.pages[prompt.slice] = replace(page, accepted=True)
                if prompt.slice not in draft.masks:
                    self._write(draft, prompt.slice, draft.shown(prompt.slice))
        network = Propagation(self.model, draft, memory=self.memory)
        for index in marked:
            quality = network.assess(index)
            draft.quality[index] = quality
            yield index, draft.shown(index), quality, "marks"
        visited = [p.slice for p in prompts if isinstance(p, Visit)]
        for index in dict.fromkeys(visited):
            if index not in marked:
                yield self._visited(draft, network, index)
        for prompt in walks:
            here = draft.shown(prompt.slice)
            self._write(draft, prompt.slice, here)
            yield prompt.slice, here, draft.quality.get(prompt.slice), "source"
            for index, labels, quality in network.walk(prompt):
                self._write(draft, index, labels)
                draft.quality[index] = quality
                yield index, labels, quality, "propagated"

    def _visited(self, draft: Mem3DState, network: Propagation, index: int) -> Answer:
        """What is shown of a slice; at first sight, what the memory says of it."""
        quality = draft.quality.get(index)
        if index in draft.masks:
            return index, draft.shown(index), quality, "again"
        if not network.values:
            return index, draft.shown(index), None, "first"
        seen = network.look(index)
        self._write(draft, index, seen.labels)
        draft.quality[index] = seen.quality
        return index, seen.labels, seen.quality, "first"

    def _write(self, draft: Mem3DState, index: int, labels: Slice) -> None:
        draft.masks[index] = Crop.of(labels)

    def _prediction(
        self, draft: Mem3DState, answer: Answer, fraction: float
    ) -> Prediction:
        index, labels, quality, stage = answer
        return Prediction(
            region=Region.of_slice(index, draft.volume.shape),
            labels=np.array(labels, dtype=np.uint8)[None],
            stage=stage,
            quality={} if quality is None else {index: quality},
            fraction=fraction,
        )

    def save(self, state: Mem3DState) -> Snapshot:
        """Prompts, masks and quality."""
        return state.save()

    def load(
        self, volume: Volume, labels: Sequence[Label], snapshot: Snapshot
    ) -> Mem3DState:
        """The state that ``save`` was given."""
        state = self.open(volume, labels)
        state.restore(snapshot)
        return state

    def close(self, state: Mem3DState) -> Carry | None:
        """Nothing is learnt for other volumes, so nothing is carried."""
        return None
