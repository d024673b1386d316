"""U-Net: Ronneberger, Fischer, Brox, "U-Net", MICCAI 2015.

Departs from the paper: the contracting path is a ResNet encoder, convolutions are
padded and batch-normed, and upsampling is nearest-neighbour; this is the ``Unet`` of
segmentation-models-pytorch, whose state-dict names it keeps. Depth 4 with decoder
256/128/64/32 is the network of the continual-adaptation thesis (methods, section 1).
"""

from collections.abc import Sequence

import torch
from torch import nn

from inference_worker.nets.resnet import ResNetEncoder
from inference_worker.nets.segmenter import DecoderBlock, Segmenter


class UNetDecoder(nn.Module):
    def __init__(self, encoder: Sequence[int], decoder: Sequence[int]) -> None:
        super().__init__()
        skips = [*encoder[-2:0:-1], 0]
        fans = [encoder[-1], *decoder[:-1]]
        self.blocks = nn.ModuleList(
            DecoderBlock(*block) for block in zip(fans, skips, decoder, strict=True)
        )

    def forward(self, *features: torch.Tensor) -> torch.Tensor:
        """Encoder features, finest first → (b, decoder[-1], y, x)."""
        x, skips = features[-1], features[-2:0:-1]
        for i, block in enumerate(self.blocks):
            x = block(x, skips[i] if i < len(skips) else None)
        return x


class UNet(Segmenter):
    """Image (b, channels, y, x) → logits (b, classes, y, x)."""

    def __init__(
        self,
        encoder: ResNetEncoder,
        classes: int,
        decoder: Sequence[int] = (256, 128, 64, 32),
    ) -> None:
        super().__init__()
        if len(decoder) != encoder.depth:
            raise ValueError(
                f"{len(decoder)} decoder widths for an encoder of depth {encoder.depth}"
            )
        self.multiple = encoder.stride
        self.encoder = encoder
        self.decoder = UNetDecoder(encoder.channels, decoder)
        self.segmentation_head = nn.Sequential(
            nn.Conv2d(decoder[-1], classes, 3, padding=1)
        )
