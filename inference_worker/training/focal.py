"""The normalised focal loss of click networks."""

from __future__ import annotations

import torch


def normalised_focal_loss(
    logits: torch.Tensor, target: torch.Tensor, gamma: float = 2.0
) -> torch.Tensor:
    """Focal weights that add up to the number of pixels of each image.

    Sofiiuk, Barinova, Konushin, "AdaptIS", ICCV 2019, equation 3: the focal loss of
    one target, its weights (1 − p_t)^γ divided by their mean over the image, through
    which no gradient flows.

    Parameters
    ----------
    logits: (b, y, x) of the target. target: bool (b, y, x).

    Returns
    -------
    The mean over all pixels, a scalar.
    """
    signed = torch.where(target, logits, -logits)
    log_share = torch.nn.functional.logsigmoid(signed)
    weight = (1 - log_share.exp()).pow(gamma)
    mean = weight.mean(dim=(1, 2), keepdim=True).clamp_min(1e-8)
    return -(weight / mean.detach() * log_share).mean()
