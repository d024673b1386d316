"""The engine: prompts in, masks out, and two copies of the network that learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import structlog
import torch
from numpy.typing import NDArray

from inference_worker.contract.catalog import ENGINES, check_taken
from inference_worker.contract.engine import Carry, Label, Prediction, Snapshot, Volume
from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import Accept, Prompt, Visit
from inference_worker.engines.continual import guard
from inference_worker.engines.continual import state as states
from inference_worker.engines.continual.answering import answer
from inference_worker.engines.continual.config import Config
from inference_worker.engines.continual.frame import Frame
from inference_worker.engines.continual.memory import (
    Page,
    marks_by_slice,
    stroke_covers,
    thick_strokes,
)
from inference_worker.engines.continual.network import Network, Weights
from inference_worker.engines.continual.state import State
from inference_worker.engines.continual.teaching import (
    Steps,
    pseudo_of,
    replay_steps,
    turn_steps,
    window_around,
)
from inference_worker.nets import BaseModel

_log = structlog.get_logger()

_CHECKED = 3
"""Accepted slices that an update is checked on: the newest."""

_SHOWN_EVERY = 5
"""Steps between two looks at what has been learnt; a turn may be cancelled there."""


class Continual:
    """Method 1 as an engine."""

    def __init__(
        self, name: str, base: BaseModel, config: Config, device: str = "cpu"
    ) -> None:
        self.spec = ENGINES[name]
        self.base = base
        self.config = config
        self.device = torch.device(device)

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
        """Answer a turn; see the package for the order of things."""
        check_taken(self.spec, prompts)
        return self._step(state, prompts)

    def _step(self, state: State, prompts: Sequence[Prompt]) -> Iterator[Prediction]:
        draft = state.branch()
        draft.turns += 1
        marks = marks_by_slice(prompts)
        for index, made in marks.items():
            draft.pages[index] = draft.pages.get(index, Page()).marked(made)
        visited = [p.slice for p in prompts if isinstance(p, Visit)]
        accepted = [p.slice for p in prompts if isinstance(p, Accept)]
        asked = list(dict.fromkeys([*marks, *accepted, *visited]))
        draft.accepted = tuple(z for z in draft.accepted if z not in marks)
        lessons = len(marks) + (1 if accepted else 0)
        shares = _fractions(len(asked) * (2 if lessons else 1) + 4 * lessons)

        for index in asked:
            yield self._show(draft, index, "first", next(shares))
            if index in accepted:
                self._accept(draft, index)
        if not lessons:
            state.adopt(draft)
            return
        for index in marks:
            for _ in self._learn_marks(draft, index):
                yield self._show(draft, index, "learning", next(shares))
        if accepted:
            watched = visited[-1] if visited else accepted[-1]
            for _ in self._learn_accepted(draft):
                yield self._show(draft, watched, "learning", next(shares))
        for number, index in enumerate(asked):
            last = number == len(asked) - 1
            yield self._show(draft, index, "final", 1.0 if last else next(shares))
        state.adopt(draft)

    def _weights(self, state: State) -> Weights:
        return state.teacher if self.config.answer == "teacher" else state.student

    def _show(
        self, state: State, index: int, stage: str, fraction: float
    ) -> Prediction:
        """Predict slice ``index``, and remember that the reader has seen it."""
        labels, probability = answer(state, self.config, self._weights(state), index)
        page = state.pages.get(index, Page())
        state.pages[index] = Page(page.prompts, labels, page.accepted)
        return Prediction(
            region=Region.of_slice(index, state.frame.volume.shape),
            labels=labels[None].copy(),
            stage=stage,
            probability=probability[0, 1:, None].cpu().numpy().astype(np.float16),
            quality={index: float(probability.amax(dim=1).mean())},
            fraction=fraction,
        )

    def _accept(self, state: State, index: int) -> None:
        page = state.pages[index]
        state.pages[index] = Page(page.prompts, page.shown, accepted=True)
        state.accepted = (*(z for z in state.accepted if z != index), index)

    def _learn_marks(self, state: State, index: int) -> Iterator[int]:
        """The turn's own steps (3.3-3.5) on slice ``index``."""
        config = self.config
        covers = self._covers(state, index)
        if not covers or not config.steps:
            return
        labels, marked = thick_strokes(covers, config.stroke_blur)
        image = state.frame.image(index)
        pseudo = None
        if config.pseudo != "none":
            weights = state.start if config.pseudo == "frozen" else state.teacher
            pseudo = pseudo_of(
                state.network, config, weights, image, self._generator(state)
            )
        target = torch.from_numpy(labels).to(self.device)
        where = torch.from_numpy(marked).to(self.device)
        if config.roi:
            window = window_around(
                marked | self._shown_mask(state, index), config.roi_margin
            )
            image, target, where = (window.cut(t) for t in (image, target, where))
            if pseudo is not None:
                pseudo = (window.cut(pseudo[0]), window.cut(pseudo[1]))
        steps = self._steps(state, config.learning_rate)
        for taken in turn_steps(steps, image, pseudo, target, where):
            if taken % _SHOWN_EVERY == 0 and taken < config.steps:
                yield taken
        self._conclude(state, steps, config.steps, state.frame.image(index))

    def _learn_accepted(self, state: State) -> Iterator[int]:
        """Steps on a replay of the accepted slices, the newest among them."""
        config = self.config
        if not config.replay_steps:
            return
        checks = self._checks(state, config.replay_slices)
        steps = self._steps(state, config.replay_rate)
        images = [check.image for check in checks]
        targets = [check.labels for check in checks]
        taught = replay_steps(steps, images, targets, self._generator(state))
        for taken in taught:
            if taken % _SHOWN_EVERY == 0 and taken < config.replay_steps:
                yield taken
        self._conclude(state, steps, config.replay_steps, images[-1])

    def _steps(self, state: State, rate: float) -> Steps:
        return Steps(
            state.network, self.config, state.student, state.teacher, state.start, rate
        )

    def _conclude(
        self, state: State, steps: Steps, taken: int, image: torch.Tensor
    ) -> None:
        """Keep what was learnt, as far as it does no harm."""
        student, teacher = steps.results()
        if self.config.guard:
            checks = self._checks(state, _CHECKED)
            student = self._harmless(state, state.student, student, checks, image)
            teacher = self._harmless(state, state.teacher, teacher, checks, image)
        state.student, state.teacher = student, teacher
        state.steps += taken

    def _harmless(
        self,
        state: State,
        old: Weights,
        new: Weights,
        checks: Sequence[guard.Check],
        image: torch.Tensor,
    ) -> Weights:
        network, config = state.network, self.config
        before = guard.network_dice(network, old, checks)

        def harmless(weights: Weights) -> bool:
            after = guard.network_dice(network, weights, checks)
            return after >= before - config.guard_drop and not guard.vanished(
                network, weights, state.start, image
            )

        kept, share = guard.guarded(old, new, harmless)
        if share < 1:
            state.refused += 1
            _log.info("update_damped", share=share, turn=state.turns)
        return kept

    def _checks(self, state: State, most: int) -> list[guard.Check]:
        """The newest accepted slices, the newest last."""
        found = []
        for index in state.accepted[-most:]:
            shown = state.pages[index].shown
            if shown is not None:
                shares = state.frame.soft_masks(shown, state.channels)
                image = state.frame.image(index)
                found.append(guard.Check(image, shares.argmax(dim=1)))
        return found

    def _covers(self, state: State, index: int) -> dict[int, NDArray[np.bool_]]:
        """Output channel → pixels (h, w) that marks of it cover."""
        prompts = state.pages[index].prompts
        found = stroke_covers(prompts, index, state.frame.shape)
        return {
            state.channels.get(label, 0): state.frame.shrink(cover)
            for label, cover in found.items()
        }

    def _shown_mask(self, state: State, index: int) -> NDArray[np.bool_]:
        shown = state.pages[index].shown
        if shown is None:
            return np.zeros(state.frame.size, dtype=bool)
        return state.frame.shrink(shown > 0)

    def _generator(self, state: State) -> torch.Generator:
        """Random numbers that depend on the seed and on what has been done alone."""
        key = np.random.SeedSequence([state.seed, state.turns, state.steps])
        return torch.Generator().manual_seed(int(key.generate_state(1)[0]))


def _fractions(number: int) -> Iterator[float]:
    """Growing fractions below 1, ``number`` of them evenly and then ever closer."""
    for i in range(number):
        yield (i + 1) / (number + 1)
    left = 1 / (number + 1)
    while True:
        left /= 2
        yield 1 - left
