"""f-BRS: channel scales and biases that make the network agree with the marks.

Sofiiuk, Petrov, Barinova, Konushin, "f-BRS: Rethinking Backpropagating Refinement for
Interactive Segmentation", CVPR 2020. On a slice, features ``f`` before the last layers
become ``s·f + b``; (s, b) starts at (1, 0) and minimises the disagreement at the marks
plus ``λ(‖s − 1‖² + ‖b‖²)`` by L-BFGS. Weights never change.

Departs from the paper: the network is the pre-trained one that the other engines use,
so that methods are compared at equal networks, and it takes no click maps; several
labels at once, so the disagreement at a mark is its cross-entropy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch.nn import functional

from inference_worker.contract.errors import EngineFailed
from inference_worker.contract.marks import UNMARKED
from inference_worker.nets import BaseModel, load_model
from inference_worker.nets.labelled import Network, Weights
from inference_worker.nets.tail import crop_features, cut_network
from inference_worker.planar.engine import Look, PlanarEngine, Slice
from inference_worker.planar.logits import (
    mark_targets,
    marks_in_frame,
    shown_labels,
    window_around,
)

DEFAULTS: dict[str, float] = {
    "layers": 1,  # decoder blocks behind the scaled features
    "iterations": 20,
    "lambda": 1e-3,
    "margin": 16,
    "seed": 0,
}


class FeatureRefinement:
    """The method of a ``PlanarEngine``."""

    def __init__(self, base: BaseModel, settings: Mapping[str, float]) -> None:
        self.base = base
        self.settings = settings

    def __call__(self, look: Look) -> Iterator[Slice]:
        """Labels uint8 (y, x): the network's own, then those with (s, b)."""
        device = next(self.base.module.parameters()).device
        image = self.base.prepare(look.volume, look.index).to(device)
        features, tail = cut_network(
            self.base.module, image, int(self.settings["layers"])
        )
        names = [label.name for label in look.labels]
        network = Network(tail, self.base.classes, names)
        weights = network.initial()
        yield _shown(look, network, weights, features)
        said = marks_in_frame(look.said, self.base.frame_size(look.volume))
        if (said == UNMARKED).all():
            return
        rows, columns = window_around(said, int(self.settings["margin"]), tail.step)
        crop = Network(tail.cropped(rows, columns), self.base.classes, names)
        part = crop_features(features, tail, rows, columns)
        target, where = mark_targets(said[rows, columns], look.values, device)
        scale, bias = self._minimise(
            part, lambda moved: crop.logits(weights, moved), target, where
        )
        yield _shown(look, network, weights, features * scale + bias)

    def _minimise(
        self, features: torch.Tensor, logits: Any, target: Any, where: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(s, b), each (1, f, 1, 1)."""
        shape = (1, features.shape[1], 1, 1)
        scale = torch.ones(shape, device=features.device, requires_grad=True)
        bias = torch.zeros(shape, device=features.device, requires_grad=True)
        search = torch.optim.LBFGS(
            [scale, bias],
            max_iter=int(self.settings["iterations"]),
            tolerance_grad=1e-9,
            tolerance_change=1e-12,
            line_search_fn="strong_wolfe",
        )

        def disagreement() -> torch.Tensor:
            search.zero_grad()
            out = logits(features.float() * scale + bias)
            cost = functional.cross_entropy(out, target, reduction="none")
            apart = (scale - 1).square().sum() + bias.square().sum()
            loss = cost[where].mean() + self.settings["lambda"] * apart
            loss.backward()  # type: ignore[no-untyped-call]
            return loss.detach()

        search.step(disagreement)  # type: ignore[no-untyped-call]
        return scale.detach(), bias.detach()


@torch.no_grad()
def _shown(
    look: Look, network: Network, weights: Weights, features: torch.Tensor
) -> Slice:
    return shown_labels(look, network.logits(weights, features))


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> PlanarEngine:
    """The door that ``engines.build`` knocks at."""
    unknown = sorted(set(config) - set(DEFAULTS))
    if unknown:
        raise EngineFailed(
            "bad-config",
            f"“{unknown[0]}” is no setting of f-BRS; there are {', '.join(DEFAULTS)}.",
        )
    settings = DEFAULTS | {key: float(value) for key, value in config.items()}
    base = load_model(weights or "ct-abdomen", device)
    return PlanarEngine(name, FeatureRefinement(base, settings))
