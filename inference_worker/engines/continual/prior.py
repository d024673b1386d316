"""What the nearest accepted slices say of a slice not seen yet."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.engines.continual.augmentations import blurred

Floats = NDArray[np.float32]


def nearest(index: int, accepted: Mapping[int, object]) -> list[int]:
    """The accepted slices next to ``index`` below and above, the nearer first."""
    below = [z for z in accepted if z < index]
    above = [z for z in accepted if z > index]
    found = [max(below)] if below else []
    found += [min(above)] if above else []
    return sorted(found, key=lambda z: (abs(z - index), z))


def spatial_prior(
    masks: Mapping[int, torch.Tensor], index: int, blur: float
) -> torch.Tensor:
    """Blurred masks of neighbouring slices, the nearer counting more.

    Parameters
    ----------
    masks: slice → (1, c, h, w) shares of every output channel.
    blur: standard deviation in pixels for the next slice; farther ones blur more.

    Returns
    -------
    (1, c, h, w), summing to 1 over ``c``.
    """
    weights = {z: 1 / abs(z - index) for z in masks}
    total = sum(weights.values())
    parts = [
        blurred(mask, blur * abs(z - index) ** 0.5) * (weights[z] / total)
        for z, mask in masks.items()
    ]
    return torch.stack(parts).sum(dim=0)


def warped(mask: torch.Tensor, source: Floats, target: Floats) -> torch.Tensor:
    """``mask`` moved as the image moves from slice ``source`` to slice ``target``.

    Dense inverse search flow (Kroeger et al., ECCV 2016).

    Parameters
    ----------
    mask: (1, c, h, w). source, target: float32 (h, w) in [0, 1].
    """
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    there, here = ((image * 255).astype(np.uint8) for image in (source, target))
    still = np.zeros((*target.shape, 2), dtype=np.float32)
    field = np.asarray(search.calc(here, there, still))
    rows, columns = target.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    at = np.stack(
        [
            2 * (x + field[..., 0] + 0.5) / columns - 1,
            2 * (y + field[..., 1] + 0.5) / rows - 1,
        ],
        axis=-1,
    )
    grid = torch.from_numpy(at)[None].to(mask.device)
    return torch.nn.functional.grid_sample(
        mask, grid, padding_mode="border", align_corners=False
    )
