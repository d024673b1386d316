"""Mem3D: one slice is segmented with the reader, the others with a memory of slices.

Zhou, Li, Bredell, Li, Konukoglu, "Quality-Aware Memory Network for Interactive
Volumetric Image Segmentation", MICCAI 2021. The decoder's last step is the residual
refinement of Qin et al., "BASNet", CVPR 2019.

Departs from the paper: a learnt temperature multiplies the cosine of (4), because a
softmax over thousands of numbers in [-1, 1] hardly differs from a mean; the guidance
M of (1) is -1 where the reader marked what does not belong to the target, so that later
rounds can take away; decoders are normalised by groups, as a walk sees one slice at a
time. The small net, which is trained for minutes, also sees the slices it remembers on
a region of interest, which follows the target. It reads its memory at 1/8 of the
region, not 1/16, near the place that asks, by the Gaussian kernel of Seong et al.,
"Kernelized memory network", ECCV 2020, which here knows slices too: a cell counts less
the more slices lie between. With the values the remembered masks themselves are read,
and the decoder starts from what arrives of them. It has one interaction network for
all kinds of prompts.
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
    roi: side in pixels at which regions of interest are seen.
    local: whether a memory is read near the place that asks (see ``Mem3D.read``).
    carried: whether remembered masks are read too, for the decoder to start from.
    shared: one interaction network for all kinds of prompts.
    matched: whether a memory is read by what slices look like; without (an ablation,
        of the same size), remembered masks are carried over as they lie, and no more.
    """

    layout: str = "resnet18"
    width: int = 48
    depth: int = 3
    decoder: int = 48
    roi: int = 96
    local: bool = True
    carried: bool = True
    shared: bool = True
    matched: bool = True

    def __post_init__(self) -> None:
        if not self.matched and not (self.local and self.carried):
            raise ValueError(f"{self}: nothing would be remembered")


SMALL = Mem3DShape()
"""Fast enough for two CPU cores."""

SOURCE = Mem3DShape(
    "resnet50",
    width=64,
    depth=4,
    decoder=256,
    roi=512,
    local=False,
    carried=False,
    shared=False,
)
"""The paper's: ResNet-50 to res4, whose C is 1024."""

RESNET50 = (3, 4, 6)
"""Bottleneck blocks of res2, res3 and res4."""


def conv(fan_in: int, fan_out: int, stride: int = 1, dilation: int = 1) -> nn.Module:
    """3x3 convolution, norm of groups of eight, ReLU."""
    return nn.Sequential(
        nn.Conv2d(fan_in, fan_out, 3, stride, dilation, dilation, bias=False),
        nn.GroupNorm(max(fan_out // 8, 1), fan_out),
        nn.ReLU(),
    )


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 and the shortcut: He et al., CVPR 2016, Fig. 5 right."""

    def __init__(self, fan_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(fan_in, width // 4, 1),
            nn.Conv2d(width // 4, width // 4, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width // 4),
            nn.ReLU(),
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

    def __init__(
        self, width: int, skips: Sequence[int], decoder: int, *, carried: bool
    ) -> None:
        super().__init__()
        self.dilated = nn.ModuleList(
            conv(width, decoder, dilation=rate) for rate in (2, 4, 8)
        )
        self.join = conv(3 * decoder, decoder)
        steps = []
        for skip in reversed(skips):
            fan_out = max(decoder // 2, 16)
            steps.append(conv(decoder + skip + carried, fan_out))
            decoder = fan_out
        self.steps = nn.ModuleList(steps)
        self.head = nn.Conv2d(decoder, 1, 3, padding=1)
        self.trust = nn.Parameter(torch.tensor(1.0)) if carried else None
        self.down = nn.Sequential(conv(1, 16), conv(16, 16, 2), conv(16, 16))
        self.residual = nn.Sequential(conv(16 + 1, 16), nn.Conv2d(16, 1, 3, padding=1))

    def forward(
        self,
        features: Tensor,
        skips: list[Tensor],
        size: tuple[int, int],
        carried: Tensor | None,
    ) -> Tensor:
        """(b, C, h, w) and the encoder's levels, finest first → logits (b, 1, y, x).

        ``carried``: (b, 1, any size) in [0, 1], a mask to start from; 0.5 says nothing.
        """
        grid = self.join(torch.cat([each(features) for each in self.dilated], 1))
        for step, skip in zip(self.steps, reversed(skips), strict=True):
            level = (skip.shape[-2], skip.shape[-1])
            parts = [functional.interpolate(grid, level, mode="bilinear"), skip]
            if self.trust is not None and carried is not None:
                parts.append(functional.adaptive_avg_pool2d(carried, level) - 0.5)
            grid = step(torch.cat(parts, dim=1))
        coarse = self.head(grid)
        if self.trust is not None and carried is not None:
            coarse = coarse + self.trust * 2 * parts[-1]
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
        self.decoder = Decoder(width, skips, shape.decoder, carried=shape.carried)

    def forward(self, image: Tensor, previous: Tensor, guidance: Tensor) -> Tensor:
        """All (b, 1, y, x), ``guidance`` in {-1, 0, 1}; logits (b, 1, y, x)."""
        told = torch.cat([image, previous, guidance], dim=1)
        _, *skips, features = self.encoder(told)
        size = (image.shape[-2], image.shape[-1])
        logits: Tensor = self.decoder(features, skips, size, previous)
        return logits


@dataclass(frozen=True)
class Query:
    """What is asked for a slice: key (b, C/8, h, w), value (b, C/2, h, w), skips.

    ``window``: where it lies, (b, 4): see ``Mem3D.ask``.
    """

    key: Tensor
    value: Tensor
    skips: list[Tensor]
    window: Tensor


@dataclass(frozen=True)
class Cell:
    """A remembered slice and its masks: key (b, C/8, h, w), value (b, C/2 + m, h, w).

    The last m channels of the value are the mask: 1/2 of the region, a place's pixels
    one after the other; none where masks are not carried.
    """

    key: Tensor
    value: Tensor
    window: Tensor


@dataclass(frozen=True)
class Answer:
    """Logits of S_k (b, 1, y, x), the features F_k and the masks they came from."""

    logits: Tensor
    features: Tensor
    carried: Tensor | None


class QualityHead(nn.Module):
    """f_QA: three convolutions and three fully connected layers.

    Beside S_k it sees how far S_k is from certain: a mean of S_k over a place hides it.
    F_k is normalised place by place, and nothing after it: how much there is of what is
    found is what is asked.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        fans = ((features + 2, 1), (32, 2), (32, 2))
        self.convolutions = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(fan_in, 32, 3, stride, 1), nn.ReLU())
                for fan_in, stride in fans
            )
        )
        self.connected = nn.Sequential(
            nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1)
        )

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """F_k (b, C, h, w) and S_k (b, 1, y, x) in [0, 1] → logits of h_k (b,)."""
        told = torch.cat([mask, 4 * mask * (1 - mask)], dim=1)
        small = functional.adaptive_avg_pool2d(
            told, (features.shape[-2], features.shape[-1])
        )
        level = features.movedim(1, -1)
        level = functional.layer_norm(level, level.shape[-1:]).movedim(-1, 1)
        grid = self.convolutions(torch.cat([level, small], dim=1))
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
        self.log_fade = nn.Parameter(torch.tensor(0.0))
        self.decoder = Decoder(width, skips, shape.decoder, carried=shape.carried)
        self.quality = QualityHead(width)

    def interact(
        self, kind: str, image: Tensor, previous: Tensor, guidance: Tensor
    ) -> Tensor:
        """f_In of ``kind``, one of ``KINDS``: logits (b, 1, y, x)."""
        net = self.interactions["any" if self.shape.shared else kind]
        logits: Tensor = net(image, previous, guidance)
        return logits

    def ask(self, image: Tensor, window: Tensor | None = None) -> Query:
        """K_k^Q and V_k^Q (2) of regions (b, 1, y, x).

        ``window``: float (b, 4), where the regions lie in their volume: slice number,
        row and column of the centre, side; whole slices next to one another without.
        """
        _, *skips, features = self.query_encoder(image)
        key, value = self.query_key(features), self.query_value(features)
        return Query(key, value, skips, _placed(window, image))

    def remember(
        self, image: Tensor, mask: Tensor, window: Tensor | None = None
    ) -> Cell:
        """K_m^M and V_m^M (3) of regions (b, 1, y, x) and their masks in [0, 1]."""
        features = self.memory_encoder(torch.cat([image, mask], dim=1))[-1]
        key, value = self.memory_key(features), self.memory_value(features)
        if self.shape.carried:
            pixels = functional.pixel_unshuffle(
                functional.avg_pool2d(mask, 2), 2 ** (self.shape.depth - 1)
            )
            value = torch.cat([value, pixels], dim=1)
        return Cell(key, value, _placed(window, image))

    def read(self, query: Query, cells: list[Cell]) -> tuple[Tensor, Tensor | None]:
        """F_k = cat(H_k, V_k^Q), (b, C, h, w), and the masks that were read with it.

        Where the shape says ``local``, -|p - q|²/2σ² - λ log(1 + d) joins the cosine:
        p and q are places on the slice in halves of the query's side, d the slices
        between; σ and λ are learnt.
        """
        values = torch.cat([cell.value.flatten(2) for cell in cells], dim=2)
        asked = functional.normalize(query.key.flatten(2), dim=1)  # (b, k, q)
        asked = asked * self.log_temperature.exp() * self.shape.matched
        keys = torch.cat(
            [functional.normalize(cell.key.flatten(2), dim=1) for cell in cells], dim=2
        )  # (b, k, p)
        if self.shape.local:
            at = self._places(query.key, query.window, query.window)
            asked = torch.cat([asked, at, torch.ones_like(at[:, :1])], dim=1)
            near = [self._near(cell, query.window) for cell in cells]
            keys = torch.cat([keys, torch.cat(near, dim=2)], dim=1)
        read = functional.scaled_dot_product_attention(
            asked.transpose(1, 2),
            keys.transpose(1, 2),
            values.transpose(1, 2),
            scale=1.0,
        )  # (4), (5), (6)
        rows, columns = query.value.shape[-2:]
        grid = read.transpose(1, 2).reshape(len(read), -1, rows, columns)
        own = query.value.shape[1]
        h_k, pixels = grid[:, :own] * self.shape.matched, grid[:, own:]
        carried = None
        if self.shape.carried:
            carried = functional.pixel_shuffle(pixels, 2 ** (self.shape.depth - 1))
        return torch.cat([h_k, query.value], dim=1), carried

    def _near(self, cell: Cell, window: Tensor) -> Tensor:
        """What joins the keys of a cell: its places, and what speaks against them."""
        at = self._places(cell.key, cell.window, window)
        slices = (cell.window[:, 0] - window[:, 0]).abs()
        far = 0.5 * (at**2).sum(dim=1, keepdim=True)
        far = far + (self.log_fade.exp() * torch.log1p(slices))[:, None, None]
        return torch.cat([at, -far], dim=1)

    def _places(self, grid: Tensor, window: Tensor, seen_from: Tensor) -> Tensor:
        """Places of (b, k, h, w) as seen from another window, in σ: (b, 2, h·w)."""
        rows, columns = (
            (torch.arange(side, device=grid.device) + 0.5) * 2 / side - 1
            for side in grid.shape[-2:]
        )
        at = torch.stack(torch.meshgrid(rows, columns, indexing="ij")).flatten(1)[None]
        half = seen_from[:, 3, None, None] / 2
        moved = (window[:, 1:3] - seen_from[:, 1:3])[:, :, None]
        at = (at * window[:, 3, None, None] / 2 + moved) / half
        return at * torch.exp(-self.log_reach)

    def segment(self, query: Query, cells: list[Cell], size: tuple[int, int]) -> Answer:
        """S_k (7) at ``size``."""
        features, carried = self.read(query, cells)
        logits = self.decoder(features, query.skips, size, carried)
        return Answer(logits, features, carried)


def _placed(window: Tensor | None, image: Tensor) -> Tensor:
    if window is None:
        return image.new_tensor([[0.0, 0.0, 0.0, 2.0]]).expand(len(image), -1)
    return window
