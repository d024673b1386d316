"""Mem3D: one slice is segmented with the reader, the others with a memory of slices.

Zhou, Li, Bredell, Li, Konukoglu, "Quality-Aware Memory Network for Interactive
Volumetric Image Segmentation", MICCAI 2021. The decoder's last step is the residual
refinement of Qin et al., "BASNet", CVPR 2019.

Departs from the paper: a learnt temperature multiplies the cosine of (4), because a
softmax over thousands of numbers in [-1, 1] hardly differs from a mean; the guidance
M of (1) is -1 where the reader marked what does not belong to the target, so that later
rounds can take away. The small net, which is trained for minutes, reads its memory at
1/8 of the slice, not 1/16, near the place that asks, by the Gaussian kernel of Seong et
al., "Kernelized memory network", ECCV 2020, and has one interaction network for all
kinds of prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference_worker.nets.resnet import ResNetEncoder

KINDS = ("scribble", "box", "extreme_points")
"""One interaction network each (section 3, interaction simulation)."""


@dataclass(frozen=True)
class Mem3DShape:
    """Sizes.

    Attributes
    ----------
    layout: of the encoders, a ``nets.resnet`` layout or ``resnet50``.
    width, depth: of the first convolution; halvings of the slice before the memory.
    decoder: width after the dilated convolutions.
    roi: side in pixels at which the interaction networks see their region.
    local: whether a memory is read near the place that asks (see ``Mem3D.read``).
    shared: one interaction network for all kinds of prompts.
    """

    layout: str = "resnet18"
    width: int = 48
    depth: int = 3
    decoder: int = 32
    roi: int = 96
    local: bool = True
    shared: bool = True


SMALL = Mem3DShape()
"""Fast enough for two CPU cores."""

SOURCE = Mem3DShape(
    "resnet50", width=64, depth=4, decoder=256, roi=512, local=False, shared=False
)
"""The paper's: ResNet-50 to res4, whose C is 1024."""

RESNET50 = (3, 4, 6)
"""Bottleneck blocks of res2, res3 and res4."""


def conv(fan_in: int, fan_out: int, stride: int = 1, dilation: int = 1) -> nn.Module:
    """3x3 convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(fan_in, fan_out, 3, stride, dilation, dilation, bias=False),
        nn.BatchNorm2d(fan_out),
        nn.ReLU(),
    )


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 and the shortcut: He et al., CVPR 2016, Fig. 5 right."""

    def __init__(self, fan_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(fan_in, width // 4, 1),
            conv(width // 4, width // 4, stride),
            nn.Conv2d(width // 4, width, 1),
            nn.BatchNorm2d(width),
        )
        self.pass_on = (
            nn.Identity()
            if (fan_in, stride) == (width, 1)
            else nn.Conv2d(fan_in, width, 1, stride)
        )

    def forward(self, grid: Tensor) -> Tensor:
        return functional.relu(self.change(grid) + self.pass_on(grid))


class BottleneckEncoder(nn.Module):
    """ResNet-50 as far as res4: levels at 1/2, 1/4, 1/8 and 1/16."""

    def __init__(self, channels: int, width: int, depth: int) -> None:
        super().__init__()
        self.channels = [channels, width]
        stages: list[nn.Module] = [
            nn.Sequential(
                nn.Conv2d(channels, width, 7, 2, 3, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            )
        ]
        for stage, blocks in enumerate(RESNET50[: depth - 1]):
            fan_in, fan_out = self.channels[-1], 4 * width * 2**stage
            fans = [fan_in, *[fan_out] * (blocks - 1)]
            stages.append(
                nn.Sequential(
                    *(
                        Bottleneck(fan, fan_out, 2 if number == 0 else 1)
                        for number, fan in enumerate(fans)
                    )
                )
            )
            self.channels.append(fan_out)
        self.stages = nn.ModuleList(stages)

    def forward(self, image: Tensor) -> list[Tensor]:
        levels = [image]
        for stage in self.stages:
            levels.append(stage(levels[-1]))
        return levels


def encoder_of(shape: Mem3DShape, channels: int) -> ResNetEncoder | BottleneckEncoder:
    """Image → itself and levels at 1/2, 1/4, …"""
    if shape.layout == "resnet50":
        return BottleneckEncoder(channels, shape.width, shape.depth)
    return ResNetEncoder(shape.layout, channels, shape.width, shape.depth)


class Decoder(nn.Module):
    """Up to 1/2 of the slice with the encoder's features, then refined."""

    def __init__(self, width: int, skips: Sequence[int], decoder: int) -> None:
        super().__init__()
        self.dilated = nn.ModuleList(
            conv(width, decoder, dilation=rate) for rate in (2, 4, 8)
        )
        self.join = conv(3 * decoder, decoder)
        steps = []
        for skip in reversed(skips):
            steps.append(conv(decoder + skip, max(decoder // 2, 16)))
            decoder = max(decoder // 2, 16)
        self.steps = nn.ModuleList(steps)
        self.head = nn.Conv2d(decoder, 1, 3, padding=1)
        self.down = nn.Sequential(conv(1, 16), conv(16, 16, 2), conv(16, 16))
        self.residual = nn.Sequential(conv(16 + 1, 16), nn.Conv2d(16, 1, 3, padding=1))

    def forward(
        self, features: Tensor, skips: list[Tensor], size: tuple[int, int]
    ) -> Tensor:
        """(b, C, h, w) and the encoder's levels, finest first → logits (b, 1, y, x)."""
        grid = self.join(torch.cat([each(features) for each in self.dilated], 1))
        for step, skip in zip(self.steps, reversed(skips), strict=True):
            grid = functional.interpolate(grid, skip.shape[-2:], mode="bilinear")
            grid = step(torch.cat([grid, skip], dim=1))
        coarse = self.head(grid)
        down = functional.interpolate(
            self.down(coarse.sigmoid()), coarse.shape[-2:], mode="bilinear"
        )
        refined = coarse + self.residual(torch.cat([down, coarse], dim=1))
        return functional.interpolate(refined, size, mode="bilinear")


class Interaction(nn.Module):
    """f_In of (1): image, previous mask and guidance of the region of interest."""

    def __init__(self, shape: Mem3DShape) -> None:
        super().__init__()
        self.encoder = encoder_of(shape, 3)
        *skips, width = self.encoder.channels[1:]
        self.decoder = Decoder(width, skips, shape.decoder)

    def forward(self, image: Tensor, previous: Tensor, guidance: Tensor) -> Tensor:
        """All (b, 1, y, x), ``guidance`` in {-1, 0, 1}; logits (b, 1, y, x)."""
        told = torch.cat([image, previous, guidance], dim=1)
        _, *skips, features = self.encoder(told)
        size = (image.shape[-2], image.shape[-1])
        logits: Tensor = self.decoder(features, skips, size)
        return logits


@dataclass(frozen=True)
class Query:
    """What is asked for a slice: key (b, C/8, h, w), value (b, C/2, h, w), skips."""

    key: Tensor
    value: Tensor
    skips: list[Tensor]

    def repeated(self, times: int) -> Query:
        """The query of one slice, once for each of several targets."""
        return Query(
            self.key.expand(times, -1, -1, -1),
            self.value.expand(times, -1, -1, -1),
            [skip.expand(times, -1, -1, -1) for skip in self.skips],
        )


@dataclass(frozen=True)
class Cell:
    """A remembered slice and its masks: key (b, C/8, n), value (b, C/2, n)."""

    key: Tensor
    value: Tensor


class QualityHead(nn.Module):
    """f_QA: three convolutions and three fully connected layers."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            conv(features + 1, 32), conv(32, 32, 2), conv(32, 32, 2)
        )
        self.connected = nn.Sequential(
            nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1)
        )

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """F_k (b, C, h, w) and S_k (b, 1, y, x) in [0, 1] → logits of h_k (b,)."""
        small = functional.adaptive_avg_pool2d(
            mask, (features.shape[-2], features.shape[-1])
        )
        grid = self.convolutions(torch.cat([features, small], dim=1))
        pooled = torch.cat([grid.mean(dim=(2, 3)), grid.amax(dim=(2, 3))], dim=1)
        score: Tensor = self.connected(pooled)[:, 0]
        return score


class Mem3D(nn.Module):
    """f_In for each kind of prompt, and f_Mem; sides are multiples of 32."""

    def __init__(self, shape: Mem3DShape) -> None:
        super().__init__()
        self.shape = shape
        kinds = ("any",) if shape.shared else KINDS
        self.interactions = nn.ModuleDict({kind: Interaction(shape) for kind in kinds})
        self.query_encoder = encoder_of(shape, 1)
        self.memory_encoder = encoder_of(shape, 2)
        *skips, width = self.query_encoder.channels[1:]
        self.query_key = nn.Conv2d(width, width // 8, 3, padding=1)
        self.query_value = nn.Conv2d(width, width // 2, 3, padding=1)
        self.memory_key = nn.Conv2d(width, width // 8, 3, padding=1)
        self.memory_value = nn.Conv2d(width, width // 2, 3, padding=1)
        # Places that look alike match from the first step on.
        self.memory_key.load_state_dict(self.query_key.state_dict())
        self.log_temperature = nn.Parameter(torch.tensor(2.3))
        self.log_reach = nn.Parameter(torch.tensor(-2.5))
        self.decoder = Decoder(width, skips, shape.decoder)
        self.quality = QualityHead(width)

    def interact(
        self, kind: str, image: Tensor, previous: Tensor, guidance: Tensor
    ) -> Tensor:
        """f_In of ``kind``, one of ``KINDS``: logits (b, 1, y, x)."""
        net = self.interactions["any" if self.shape.shared else kind]
        logits: Tensor = net(image, previous, guidance)
        return logits

    def ask(self, image: Tensor) -> Query:
        """K_k^Q and V_k^Q (2) of a slice (b, 1, y, x)."""
        _, *skips, features = self.query_encoder(image)
        return Query(self.query_key(features), self.query_value(features), skips)

    def remember(self, image: Tensor, mask: Tensor) -> Cell:
        """K_m^M and V_m^M (3) of a slice (b, 1, y, x) and its mask in [0, 1]."""
        features = self.memory_encoder(torch.cat([image, mask], dim=1))[-1]
        key, value = self.memory_key(features), self.memory_value(features)
        return Cell(key.flatten(2), value.flatten(2))

    def read(self, query: Query, cells: list[Cell]) -> Tensor:
        """F_k = cat(H_k, V_k^Q): (b, C, h, w).

        Where the shape says ``local``, -|p - q|²/2σ² joins the cosine, p and q being
        places on the slice with sides from -1 to 1 and σ learnt.
        """
        keys = torch.cat([cell.key for cell in cells], dim=2)  # (b, k, p)
        values = torch.cat([cell.value for cell in cells], dim=2)
        asked = functional.normalize(query.key.flatten(2), dim=1)  # (b, k, q)
        asked = asked * self.log_temperature.exp()
        keys = functional.normalize(keys, dim=1)
        if self.shape.local:
            at = self._places(query.key)  # (1, 2, q)
            ones = torch.ones_like(at[:, :1]).expand(len(asked), -1, -1)
            asked = torch.cat([asked, at.expand(len(asked), -1, -1), ones], dim=1)
            near = torch.cat([at, -0.5 * (at**2).sum(dim=1, keepdim=True)], dim=1)
            near = near.repeat(1, 1, len(cells)).expand(len(keys), -1, -1)
            keys = torch.cat([keys, near], dim=1)
        read = functional.scaled_dot_product_attention(
            asked.transpose(1, 2),
            keys.transpose(1, 2),
            values.transpose(1, 2),
            scale=1.0,
        )  # (4), (5), (6)
        h_k = read.transpose(1, 2).reshape(query.value.shape)
        return torch.cat([h_k, query.value], dim=1)

    def _places(self, grid: Tensor) -> Tensor:
        """Centres of the places of (b, k, h, w), in units of σ: (1, 2, h·w)."""
        rows, columns = (
            (torch.arange(side, device=grid.device) + 0.5) * 2 / side - 1
            for side in grid.shape[-2:]
        )
        at = torch.stack(torch.meshgrid(rows, columns, indexing="ij"))
        return at.flatten(1)[None] * torch.exp(-self.log_reach)

    def segment(
        self, query: Query, cells: list[Cell], size: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """Logits of S_k (7), (b, 1, *size), and the features F_k they came from."""
        features = self.read(query, cells)
        return self.decoder(features, query.skips, size), features
