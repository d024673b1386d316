"""What a turn teaches: the steps on marks, those on accepted slices, and the guard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import structlog
import torch

from inference_worker.engines.continual import guard
from inference_worker.engines.continual.config import Config
from inference_worker.engines.continual.memory import Page, thick_strokes
from inference_worker.engines.continual.state import State
from inference_worker.engines.continual.teaching import (
    Steps,
    Window,
    pseudo_of,
    replay_steps,
    turn_steps,
    window_around,
)
from inference_worker.nets.labelled import Weights
from inference_worker.planar.pages import stroke_covers

_log = structlog.get_logger()

_CHECKED = 3
"""Accepted slices that an update is checked on: the newest."""

SHOWN_EVERY = 5
"""Steps between two looks at what has been learnt; a turn may be cancelled there."""


def looks(steps: int) -> int:
    """How often ``watched`` pauses in a lesson of so many steps."""
    return max((steps - 1) // SHOWN_EVERY, 0)


def learn_marks(state: State, config: Config, index: int) -> Iterator[int]:
    """The turn's own steps (3.3-3.5) on slice ``index``; pauses to be looked at."""
    page = state.pages.get(index, Page())
    covers = {
        state.channels.get(label, 0): state.frame.shrink(cover)
        for label, cover in stroke_covers(
            page.prompts, index, state.frame.shape
        ).items()
    }
    if not covers:
        return
    labels, marked = thick_strokes(covers, config.stroke_blur)
    if not marked.any():
        return
    whole = state.frame.image(index)
    pseudo = None
    if config.pseudo != "none":
        weights = state.start if config.pseudo == "frozen" else state.teacher
        pseudo = pseudo_of(state.network, config, weights, whole, _generator(state))
    window = Window.whole(marked.shape)
    if config.roi:
        shown = page.shown if page.shown is not None else np.zeros(0)
        interest = marked | state.frame.shrink(shown > 0) if shown.size else marked
        window = window_around(interest, config.roi_margin)
    image, target, where = (
        window.cut(t)
        for t in (whole, torch.from_numpy(labels), torch.from_numpy(marked))
    )
    if pseudo is not None:
        pseudo = (window.cut(pseudo[0]), window.cut(pseudo[1]))
    steps = _steps(state, config, config.learning_rate)
    device = whole.device
    taken = turn_steps(steps, image, pseudo, target.to(device), where.to(device))
    yield from _watched(taken, config.steps)
    _conclude(state, config, steps, config.steps, whole)


def learn_accepted(state: State, config: Config) -> Iterator[int]:
    """Steps on a replay of the accepted slices, the newest among them."""
    checks = accepted_checks(state, config.replay_slices)
    if not checks:
        return
    steps = _steps(state, config, config.replay_rate)
    images = [check.image for check in checks]
    targets = [check.labels for check in checks]
    window = Window.whole(tuple(targets[0].shape[-2:]))
    if config.roi:
        held = torch.cat(targets).amax(dim=0).cpu().numpy() > 0
        window = window_around(held, config.roi_margin)
    taken = replay_steps(
        steps,
        [window.cut(image) for image in images],
        [window.cut(target) for target in targets],
        _generator(state),
    )
    yield from _watched(taken, config.replay_steps)
    _conclude(state, config, steps, config.replay_steps, images[-1])


def _watched(taken: Iterator[int], steps: int) -> Iterator[int]:
    for number in taken:
        if number % SHOWN_EVERY == 0 and number < steps:
            yield number


def _steps(state: State, config: Config, rate: float) -> Steps:
    return Steps(state.network, config, state.student, state.teacher, state.start, rate)


def _conclude(
    state: State, config: Config, steps: Steps, taken: int, image: torch.Tensor
) -> None:
    """Keep what was learnt, as far as it does no harm."""
    student, teacher = steps.results()
    if config.guard:
        checks = accepted_checks(state, _CHECKED)
        student = _harmless(state, config, state.student, student, checks, image)
        teacher = _harmless(state, config, state.teacher, teacher, checks, image)
    state.student, state.teacher = student, teacher
    state.steps += taken


def _harmless(
    state: State,
    config: Config,
    old: Weights,
    new: Weights,
    checks: Sequence[guard.Check],
    image: torch.Tensor,
) -> Weights:
    network = state.network
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


def accepted_checks(state: State, most: int) -> list[guard.Check]:
    """The newest accepted slices, the newest last."""
    found = []
    for index in state.accepted[-most:]:
        shown = state.pages[index].shown
        if shown is not None:
            shares = state.frame.soft_masks(shown, state.channels)
            image = state.frame.image(index)
            found.append(guard.Check(image, shares.argmax(dim=1)))
    return found


def _generator(state: State) -> torch.Generator:
    """Random numbers that depend on the seed and on what has been done alone."""
    key = np.random.SeedSequence([state.seed, state.turns, state.steps])
    return torch.Generator().manual_seed(int(key.generate_state(1)[0]))
