"""A U-Net that is told where the clicks are and what it answered last.

Sofiiuk, Petrov, Konushin, "Reviving iterative training with mask guidance for
interactive segmentation", ICIP 2022 (RITM): click maps and the previous mask enter
beside the image. They are fused into the image by two convolutions before the backbone
(section 3.1, "distance maps fusion"), whose last layer starts at zero, so that an
untrained fusion leaves a pre-trained backbone as it is.
"""

from collections.abc import Sequence

import torch
from torch import nn

from inference_worker.nets.resnet import ResNetEncoder
from inference_worker.nets.unet import UNet

GUIDES = 3
"""Maps of positive and negative marks, and the previous mask."""


class GuidedUNet(UNet):
    """Image and guidance → logits of background and target (b, 2, y, x)."""

    def __init__(
        self,
        encoder: ResNetEncoder,
        channels: int,
        classes: int = 2,
        decoder: Sequence[int] = (256, 128, 64, 32),
    ) -> None:
        super().__init__(encoder, classes, decoder)
        last = nn.Conv2d(16, channels, 3, padding=1, bias=False)
        nn.init.zeros_(last.weight)
        self.fuse = nn.Sequential(
            nn.Conv2d(channels + GUIDES, 16, 3, padding=1), nn.LeakyReLU(0.2), last
        )

    def forward(
        self, image: torch.Tensor, guidance: torch.Tensor | None = None
    ) -> torch.Tensor:
        """``image``: (b, c, y, x); ``guidance``: (b, 3, y, x) in [0, 1], else none."""
        if guidance is None:
            rows, columns = image.shape[-2:]
            guidance = image.new_zeros(len(image), GUIDES, rows, columns)
        told = self.fuse(torch.cat([image, guidance], dim=1))
        return super().forward(image + told)
