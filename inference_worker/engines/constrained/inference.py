"""Algorithm 1 on one slice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from inference_worker.contract.marks import UNMARKED
from inference_worker.engines.constrained.config import Config
from inference_worker.engines.constrained.growing import grow_marks
from inference_worker.nets import BaseModel
from inference_worker.nets.labelled import Network, Weights
from inference_worker.nets.tail import Tail, crop_features, cut_network
from inference_worker.planar.anchor import standing, strayed
from inference_worker.planar.engine import Look, Slice
from inference_worker.planar.logits import (
    mark_targets,
    marks_in_frame,
    shown_labels,
    window_around,
)


class Constrained:
    """The method of a ``PlanarEngine``: what the pre-trained model sees, then what it
    sees once the marks are met."""

    def __init__(self, base: BaseModel, config: Config) -> None:
        self.base = base
        self.config = config

    def __call__(self, look: Look) -> Iterator[Slice]:
        """Labels uint8 (y, x): at once those of ``W``, then those of ``W_λ``."""
        device = next(self.base.module.parameters()).device
        image = self.base.prepare(look.volume, look.index).to(device)
        entering, tail = cut_network(self.base.module, image, self.config.layers)
        names = [label.name for label in look.labels]
        network = Network(tail, self.base.classes, names)
        weights = network.initial()
        yield self._shown(look, network, weights, entering)
        said = self._marks(look)
        if (said != UNMARKED).any():
            moved = self._descend(look, tail, entering, weights, said)
            yield self._shown(look, network, moved, entering)

    @staticmethod
    @torch.no_grad()
    def _shown(
        look: Look, network: Network, weights: Weights, entering: torch.Tensor
    ) -> Slice:
        return shown_labels(look, network.logits(weights, entering))

    def _marks(self, look: Look) -> NDArray[np.uint8]:
        """Labels of marked pixels in the network's frame, grown where asked for."""
        said = look.said
        if self.config.grow:
            grey = look.grey
            said = grow_marks(said, grey, self.config.threshold, self.config.grow_most)
        return marks_in_frame(said, self.base.frame_size(look.volume))

    def _descend(
        self,
        look: Look,
        tail: Tail,
        entering: torch.Tensor,
        start: Weights,
        said: NDArray[np.uint8],
    ) -> Weights:
        """W_λ, from W, on a crop around the marks."""
        config = self.config
        rows, columns = window_around(said, config.margin, tail.step)
        crop = tail.cropped(rows, columns)
        names = [label.name for label in look.labels]
        network = Network(crop, self.base.classes, names)
        features = crop_features(entering, tail, rows, columns)
        target, where = mark_targets(said[rows, columns], look.values, features.device)
        with torch.no_grad():
            before = network.logits(start, features).log_softmax(dim=1)
        stands = standing(_violation(before, target, where) > 0, config.reach)
        weights, best, lowest = dict(start), dict(start), float("inf")
        for iteration in range(config.iterations + 1):
            free = {n: w.detach().requires_grad_(True) for n, w in weights.items()}
            logits = network.logits(free, features)  # y ← f(x; W_λ)
            violation = _violation(logits, target, where)  # g, pixel by pixel
            if not (violation > 0).any():
                return weights
            drift = strayed(logits, before, stands)
            cost = float(violation[where].mean() + config.anchor * drift.detach())
            if cost < lowest:
                best, lowest = weights, cost
            if iteration == config.iterations:
                break
            loss = self._score(logits, target, where, violation)
            loss = loss + config.anchor * drift
            gradients = torch.autograd.grad(loss, list(free.values()))
            weights = self._update(free, dict(zip(free, gradients, strict=True)), start)
        return best

    def _score(
        self,
        logits: torch.Tensor,
        target: torch.Tensor,
        where: torch.Tensor,
        violation: torch.Tensor,
    ) -> torch.Tensor:
        """What descends: its gradient is the first term of ∇."""
        log_share = logits.log_softmax(dim=1)
        if self.config.gradient == "cross-entropy":
            wanted = log_share.gather(1, target[:, None])[:, 0]
            return -wanted[where].mean()
        # Ψ, the log-likelihood of the model's own output ŷ, which stands still
        score = log_share.gather(1, logits.argmax(dim=1, keepdim=True))[:, 0]
        if self.config.scope == "image":
            return violation[where].mean() * score.mean()
        return (violation * score)[where].mean()

    def _update(self, free: Weights, gradients: Weights, start: Weights) -> Weights:
        """W_λ ← W_λ − η ∇, the second term of ∇ drawing W_λ back to W."""
        config = self.config
        squares = torch.stack(
            [(free[n] - start[n]).detach().square().sum() for n in free]
        )
        distance = squares.sum().sqrt().clamp_min(1e-12)  # at W itself: no pull
        moved = {}
        for name, weight in free.items():
            pull = (weight.detach() - start[name]) / distance
            step = gradients[name] + config.alpha * pull
            moved[name] = weight.detach() - config.learning_rate * step
        return moved


def _violation(
    logits: torch.Tensor, target: torch.Tensor, where: torch.Tensor
) -> torch.Tensor:
    """g at every pixel (b, y, x): the cross-entropy of a violated mark, 0 elsewhere."""
    cost = functional.cross_entropy(logits, target, reduction="none").detach()
    violated = where & (logits.argmax(dim=1) != target)
    return cost * violated
