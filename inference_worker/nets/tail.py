"""The last layers of a network, and what the layers before them made of a slice."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from inference_worker.nets.precision import fast_autocast
from inference_worker.nets.segmenter import Segmenter
from inference_worker.nets.unet import UNetDecoder


class Tail(nn.Module):
    """Features → logits: the layers that are free.

    Parameters
    ----------
    blocks: decoder blocks, coarse to fine. skips: what each of them joins, or None.
    head: features → logits.
    scale: pixels at full size per pixel of the features that enter.
    step: bounds of a crop, in pixels at full size, are multiples of this.
    """

    def __init__(
        self,
        blocks: Sequence[nn.Module],
        skips: Sequence[torch.Tensor | None],
        head: nn.Module,
        scale: int,
        step: int | None = None,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.head = head
        self.skips = tuple(skips)
        self.scale = scale
        self.step = scale if step is None else step

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features (b, f, y', x') → logits (b, classes, y, x)."""
        for block, skip in zip(self.blocks, self.skips, strict=True):
            x = block(x, skip)
        logits: torch.Tensor = self.head(x)
        return logits

    def cropped(self, rows: slice, columns: slice) -> Tail:
        """The tail of a crop; bounds are pixels at full size, multiples of ``step``."""
        scale = self.scale
        skips: list[torch.Tensor | None] = []
        for skip in self.skips:
            scale //= 2
            skips.append(
                None if skip is None else skip[..., *_scaled(rows, columns, scale)]
            )
        return Tail(list(self.blocks), skips, self.head, self.scale, self.step)


def crop_features(
    x: torch.Tensor, tail: Tail, rows: slice, columns: slice
) -> torch.Tensor:
    """The part of the entering features that a crop at full size stands on."""
    return x[..., *_scaled(rows, columns, tail.scale)]


def cut_network(
    module: nn.Module, image: torch.Tensor, layers: int
) -> tuple[torch.Tensor, Tail]:
    """What enters the last layers for ``image``, and these layers.

    A U-Net is cut before its last ``layers`` decoder blocks, other networks of ours
    before the head. Of a module that is unknown every layer comes along, features are
    the image itself, and it is never cropped, since it may see any distance.
    """
    whole = max(image.shape[-2:])
    with torch.no_grad(), fast_autocast(image.device):
        if not isinstance(module, Segmenter):
            return image, Tail([], [], module, 1, whole)
        if not isinstance(module.decoder, UNetDecoder) or not layers:
            made = module.forward_features(image)
            scale = image.shape[-1] // made.shape[-1]
            return made, Tail([], [], module.head, scale)
        features = module.encoder(image)
        blocks = list(module.decoder.blocks)
        free = min(layers, len(blocks))
        skips = [*features[-2:0:-1], *[None] * len(blocks)][: len(blocks)]
        x = features[-1]
        for block, skip in zip(blocks[:-free], skips[:-free], strict=True):
            x = block(x, skip)
        return x, Tail(blocks[-free:], skips[-free:], module.head, 2**free)


def _scaled(rows: slice, columns: slice, scale: int) -> tuple[slice, slice]:
    return (
        slice(rows.start // scale, -(-rows.stop // scale)),
        slice(columns.start // scale, -(-columns.stop // scale)),
    )
