"""A small engine that learns, for tests: linear scores of intensity and place.

It takes every prompt, draws random numbers from its seed, answers in two stages and
learns from marks and from accepted slices, so that a wrong order, a lost turn or a
foreign session shows in its masks. Settings make it slow, forgetful or faulty.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from inference_worker.contract.catalog import check_taken
from inference_worker.contract.engine import (
    Carry,
    EngineSpec,
    Label,
    Prediction,
    Snapshot,
    Volume,
)
from inference_worker.contract.geometry import Region
from inference_worker.contract.marks import UNMARKED, marks_on_slice
from inference_worker.contract.prompts import (
    KINDS,
    Accept,
    Paint,
    Prompt,
    Propagate,
    slice_of,
)

SPEC = EngineSpec(
    name="toy",
    title="Toy",
    prompts=frozenset(KINDS),
    planar=True,
    learns=True,
    needs_weights=False,
    source="a test's own",
)


@dataclass(frozen=True)
class Settings:
    """``delay_s`` waits before each prediction; ``fails_on`` is a slice that breaks
    it, ``dies_on`` one that kills its process; ``forgets`` does not show marks."""

    seed: int = 0
    delay_s: float = 0.0
    fails_on: int = -1
    dies_on: int = -1
    forgets: bool = False


@dataclass
class State:
    """Scores of one session: ``weights`` is (labels + 1, features)."""

    volume: Volume
    values: tuple[int, ...]
    weights: Any
    step: int = 0
    said: dict[int, Any] = field(default_factory=dict)  # z → (y, x)
    shown: dict[int, Any] = field(default_factory=dict)  # z → (y, x)


class Toy:
    """See the module."""

    spec = SPEC

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def open(
        self, volume: Volume, labels: Sequence[Label], *, carry: Carry | None = None
    ) -> State:
        values = (0, *(label.value for label in labels))
        draws = np.random.default_rng(self.settings.seed)
        weights = draws.normal(size=(len(values), 4))
        if carry is not None:
            weights = carry.arrays["weights"].copy()
        return State(volume, values, weights)

    def step(self, state: State, prompts: Sequence[Prompt]) -> Iterator[Prediction]:
        check_taken(self.spec, prompts)
        return self._step(state, prompts)

    def _step(self, state: State, prompts: Sequence[Prompt]) -> Iterator[Prediction]:
        draft = replace(
            state,
            weights=state.weights.copy(),
            step=state.step + 1,
            said=dict(state.said),
            shown=dict(state.shown),
        )
        draws = np.random.default_rng([self.settings.seed, draft.step])
        slices = []
        for prompt in prompts:
            slices += self._take(draft, prompt)
        order = list(dict.fromkeys(slices))
        if self.settings.dies_on in order:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.settings.fails_on in order:
            state.weights[0] += 5.0  # a broken engine leaves a broken state
            raise ArithmeticError("the toy was told to break here")
        for number, index in enumerate(order):
            time.sleep(self.settings.delay_s)
            fraction = (number + 1) / (2 * len(order))
            yield self._shown(draft, index, "first", fraction)
        for prompt in prompts:
            self._learn(draft, prompt, draws)
        for number, index in enumerate(order):
            time.sleep(self.settings.delay_s)
            fraction = 0.5 + (number + 1) / (2 * len(order))
            yield self._shown(draft, index, "refined", fraction)
        vars(state).update(vars(draft))

    def save(self, state: State) -> Snapshot:
        arrays = {"weights": state.weights.copy()}
        arrays |= {f"said/{z}": said.copy() for z, said in state.said.items()}
        arrays |= {f"shown/{z}": shown.copy() for z, shown in state.shown.items()}
        return Snapshot(arrays, {"step": state.step})

    def load(
        self, volume: Volume, labels: Sequence[Label], snapshot: Snapshot
    ) -> State:
        kept: dict[str, dict[int, Any]] = {"said": {}, "shown": {}}
        for name, array in snapshot.arrays.items():
            group, _, index = name.partition("/")
            if index:
                kept[group][int(index)] = array.copy()
        values = (0, *(label.value for label in labels))
        weights = snapshot.arrays["weights"].copy()
        step = int(snapshot.header["step"])
        return State(volume, values, weights, step, kept["said"], kept["shown"])

    def close(self, state: State) -> Carry | None:
        return Snapshot({"weights": state.weights.copy()}, {})

    def _take(self, draft: State, prompt: Prompt) -> list[int]:
        """Write down what a prompt says; the slices it asks about."""
        index, plane = slice_of(prompt), draft.volume.shape[1:]
        if isinstance(prompt, Accept):
            return []
        if isinstance(prompt, Propagate):
            count = prompt.count or draft.volume.shape[0]
            reach = range(index - count, index + count + 1)
            return [
                z
                for z in reach
                if 0 <= z < draft.volume.shape[0]
                and (z - index) * prompt.direction >= 0
            ]
        said = draft.said.get(index, np.full(plane, UNMARKED, np.uint8))
        if isinstance(prompt, Paint):
            marks = np.full(plane, UNMARKED, np.uint8)
            cut = prompt.region.slices[1:]
            marks[cut] = np.where(prompt.where[0], prompt.labels[0], UNMARKED)
        else:
            marks = marks_on_slice([prompt], index, plane)
        draft.said[index] = np.where(marks == UNMARKED, said, marks)
        return [index]

    def _learn(self, draft: State, prompt: Prompt, draws: Any) -> None:
        index = slice_of(prompt)
        target = draft.shown.get(index) if isinstance(prompt, Accept) else None
        if target is None:
            target = draft.said.get(index)
        if target is None:
            return
        features = _features(draft.volume, index)
        marked = target != UNMARKED
        for row, value in enumerate(draft.values):
            chosen = features[marked & (target == value)]
            if len(chosen):
                noise = 1 + 0.1 * draws.normal()
                draft.weights[row] += 0.5 * noise * chosen.mean(axis=0)

    def _shown(
        self, draft: State, index: int, stage: str, fraction: float
    ) -> Prediction:
        scores = _features(draft.volume, index) @ draft.weights.T
        labels = np.asarray(draft.values, np.uint8)[scores.argmax(axis=-1)]
        said = draft.said.get(index)
        if said is not None and not self.settings.forgets:
            labels = np.where(said == UNMARKED, labels, said)
        draft.shown[index] = labels
        odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares = np.moveaxis(odds / odds.sum(axis=-1, keepdims=True), -1, 0)
        return Prediction(
            Region.of_slice(index, draft.volume.shape),
            labels[None],
            stage,
            probability=shares[1:, None].astype(np.float16),
            quality={index: 0.5},
            fraction=fraction,
        )


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> Toy:
    """The door that ``engines.build`` knocks at."""
    return Toy(Settings(**config))


def _features(volume: Volume, index: int) -> Any:
    image = np.asarray(volume.voxels[index], dtype=np.float64)
    grey = image.mean(axis=-1) if image.ndim == 3 else image
    grey = (grey - grey.mean()) / (grey.std() + 1e-6)
    y, x = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]]
    ones = np.ones_like(grey)
    return np.stack([ones, grey, y / len(grey) - 0.5, x / grey.shape[1] - 0.5], axis=-1)
