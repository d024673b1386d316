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
    """

    def __init__(
        self,
        blocks: Sequence[nn.Module],
        skips: Sequence[torch.Tensor | None],
        head: nn.Module,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.head = head
        self.skips = tuple(skips)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features (b, f, y', x') → logits (b, classes, y, x)."""
        for block, skip in zip(self.blocks, self.skips, strict=True):
            x = block(x, skip)
        logits: torch.Tensor = self.head(x)
        return logits

    def cropped(self, rows: slice, columns: slice) -> Tail:
        """The tail of a crop; bounds are pixels at full size, multiples of ``step``."""
        scale = self.step
        skips: list[torch.Tensor | None] = []
        for skip in self.skips:
            scale //= 2
            skips.append(
                None if skip is None else skip[..., *_scaled(rows, columns, scale)]
            )
        return Tail(list(self.blocks), skips, self.head)

    @property
    def step(self) -> int:
        """Pixels at full size per pixel of the features that enter."""
        return int(2 ** len(self.blocks))


def crop_features(
    x: torch.Tensor, tail: Tail, rows: slice, columns: slice
) -> torch.Tensor:
    """The part of the entering features that a crop at full size stands on."""
    return x[..., *_scaled(rows, columns, tail.step)]


def cut_network(
    module: nn.Module, image: torch.Tensor, layers: int
) -> tuple[torch.Tensor, Tail]:
    """What enters the last layers for ``image``, and these layers.

    A U-Net is cut before its last ``layers`` decoder blocks, other networks of ours
    before the head. Of a module that is unknown every layer comes along, and features
    are the image itself: nothing is saved, and nothing else changes.
    """
    with torch.no_grad(), fast_autocast(image.device):
        if not isinstance(module, Segmenter):
            return image, Tail([], [], module)
        if not isinstance(module.decoder, UNetDecoder) or not layers:
            return module.forward_features(image), Tail([], [], module.head)
        features = module.encoder(image)
        blocks = list(module.decoder.blocks)
        free = min(layers, len(blocks))
        skips = [*features[-2:0:-1], *[None] * len(blocks)][: len(blocks)]
        x = features[-1]
        for block, skip in zip(blocks[:-free], skips[:-free], strict=True):
            x = block(x, skip)
        return x, Tail(blocks[-free:], skips[-free:], module.head)


def _scaled(rows: slice, columns: slice, scale: int) -> tuple[slice, slice]:
    return (
        slice(rows.start // scale, rows.stop // scale),
        slice(columns.start // scale, columns.stop // scale),
    )
