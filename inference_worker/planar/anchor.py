"""What the reader did not object to should stay as it was.

A few marks say little about the rest of a slice, and last layers that are bent until
the marks are met change all of it: over the development patients whole organs went for
one small erasing stroke. So both methods that bend them also pay for the divergence of
their output from the one before, except near marks that it did not meet.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage


def standing(violated: torch.Tensor, reach: float) -> torch.Tensor:
    """How much each pixel should stay: 0 at unmet marks, 1 far from them.

    Parameters
    ----------
    violated: bool (1, y, x). reach: pixels; at this distance it is 0.39.

    Returns
    -------
    float32 (1, y, x).
    """
    if not violated.any():
        return torch.ones(violated.shape, device=violated.device)
    away = ndimage.distance_transform_edt(~violated[0].cpu().numpy())
    stands = 1 - np.exp(-0.5 * np.square(away / reach))
    return torch.from_numpy(stands.astype(np.float32))[None].to(violated.device)


def strayed(
    logits: torch.Tensor, before: torch.Tensor, stands: torch.Tensor
) -> torch.Tensor:
    """Mean divergence KL(before ‖ now) over pixels, weighted; a scalar.

    Parameters
    ----------
    logits: (1, k, y, x). before: log-shares of that shape. stands: (1, y, x).
    """
    now = logits.log_softmax(dim=1)
    apart = (before.exp() * (before - now)).sum(dim=1)
    return (stands * apart).sum() / stands.sum().clamp_min(1.0)
