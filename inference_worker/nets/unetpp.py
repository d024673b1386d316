"""U-Net++: Zhou et al., "UNet++: a nested U-Net architecture", DLMIA 2018.

Departs from the paper: ResNet encoder and no deep supervision, as ``UnetPlusPlus`` of
segmentation-models-pytorch, whose state-dict names it keeps. Node ``x_i_j`` of the
decoder is the paper's X^{(depth-1-j, j-i)}: row ``j`` counts from the coarsest skip.
"""

from collections.abc import Sequence

import torch
from torch import nn

from inference_worker.nets.resnet import ResNetEncoder
from inference_worker.nets.segmenter import DecoderBlock, Segmenter


class UNetPlusPlusDecoder(nn.Module):
    def __init__(self, encoder: Sequence[int], decoder: Sequence[int]) -> None:
        super().__init__()
        skips = [*encoder[-2:0:-1], 0]
        fans = [encoder[-1], *decoder[:-1]]
        self.rows = len(decoder) - 1
        self.blocks = nn.ModuleDict()
        for row in range(self.rows):
            for first in range(row + 1):
                joined = skips[row] * (row + 1 - first)
                if first == 0:
                    block = DecoderBlock(fans[row], joined, decoder[row])
                else:
                    block = DecoderBlock(skips[row - 1], joined, skips[row])
                self.blocks[f"x_{first}_{row}"] = block
        self.blocks[f"x_0_{self.rows}"] = DecoderBlock(fans[-1], 0, decoder[-1])

    def forward(self, *features: torch.Tensor) -> torch.Tensor:
        """Encoder features, finest first → (b, decoder[-1], y, x)."""
        coarse_first = features[:0:-1]
        nodes: dict[tuple[int, int], torch.Tensor] = {}
        for row in range(self.rows):
            for first in range(row, -1, -1):
                # Equation 1 of the paper: the node below, upsampled, beside all
                # nodes of its own row so far.
                below = coarse_first[row] if first == row else nodes[first, row - 1]
                beside = [nodes[i, row] for i in range(row, first, -1)]
                skip = torch.cat([*beside[::-1], coarse_first[row + 1]], dim=1)
                nodes[first, row] = self.blocks[f"x_{first}_{row}"](below, skip)
        last = self.blocks[f"x_0_{self.rows}"]
        y: torch.Tensor = last(nodes[0, self.rows - 1], None)
        return y


class UNetPlusPlus(Segmenter):
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
        self.decoder = UNetPlusPlusDecoder(encoder.channels, decoder)
        self.segmentation_head = nn.Sequential(
            nn.Conv2d(decoder[-1], classes, 3, padding=1)
        )
