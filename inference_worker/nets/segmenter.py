"""What the networks of this room share: the cut between features and head."""

import torch
import torch.nn.functional as F
from torch import nn


class Segmenter(nn.Module):
    """An encoder, a decoder and a ``segmentation_head``, image → logits.

    Engines that relearn only the last layers may use ``forward_features`` and ``head``
    (``forward`` is one after the other); engines that know nothing of the architecture
    call the module.
    """

    encoder: nn.Module
    decoder: nn.Module
    segmentation_head: nn.Module
    multiple: int
    """Image sides ``forward_features`` takes are multiples of this."""

    @property
    def head(self) -> nn.Module:
        """The last layer: features (b, f, y', x') → logits (b, classes, y, x)."""
        return self.segmentation_head

    def forward_features(self, image: torch.Tensor) -> torch.Tensor:
        """``image``: (b, c, y, x) → penultimate features (b, f, y', x').

        Raises
        ------
        ValueError: a side of the image is no multiple of ``self.multiple``.
        """
        rows, columns = image.shape[-2:]
        if rows % self.multiple or columns % self.multiple:
            raise ValueError(
                f"image of {rows}x{columns}: sides must be multiples of "
                f"{self.multiple} (forward() pads, forward_features() does not)"
            )
        features: torch.Tensor = self.decoder(*self.encoder(image))
        return features

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """``image``: float (b, c, y, x), any size → logits (b, classes, y, x)."""
        rows, columns = image.shape[-2:]
        below, right = -rows % self.multiple, -columns % self.multiple
        if below or right:
            image = F.pad(image, (0, right, 0, below), mode="replicate")
        logits: torch.Tensor = self.head(self.forward_features(image))
        return logits[..., :rows, :columns]


class ConvBlock(nn.Sequential):
    """3x3 (or ``size``) convolution, batch norm, ReLU; entries 0, 1, 2."""

    def __init__(
        self, fan_in: int, fan_out: int, size: int = 3, dilation: int = 1
    ) -> None:
        padding = dilation * (size // 2)
        super().__init__(
            nn.Conv2d(
                fan_in, fan_out, size, padding=padding, dilation=dilation, bias=False
            ),
            nn.BatchNorm2d(fan_out),
            nn.ReLU(inplace=True),
        )


class DecoderBlock(nn.Module):
    """Double the resolution, join the skip, convolve twice."""

    def __init__(self, fan_in: int, skip: int, fan_out: int) -> None:
        super().__init__()
        self.conv1 = ConvBlock(fan_in + skip, fan_out)
        self.conv2 = ConvBlock(fan_out, fan_out)

    def forward(self, x: torch.Tensor, skip: torch.Tensor | None) -> torch.Tensor:
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        if skip is not None:
            x = torch.cat([x, skip], dim=1)
        y: torch.Tensor = self.conv2(self.conv1(x))
        return y
