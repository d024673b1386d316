"""What is known of a slice before the reader marks it: network and neighbours.

Evidence is kept as log-odds against background, float32 (labels, h, w) in the working
frame: 0 is as likely as background.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.engines.continual.config import Config
from inference_worker.engines.continual.prior import PRIORS, nearest, spatial_prior
from inference_worker.engines.continual.state import State
from inference_worker.nets.labelled import Weights

Odds = NDArray[np.float32]

UNSEEN = -4.0
"""Log-odds of a label that neither the network nor a neighbour knows anything of."""

_LEAST = 0.02
"""No neighbour rules a label out by more than this, shared between the labels."""


def network_odds(state: State, weights: Weights, index: int) -> Odds:
    """The network's own, (labels, h, w)."""
    with torch.no_grad():
        logits = state.network.logits(weights, state.frame.image(index))[0]
    return np.asarray((logits[1:] - logits[:1]).cpu().numpy(), dtype=np.float32)


def prior_odds(state: State, config: Config, index: int) -> Odds | None:
    """What the nearest accepted slices say, (labels, h, w); None without any."""
    if config.prior == "none":
        return None
    masks = {}
    for z in nearest(index, state.accepted):
        shown = state.pages[z].shown
        if shown is not None:
            shares = state.frame.soft_masks(shown, state.channels)
            masks[z] = np.asarray(shares[0].cpu().numpy())
    if not masks:
        return None
    move = PRIORS[config.prior]
    moved = {
        z: move(mask, state.frame.grey(z), state.frame.grey(index))
        for z, mask in masks.items()
    }
    prior = spatial_prior(moved, index, config.prior_blur)
    gap = min(abs(z - index) for z in masks)
    least = min(_LEAST * gap, 0.5)
    share = np.log(prior * (1 - least) + least / len(prior))
    return np.asarray(share[1:] - share[:1], dtype=np.float32)


def fused(
    network: Odds, prior: Odds | None, trust: Sequence[float], fresh: Sequence[int]
) -> Odds:
    """Neighbours' evidence plus the network's, by how far each label may trust it.

    Parameters
    ----------
    trust: per label, the factor on the network's log-odds beside a prior.
    fresh: labels without a channel of their own in the base model.
    """
    if prior is None:
        return network
    odds = prior.copy()
    for label, factor in enumerate(trust):
        own = network[label]
        if label in fresh:
            # Its channel starts at UNSEEN, which says nothing against a neighbour.
            own = own - UNSEEN
        odds[label] += factor * own
    return odds
