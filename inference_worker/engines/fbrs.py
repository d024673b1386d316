"""f-BRS: channel scales and biases that make the network agree with the marks.

Sofiiuk, Petrov, Barinova, Konushin, "f-BRS: Rethinking Backpropagating Refinement for
Interactive Segmentation", CVPR 2020. On a slice, features ``f`` before the last layers
become ``s·f + b``; (s, b) starts at (1, 0) and minimises the disagreement at the marks
plus ``λ(‖s − 1‖² + ‖b‖²)`` by L-BFGS. Weights never change.

Departs from the paper: the network is the pre-trained one that the other engines use,
so that methods are compared at equal networks, and it takes no click maps; several
labels at once, so the disagreement at a mark is its cross-entropy; and it pays for
changing what was not marked (``planar.anchor``), which a network with click maps learns
not to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch.nn import functional

from inference_worker.contract.errors import EngineFailed
from inference_worker.contract.marks import UNMARKED
from inference_worker.nets import BaseModel, load_model
from inference_worker.nets.labelled import Network, Weights
from inference_worker.nets.tail import crop_features, cut_network
from inference_worker.planar.anchor import standing, strayed
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
    "anchor": 5.0,  # weight of staying as it was, away from marks that were not met
    "reach": 12.0,  # pixels from such a mark within which it need not
    "margin": 48,
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
        with torch.no_grad():
            before = crop.logits(weights, part).log_softmax(dim=1)
        unmet = where & (before.argmax(dim=1) != target)
        stands = standing(unmet, self.settings["reach"])

        def cost(scale: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
            logits = crop.logits(weights, part.float() * scale + bias)
            apart = functional.cross_entropy(logits, target, reduction="none")
            moved = (scale - 1).square().sum() + bias.square().sum()
            drift = strayed(logits, before, stands)
            return (
                apart[where].mean()
                + self.settings["lambda"] * moved
                + self.settings["anchor"] * drift
            )

        scale, bias = self._minimise(cost, part)
        yield _shown(look, network, weights, features * scale + bias)

    def _minimise(
        self,
        cost: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        features: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(s, b), each (1, f, 1, 1), where ``cost`` is least."""
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
            loss = cost(scale, bias)
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
