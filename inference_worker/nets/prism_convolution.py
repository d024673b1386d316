"""A 3D convolution that is as fast for one image as for several.

On one CPU thread PyTorch 2.13 takes a plain loop for a batch of one and oneDNN for two:
for 8 channels at 48³ 0.10 s against 0.006 s an image (one core, measured alike). The
engine asks for one crop at a time, so it calls oneDNN by name.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Conv3d(nn.Conv3d):
    """``torch.nn.Conv3d`` without its slow path."""

    def forward(self, input: Tensor) -> Tensor:
        direct = (
            len(input) == 1
            and input.device.type == "cpu"
            and input.dtype == self.weight.dtype == torch.float32
            and not torch.is_grad_enabled()
            and not torch.is_autocast_enabled("cpu")
            and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        )
        if not direct:
            return super().forward(input)
        found: Tensor = torch.mkldnn_convolution(
            input,
            self.weight,
            self.bias,
            [side for side in self.padding if isinstance(side, int)],
            self.stride,
            self.dilation,
            self.groups,
        )
        return found
