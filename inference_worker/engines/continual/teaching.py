"""Gradient steps: the turn's (equations 3.3-3.5) and those on accepted slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.engines.continual.augmentations import (
    Augmentations,
    pseudo_label,
)
from inference_worker.engines.continual.config import Config
from inference_worker.engines.continual.losses import (
    consistency_loss,
    follow,
    interactive_loss,
    number_of_augmentations,
    replay_loss,
    uncertain_ratio,
)
from inference_worker.nets.labelled import (
    Network,
    Weights,
    trained_names,
)


@dataclass(frozen=True)
class Window:
    """A crop of the working frame, rows and columns half open."""

    top: int
    bottom: int
    left: int
    right: int

    @staticmethod
    def whole(shape: tuple[int, ...]) -> Window:
        """All of a frame (h, w)."""
        return Window(0, shape[0], 0, shape[1])

    def cut(self, values: torch.Tensor) -> torch.Tensor:
        """The window of (…, h, w)."""
        return values[..., self.top : self.bottom, self.left : self.right]


def window_around(
    interest: NDArray[np.bool_], margin: int, multiple: int = 32
) -> Window:
    """The box of ``interest`` (h, w) and a margin, sides multiples where they fit."""
    rows, columns = interest.shape
    if not interest.any():
        return Window(0, rows, 0, columns)
    spans = []
    for axis, side in ((1, rows), (0, columns)):
        where = np.flatnonzero(interest.any(axis=axis))
        low, high = int(where[0]) - margin, int(where[-1]) + 1 + margin
        wanted = min(-(-(high - low) // multiple) * multiple, side)
        low = min(max((low + high - wanted) // 2, 0), side - wanted)
        spans.append((low, low + wanted))
    return Window(*spans[0], *spans[1])


class Steps:
    """A student on its way: an optimiser over its weights, a teacher that follows."""

    def __init__(
        self,
        network: Network,
        config: Config,
        student: Weights,
        teacher: Weights,
        start: Weights,
        rate: float,
    ) -> None:
        self.network = network
        self.config = config
        self.start = start
        names = trained_names(
            network.module, student, config.trained, config.batch_norm != "fixed"
        )
        self.leaves = {n: student[n].detach().clone().requires_grad_() for n in names}
        self.student: Weights = {**student, **self.leaves}
        self.teacher: Weights = {
            n: w.clone() if n in self.leaves else w for n, w in teacher.items()
        }
        quick = [w for n, w in self.leaves.items() if n.startswith("new.")]
        rest = [w for n, w in self.leaves.items() if not n.startswith("new.")]
        groups = [{"params": rest, "lr": rate}]
        if quick:
            groups.append({"params": quick, "lr": rate * config.new_rate})
        kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.SGD
        self.optimizer: torch.optim.Optimizer = kind(groups, lr=rate)

    def logits(self, image: torch.Tensor) -> torch.Tensor:
        """The student's, (b, 1 + labels, h, w)."""
        return self.network.logits(
            self.student, image, slice_statistics=self.config.batch_norm == "train"
        )

    def take(self, loss: torch.Tensor) -> None:
        """One step down ``loss``, then the moving average (3.5)."""
        config = self.config
        self.optimizer.zero_grad()
        leaves = list(self.leaves.values())
        torch.autograd.backward(loss)
        if config.gradient_max:
            torch.nn.utils.clip_grad_norm_(leaves, config.gradient_max)
        self.optimizer.step()
        if config.distance_max:
            self._stay_near()
        if not config.ema_once:
            follow(self.teacher, self.leaves, config.alpha)

    def _stay_near(self) -> None:
        """Pull the weights back to ``distance_max`` of the base model's norm."""
        with torch.no_grad():
            moved, size = 0.0, 0.0
            old = {n: w for n, w in self.leaves.items() if not n.startswith("new.")}
            for name, weight in old.items():
                moved += float(((weight - self.start[name]) ** 2).sum())
                size += float((self.start[name] ** 2).sum())
            bound = self.config.distance_max * size**0.5
            if moved**0.5 > bound:
                share = bound / moved**0.5
                for name, weight in old.items():
                    weight.copy_(self.start[name].lerp(weight, share))

    def results(self) -> tuple[Weights, Weights]:
        """Student and teacher, at rest."""
        if self.config.ema_once:
            follow(self.teacher, self.leaves, self.config.alpha)
        student = {n: w.detach() for n, w in self.student.items()}
        return student, dict(self.teacher)


def pseudo_of(
    network: Network,
    config: Config,
    weights: Weights,
    image: torch.Tensor,
    generator: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """``ȳ_T`` (1, c, h, w) and ``v`` (h, w) of a slice, by ``weights``."""
    number = config.augmentations
    if not number:
        with torch.no_grad():
            sure = network.logits(weights, image).softmax(dim=1)
        ratio = uncertain_ratio(sure, config.uncertain_low, config.uncertain_high)
        number = number_of_augmentations(ratio, config.augmentations_max)
    ways = Augmentations(config.noise, config.blur, config.inversion)
    return pseudo_label(
        lambda part: network.logits(weights, part),
        ways.make(image, number, generator),
        config.temperature,
        config.variance_max,
    )


def turn_steps(
    steps: Steps,
    image: torch.Tensor,
    pseudo: tuple[torch.Tensor, torch.Tensor] | None,
    labels: torch.Tensor,
    marked: torch.Tensor,
) -> Iterator[int]:
    """The steps of a turn with marks, ``L_consistency + γ L_interactive`` (4.1).

    Yields the number of steps taken after each.
    """
    config = steps.config
    for step in range(config.steps):
        logits = steps.logits(image)
        loss = config.gamma * interactive_loss(logits, labels, marked, config.reduction)
        if pseudo is not None:
            loss = loss + consistency_loss(logits, *pseudo, config.reduction)
        steps.take(loss)
        yield step + 1


def replay_steps(
    steps: Steps,
    images: Sequence[torch.Tensor],
    targets: Sequence[torch.Tensor],
    generator: torch.Generator,
) -> Iterator[int]:
    """Steps on accepted slices, the newest in every batch, the others in turn.

    Parameters
    ----------
    images: (1, c, h, w) each, the newest last. targets: int64 (1, h, w) each.
    """
    config = steps.config
    newest = len(images) - 1
    order: list[int] = []
    for step in range(config.replay_steps):
        batch = [newest]
        while len(batch) < min(config.replay_batch, len(images)):
            if not order:
                order = torch.randperm(newest, generator=generator).tolist()
            batch.append(order.pop())
        logits = steps.logits(torch.cat([images[i] for i in batch]))
        labels = torch.cat([targets[i] for i in batch])
        weight = torch.ones_like(labels, dtype=torch.float32)
        steps.take(replay_loss(logits, labels, weight))
        yield step + 1
