"""Losses for targets that know only some of the classes.

Shi, Zhang, Chen, Zhou, Xia, "Marginal loss and exclusion loss for partially supervised
multi-organ segmentation", Medical Image Analysis 70, 2021: what a data set does not
label is merged with its background (equations 1 to 4), so nothing is said of it.
"""

from __future__ import annotations

import torch

IGNORED = 255
"""Value of a target's pixels that no loss is taken of."""


def marginal_log_probability(
    logits: torch.Tensor, labelled: torch.Tensor
) -> torch.Tensor:
    """Log-probability of each labelled class, the others summed into channel 0.

    Parameters
    ----------
    logits: float (b, k, y, x). labelled: bool (b, k); channel 0 is taken as unlabelled
        background whatever it says.

    Returns
    -------
    (b, k, y, x); -inf where a class is not labelled. Sums to one in probability.
    """
    known = labelled.clone()
    known[:, 0] = False
    log_share = logits.log_softmax(dim=1)
    hidden = known[:, :, None, None]
    merged = log_share.masked_fill(hidden, -torch.inf).logsumexp(dim=1, keepdim=True)
    others = log_share[:, 1:].masked_fill(~hidden[:, 1:], -torch.inf)
    return torch.cat([merged, others], dim=1)


def marginal_loss(
    logits: torch.Tensor, target: torch.Tensor, labelled: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy plus soft Dice (one minus), both marginal, equally weighted.

    Parameters
    ----------
    logits: float (b, k, y, x). target: int64 (b, y, x), 0 where nothing labelled is,
        ``IGNORED`` where nothing is known.
    labelled: bool (b, k), which classes the targets of each image know.
    """
    log_share = marginal_log_probability(logits, labelled)
    counted = (target != IGNORED)[:, None]
    target = torch.where(counted, target[:, None], 0)
    entropy = -log_share.gather(1, target)[counted].sum() / counted.sum().clamp(min=1)
    share = log_share.exp()
    truth = torch.zeros_like(share).scatter_(1, target, 1.0)
    # Over the batch: slices without the class still count what is wrongly found there.
    known = (labelled[:, 1:, None, None] & counted).to(share.dtype)
    both = (known * share[:, 1:] * truth[:, 1:]).sum(dim=(0, 2, 3))
    either = (known * (share[:, 1:] + truth[:, 1:])).sum(dim=(0, 2, 3))
    seen = labelled[:, 1:].any(dim=0)
    dice = (2 * both + 1.0) / (either + 1.0)
    return entropy + 1 - dice[seen].mean()
