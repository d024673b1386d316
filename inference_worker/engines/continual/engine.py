"""The engine: prompts in, masks out, and two copies of the network that learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.contract.catalog import ENGINES, check_taken
from inference_worker.contract.engine import Carry, Label, Prediction, Snapshot, Volume
from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import Accept, Prompt, Visit
from inference_worker.engines.continual import state as states
from inference_worker.engines.continual import trust
from inference_worker.engines.continual.config import Config
from inference_worker.engines.continual.evidence import prior_odds
from inference_worker.engines.continual.frame import Frame
from inference_worker.engines.continual.lessons import (
    learn_accepted,
    learn_marks,
    looks,
)
from inference_worker.engines.continual.memory import Page
from inference_worker.engines.continual.sight import Eye
from inference_worker.engines.continual.state import State
from inference_worker.nets import BaseModel
from inference_worker.nets.labelled import Network
from inference_worker.planar.pages import marks_by_slice


class Continual:
    """Method 1 as an engine."""

    def __init__(
        self, name: str, base: BaseModel, config: Config, device: str = "cpu"
    ) -> None:
        self.spec = ENGINES[name]
        self.base = base
        self.config = config
        self.device = torch.device(device)
        self.eye = Eye(config)

    def open(
        self, volume: Volume, labels: Sequence[Label], *, carry: Carry | None = None
    ) -> State:
        """A state that has seen no prompt."""
        network = Network(
            self.base.module,
            self.base.classes,
            [label.name for label in labels],
            self.config.precision,
        )
        start = network.initial()
        state = State(
            frame=Frame(self.base, volume, self.device),
            network=network,
            labels=tuple(labels),
            start=start,
            student=start,
            teacher=start,
            record=trust.first_record(len(labels)),
            seed=self.config.seed,
        )
        if carry is not None:
            states.start_from(state, carry, self.base.digest)
        return state

    def save(self, state: State) -> Snapshot:
        """Weights as differences from the base model, and what is remembered."""
        return states.save(state, self.base.digest)

    def load(
        self, volume: Volume, labels: Sequence[Label], snapshot: Snapshot
    ) -> State:
        """The state that ``save`` was given, to the bit."""
        state = self.open(volume, labels)
        states.restore(state, snapshot, self.base.digest)
        return state

    def close(self, state: State) -> Carry | None:
        """What the teacher has learnt; None where nothing was, or by the settings."""
        if not self.config.carry or not state.steps:
            return None
        return states.carry_of(state, self.base.digest)

    def step(self, state: State, prompts: Sequence[Prompt]) -> Iterator[Prediction]:
        """Answer a turn: first with what is known, then with what it teaches."""
        check_taken(self.spec, prompts)
        return self._step(state, prompts)

    def _step(self, state: State, prompts: Sequence[Prompt]) -> Iterator[Prediction]:
        draft = state.branch()
        draft.turns += 1
        marks = marks_by_slice(prompts)
        accepted = list(
            dict.fromkeys(p.slice for p in prompts if isinstance(p, Accept))
        )
        visited = [p.slice for p in prompts if isinstance(p, Visit)]
        shown = list(dict.fromkeys([*marks, *visited])) or accepted
        draft.accepted = tuple(z for z in draft.accepted if z not in marks)
        lessons = self._lessons(draft, list(marks), accepted)
        pauses = sum(pause for pause, _ in lessons) + (1 if lessons else 0)
        emit = _Emission(draft, len(shown) * (1 + pauses))

        heard = {index: draft.pages.get(index, Page()).heard for index in accepted}
        for index in accepted:
            self._accept(draft, index, marks.get(index, ()))
        for index in shown:
            made = () if index in accepted else marks.get(index, ())
            yield emit(index, self.eye.look(draft, index, made), "first")
        for index in accepted:
            self._judge(draft, index, heard[index])
        for _, lesson in lessons:
            for _ in lesson:
                for index in shown:
                    yield emit(index, self.eye.look_again(draft, index), "learning")
        if lessons:
            for index in shown:
                yield emit(index, self.eye.look_again(draft, index), "final")
        draft.forget_sights(shown)
        state.adopt(draft)

    def _lessons(
        self, state: State, marked: Sequence[int], accepted: Sequence[int]
    ) -> list[tuple[int, Iterator[int]]]:
        """What the turn teaches, not begun: how often each pauses, and its steps."""
        config = self.config
        lessons = []
        if config.steps:
            lessons += [
                (looks(config.steps), learn_marks(state, config, index))
                for index in marked
            ]
        if config.replay_steps and accepted:
            lessons.append((looks(config.replay_steps), learn_accepted(state, config)))
        return lessons

    def _accept(self, state: State, index: int, made: Sequence[Prompt]) -> None:
        page = state.pages.get(index, Page())
        if made or page.shown is None:
            self.eye.look(state, index, made)
            page = state.pages[index]
        state.pages[index] = page.approved()
        state.accepted = (*(z for z in state.accepted if z != index), index)

    def _judge(
        self, state: State, index: int, heard: NDArray[np.float16] | None
    ) -> None:
        """Note how well networks and neighbours would have shown an accepted slice.

        Parameters
        ----------
        heard: what the networks said of it before it was marked, see ``Page``.
        """
        shown = state.pages[index].shown
        config = self.config
        if shown is None or not config.trust_learned or config.prior == "none":
            return
        truth = state.frame.soft_masks(shown, state.channels)[0].argmax(dim=0)
        voices = self.eye.voices(state, index) if heard is None else heard
        state.record = trust.recorded(
            state.record,
            voices.astype(np.float32),
            prior_odds(state, config, index),
            truth.cpu().numpy(),
            state.network.new,
        )


class _Emission:
    """Predictions of one step; the last of ``number`` has fraction 1."""

    def __init__(self, state: State, number: int) -> None:
        self.state = state
        self.number = number
        self.made = 0

    def __call__(
        self, index: int, shares: NDArray[np.float32], stage: str
    ) -> Prediction:
        self.made += 1
        labels = self.state.pages[index].shown
        if labels is None:
            raise ValueError(f"slice {index} has not been looked at")
        last = self.made == self.number
        return Prediction(
            region=Region.of_slice(index, self.state.frame.volume.shape),
            labels=labels[None].copy(),
            stage="final" if last else stage,
            probability=shares[:, None].astype(np.float16),
            quality={index: expected_dice(shares, labels, self.state.values)},
            fraction=self.made / self.number,
        )


def expected_dice(
    shares: NDArray[np.float32], labels: NDArray[np.uint8], values: NDArray[np.uint8]
) -> float:
    """Dice that a mask would have if the probabilities were right.

    Parameters
    ----------
    shares: (labels, y, x). labels: uint8 (y, x). values: of background and each label.
    """
    scores = []
    for share, value in zip(shares, values[1:], strict=True):
        shown = labels == value
        if shown.any():
            both = float(share[shown].sum())
            scores.append(2 * both / (float(shown.sum()) + float(share.sum())))
    return min(float(np.mean(scores)), 1.0) if scores else 1.0
