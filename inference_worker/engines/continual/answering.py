"""The mask of a slice from what is at hand: network, neighbours, boxes, strokes."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.contract.marks import UNMARKED
from inference_worker.engines.continual.config import Config
from inference_worker.engines.continual.fill import geodesic_distance
from inference_worker.engines.continual.memory import (
    Page,
    boxes_on,
    fixed_labels,
    stroke_covers,
)
from inference_worker.engines.continual.network import Weights
from inference_worker.engines.continual.prior import nearest, spatial_prior, warped
from inference_worker.engines.continual.state import State

_OUTSIDE_BOX = -12.0
"""Added to a label's log-probability outside the boxes that enclose it."""

_LEAST = 0.02
"""No prior rules a class out by more than this."""


def answer(
    state: State, config: Config, weights: Weights, index: int
) -> tuple[NDArray[np.uint8], torch.Tensor]:
    """Labels (y, x) of slice ``index``, and probabilities (1, 1 + labels, y, x)."""
    page = state.pages.get(index, Page())
    if page.accepted and page.shown is not None:
        shares = state.frame.full_masks(page.shown, state.channels)
        return page.shown, shares
    evidence = network_evidence(state, config, weights, index)
    evidence = evidence + prior_evidence(state, config, index)
    evidence = evidence + mark_evidence(state, config, page, index)
    probability = state.frame.enlarge(evidence.softmax(dim=1))
    values = np.array([0, *(label.value for label in state.labels)], dtype=np.uint8)
    labels = values[probability[0].argmax(dim=0).cpu().numpy()]
    fixed = fixed_labels(page.prompts, index, state.frame.shape)
    said = fixed != UNMARKED
    labels[said] = fixed[said]
    return labels, probability


def network_evidence(
    state: State, config: Config, weights: Weights, index: int
) -> torch.Tensor:
    """Log-probabilities (1, 1 + labels, h, w) of the network alone."""
    with torch.no_grad():
        logits = state.network.logits(weights, state.frame.image(index))
    return logits.log_softmax(dim=1)


def prior_evidence(state: State, config: Config, index: int) -> torch.Tensor:
    """Weighted log of the spatial prior (1, 1 + labels, h, w); 0 without neighbours."""
    accepted = {z: state.pages[z] for z in state.accepted}
    masks = {}
    for z in nearest(index, accepted):
        shown = accepted[z].shown
        if config.prior == "none" or shown is None:
            continue
        mask = state.frame.soft_masks(shown, state.channels)
        if config.prior == "warped":
            mask = warped(mask, state.frame.grey(z), state.frame.grey(index))
        masks[z] = mask
    if not masks:
        return torch.zeros(1, 1 + len(state.labels), *state.frame.size)
    prior = spatial_prior(masks, index, config.prior_blur)
    return config.prior_weight * (prior * (1 - _LEAST) + _LEAST).log()


def mark_evidence(state: State, config: Config, page: Page, index: int) -> torch.Tensor:
    """What boxes forbid and strokes spread, (1, 1 + labels, h, w)."""
    evidence = np.zeros((1 + len(state.labels), *state.frame.size), dtype=np.float32)
    boxes = boxes_on(page.prompts, index, state.frame.shape)
    for label, inside in boxes.items():
        if label:
            channel = state.channels[label]
            evidence[channel][~state.frame.shrink(inside)] += _OUTSIDE_BOX
    if config.fill == "geodesic":
        grey = state.frame.grey(index)
        covers = stroke_covers(page.prompts, index, state.frame.shape)
        for label, cover in covers.items():
            distance = geodesic_distance(
                state.frame.shrink(cover), grey, config.fill_contrast
            )
            near = np.exp(-((distance / config.fill_reach) ** 2))
            channel = state.channels[label] if label else 0
            evidence[channel] += config.fill_weight * near
    return torch.from_numpy(evidence)[None].to(state.frame.device)
