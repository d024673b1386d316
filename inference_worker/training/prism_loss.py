"""The losses of PRISM: structure, boundary and confidence, 1 : 10 : 1.

Li et al., "PRISM", MICCAI 2024, section 2, "Confidence learning" and "Corrective
learning". Masks are (b, M, z, y, x) logits, truth float (b, 1, z, y, x).
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

STRUCTURE, BOUNDARY, REGRESSION = 1.0, 10.0, 1.0


def dice_loss(masks: Tensor, truth: Tensor) -> Tensor:
    """1 − soft Dice of every mask: (b, M)."""
    share = masks.sigmoid()
    axes = (2, 3, 4)
    both = (share * truth).sum(axes)
    sides = share.sum(axes) + truth.sum(axes)
    return 1 - (2 * both + 1) / (sides + 1)


def structure_loss(masks: Tensor, truth: Tensor) -> Tensor:
    """L_s = L_Dice + L_CE of every mask: (b, M)."""
    entropy = functional.binary_cross_entropy_with_logits(
        masks, truth.expand_as(masks), reduction="none"
    )
    return dice_loss(masks, truth) + entropy.mean(dim=(2, 3, 4))


def boundary(share: Tensor) -> Tensor:
    """B(m) = |m − avgpool(m)|."""
    return (share - functional.avg_pool3d(share, 3, stride=1, padding=1)).abs()


def boundary_loss(masks: Tensor, truth: Tensor) -> Tensor:
    """L_b = MSE(B(m), B(y)) of every mask: (b, M)."""
    difference = boundary(masks.sigmoid()) - boundary(truth)
    return difference.square().mean(dim=(2, 3, 4))


def mask_loss(masks: Tensor, truth: Tensor) -> Tensor:
    """λ_s L_s + λ_b L_b, over batch and masks: a scalar (L_cor for one mask)."""
    structure = STRUCTURE * structure_loss(masks, truth)
    return (structure + BOUNDARY * boundary_loss(masks, truth)).mean()


def confidence_loss(scores: Tensor, masks: Tensor, truth: Tensor) -> Tensor:
    """λ_r MSE(s_j, 1 − L_Dice(m_j, y)), over batch and masks: a scalar."""
    reached = 1 - dice_loss(masks, truth).detach()
    return REGRESSION * (scores - reached).square().mean()
