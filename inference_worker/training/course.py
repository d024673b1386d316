"""The loop in which the networks of marks are trained: seeded, resumable, stoppable."""

from __future__ import annotations

import json
import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import nn

from inference_worker.training import checkpoint
from inference_worker.training.average import early, follow
from inference_worker.training.curve import draw_losses

log = logging.getLogger("training")

Lesson = Callable[[int, np.random.Generator], dict[str, float]]
"""Leaves the gradients of a step; what to write down of it, among it its ``loss``."""

SAVED_EVERY = 100
LOGGED_EVERY = 20
CLIPPED_AT = 1.0


class Course:
    """A network on its way, in a folder that holds where it stands.

    A step's chance hangs on the seed and its number alone, so a run that was cut goes
    on as if it never was. Ctrl-C finishes the step, saves and stops.

    Attributes
    ----------
    done: steps so far. begun: those that the folder held already.
    averaged: moving average of the weights, which a training leaves behind.
    """

    def __init__(
        self, net: nn.Module, optimizer: torch.optim.Optimizer, out: Path, seed: int
    ) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.net, self.optimizer, self.out, self.seed = net, optimizer, out, seed
        self.averaged = {n: t.detach().clone() for n, t in net.state_dict().items()}
        self.begun = self.done = checkpoint.resume(
            self._checkpoint, net, self.averaged, optimizer
        )
        curve = self.out / "losses.json"
        rows = json.loads(curve.read_text()) if curve.is_file() else []
        self._rows = [tuple(row) for row in rows if row[0] < self.done]

    @property
    def _checkpoint(self) -> Path:
        return self.out / "checkpoint.safetensors"

    def run(
        self,
        lesson: Lesson,
        *,
        until: int,
        rate: Callable[[int], float],
        decay: float,
        since: int = 0,
    ) -> bool:
        """Steps up to ``until``; False where the reader stopped before.

        Parameters
        ----------
        rate: learning rate of a step. decay: of the averaged weights.
        since: the step from which on the average counts.
        """
        notes: list[dict[str, float]] = []
        with _asked_to_stop() as asked:
            while self.done < until and not asked:
                began = time.monotonic()
                for group in self.optimizer.param_groups:
                    group["lr"] = rate(self.done)
                self.optimizer.zero_grad()
                note = lesson(self.done, np.random.default_rng([self.seed, self.done]))
                nn.utils.clip_grad_norm_(self.net.parameters(), CLIPPED_AT)
                self.optimizer.step()
                follow(self.averaged, self.net, early(decay, self.done - since))
                seconds = time.monotonic() - began
                self._rows.append((self.done, note["loss"], seconds))
                notes = [*notes[1 - LOGGED_EVERY :], {**note, "seconds": seconds}]
                self.done += 1
                if self.done % LOGGED_EVERY == 0:
                    log.info("step %d/%d %s", self.done, until, _means(notes))
                if self.done % SAVED_EVERY == 0 or self.done == until or asked:
                    self._save()
        return self.done >= until

    def _save(self) -> None:
        checkpoint.save(
            self._checkpoint, self.net, self.averaged, self.optimizer, self.done
        )
        (self.out / "losses.json").write_text(json.dumps(self._rows))
        draw_losses(self._rows, self.out / "losses.png")


@contextmanager
def _asked_to_stop() -> Iterator[list[int]]:
    """A list that is filled by Ctrl-C."""
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda *_: asked.append(1))
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _means(notes: list[dict[str, float]]) -> str:
    found: dict[str, list[float]] = {}
    for note in notes:
        for name, value in note.items():
            found.setdefault(name, []).append(value)
    return ", ".join(f"{name} {np.mean(values):.4f}" for name, values in found.items())
