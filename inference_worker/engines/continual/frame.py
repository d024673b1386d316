"""Between a slice of the volume and the frame the network works in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from inference_worker.contract.engine import Volume
from inference_worker.nets import BaseModel

_KEPT = 32
"""Slices kept ready in the working frame."""


class Frame:
    """Slices (y, x) of one volume, and what the network sees of them (h, w)."""

    def __init__(self, base: BaseModel, volume: Volume, device: torch.device) -> None:
        self.base = base
        self.volume = volume
        self.device = device
        self.shape = (volume.shape[1], volume.shape[2])
        self.size = base.frame_size(volume)
        # Read-only and always the same, so steps that never happen may fill them.
        self._image = lru_cache(_KEPT)(self._read)
        self._grey = lru_cache(_KEPT)(self._intensity)

    def image(self, index: int) -> torch.Tensor:
        """The network's input for slice ``index``: float32 (1, c, h, w)."""
        return self._image(index)

    def grey(self, index: int) -> NDArray[np.float32]:
        """The slice as one intensity in [0, 1], float32 (h, w)."""
        return self._grey(index)

    def _read(self, index: int) -> torch.Tensor:
        return self.base.prepare(self.volume, index).to(self.device)

    def _intensity(self, index: int) -> NDArray[np.float32]:
        image = self.image(index).mean(dim=1)[0].cpu().numpy()
        low, high = np.percentile(image, (0.5, 99.5))
        scaled = (image - low) / max(float(high - low), 1e-6)
        return np.asarray(np.clip(scaled, 0, 1), dtype=np.float32)

    def shrink(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask (y, x) in the frame: every pixel that holds any of it."""
        soft = torch.from_numpy(mask.astype(np.float32))[None, None]
        size = self.size
        if self.shape == size:
            return mask
        if size[0] <= self.shape[0] and size[1] <= self.shape[1]:
            soft = F.adaptive_max_pool2d(soft, size)
        else:
            soft = F.interpolate(soft, size=size, mode="nearest-exact")
        return np.asarray(soft[0, 0].numpy() > 0)

    def full_masks(
        self, labels: NDArray[np.uint8], channels: Mapping[int, int]
    ) -> torch.Tensor:
        """Labels (y, x) as one-hot (1, 1 + labels, y, x)."""
        masks = np.zeros((1 + len(channels), *self.shape), dtype=np.float32)
        for value, channel in channels.items():
            masks[channel] = labels == value
        masks[0] = 1 - masks[1:].sum(axis=0)
        return torch.from_numpy(masks)[None].to(self.device)

    def soft_masks(
        self, labels: NDArray[np.uint8], channels: Mapping[int, int]
    ) -> torch.Tensor:
        """Labels (y, x) as shares (1, 1 + labels, h, w) of every output channel."""
        return self._resized(self.full_masks(labels, channels), self.size)

    def _resized(self, values: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        if values.shape[-2:] == size:
            return values
        smaller = size[0] <= values.shape[-2] and size[1] <= values.shape[-1]
        return F.interpolate(
            values,
            size=size,
            mode="bilinear",
            align_corners=False,
            antialias=smaller,
        )
