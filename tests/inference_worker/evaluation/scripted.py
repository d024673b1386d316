"""An engine for the harness's own tests: simple enough to know what must come out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inference_worker.contract.engine import (
    Carry,
    EngineSpec,
    Label,
    Prediction,
    Snapshot,
    Volume,
)
from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import KINDS, Prompt, Visit, slice_of


@dataclass
class ScriptedState:
    """What was sent so far."""

    volume: Volume
    labels: Sequence[Label]
    carry: Carry | None
    prompts: list[Prompt] = field(default_factory=list)


class ThresholdEngine:
    """Gives the first label to what is bright; otherwise leaves it to the marks.

    ``seen`` keeps everything that was ever handed to it.
    """

    def __init__(self, *, planar: bool = True, above: float = 120.0) -> None:
        self.spec = EngineSpec(
            "threshold", "Threshold", frozenset(KINDS), planar, False, False, "a test"
        )
        self.above = above
        self.seen: list[Any] = []
        self.states: list[ScriptedState] = []

    def open(
        self, volume: Volume, labels: Sequence[Label], *, carry: Carry | None = None
    ) -> ScriptedState:
        self.seen += [volume, labels, carry]
        self.states.append(ScriptedState(volume, labels, carry))
        return self.states[-1]

    def step(
        self, state: ScriptedState, prompts: Sequence[Prompt]
    ) -> Iterator[Prediction]:
        self.seen.append(prompts)
        for index in {slice_of(p) for p in prompts if isinstance(p, Visit)}:
            bright = state.volume.voxels[index] > self.above
            labels = np.where(bright, state.labels[0].value, 0).astype(np.uint8)
            region = Region.of_slice(index, state.volume.shape)
            yield Prediction(region, labels[None], stage="first")
        state.prompts += prompts

    def save(self, state: ScriptedState) -> Snapshot:
        return Snapshot({}, {})

    def load(
        self, volume: Volume, labels: Sequence[Label], snapshot: Snapshot
    ) -> ScriptedState:
        return ScriptedState(volume, labels, None)

    def close(self, state: ScriptedState) -> Carry | None:
        return Snapshot({}, {"prompts": len(state.prompts)})


class StubbornEngine(ThresholdEngine):
    """Answers every turn with nothing at all, wherever it may."""

    def step(
        self, state: ScriptedState, prompts: Sequence[Prompt]
    ) -> Iterator[Prediction]:
        self.seen.append(prompts)
        index = slice_of(prompts[-1])
        region = Region.of_slice(index, state.volume.shape)
        yield Prediction(region, np.zeros(region.shape, np.uint8))
        state.prompts += prompts
