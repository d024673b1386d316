"""DeepLabV3: Chen, Papandreou, Schroff, Adam, "Rethinking atrous convolution for
semantic image segmentation", arXiv:1706.05587, 2017.

Departs from the paper: the encoder ends after its third residual stage (depth 4) at
output stride 8, and dropout is 0.1. State-dict names are those of ``DeepLabV3`` of
segmentation-models-pytorch.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from inference_worker.nets.resnet import ResNetEncoder
from inference_worker.nets.segmenter import ConvBlock, Segmenter


class ImagePooling(nn.Sequential):
    """Image-level features (section 3.3), entries 0 to 3."""

    def __init__(self, fan_in: int, fan_out: int) -> None:
        super().__init__(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(fan_in, fan_out, 1, bias=False),
            nn.BatchNorm2d(fan_out),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, columns = x.shape[-2:]
        for layer in self:
            x = layer(x)
        return x.expand(-1, -1, rows, columns)


class AtrousPyramid(nn.Module):
    """Atrous spatial pyramid pooling with batch norm (section 3.3, figure 5)."""

    def __init__(self, fan_in: int, fan_out: int, rates: Sequence[int]) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [
                ConvBlock(fan_in, fan_out, 1),
                *[ConvBlock(fan_in, fan_out, dilation=rate) for rate in rates],
                ImagePooling(fan_in, fan_out),
            ]
        )
        self.project = nn.Sequential(
            *ConvBlock((2 + len(rates)) * fan_out, fan_out, 1), nn.Dropout(0.1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.project(
            torch.cat([branch(x) for branch in self.convs], dim=1)
        )
        return y


class DeepLabV3Decoder(nn.Sequential):
    def __init__(self, fan_in: int, fan_out: int, rates: Sequence[int]) -> None:
        super().__init__(
            AtrousPyramid(fan_in, fan_out, rates), *ConvBlock(fan_out, fan_out)
        )

    def forward(self, *features: torch.Tensor) -> torch.Tensor:
        """Encoder features, finest first → (b, fan_out, y / 8, x / 8)."""
        x = features[-1]
        for layer in self:
            x = layer(x)
        return x


class Enlarge(nn.Module):
    """Bilinear enlargement by a whole factor; keeps no weights."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.interpolate(
            x, scale_factor=float(self.factor), mode="bilinear", align_corners=False
        )


class DeepLabV3(Segmenter):
    """Image (b, channels, y, x) → logits (b, classes, y, x).

    ``encoder`` must have been built with an ``output_stride``; the paper's rates
    (12, 24, 36) belong to output stride 8, (6, 12, 18) to 16.
    """

    def __init__(
        self,
        encoder: ResNetEncoder,
        classes: int,
        decoder: int = 256,
        rates: Sequence[int] = (12, 24, 36),
    ) -> None:
        super().__init__()
        self.multiple = encoder.stride
        self.encoder = encoder
        self.decoder = DeepLabV3Decoder(encoder.channels[-1], decoder, rates)
        self.segmentation_head = nn.Sequential(
            nn.Conv2d(decoder, classes, 1), Enlarge(encoder.stride)
        )
