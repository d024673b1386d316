"""ResNet encoder: He, Zhang, Ren, Sun, "Deep residual learning", CVPR 2016.

Departs from the paper: the network stops after ``depth - 1`` residual stages (no
classifier), every width is a multiple of ``width`` (64 in the paper), and the last
stages may keep their resolution by dilation (Chen et al. 2017, section 3.2).
State-dict names are those of torchvision, hence of segmentation-models-pytorch.
"""

from collections.abc import Sequence

import torch
from torch import nn

LAYOUTS: dict[str, tuple[int, ...]] = {
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
}


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (figure 2 of the paper)."""

    def __init__(self, fan_in: int, fan_out: int, stride: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            fan_in, fan_out, 3, stride, dilation, dilation, bias=False
        )
        self.bn1 = nn.BatchNorm2d(fan_out)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(fan_out, fan_out, 3, 1, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(fan_out)
        self.downsample: nn.Module | None = None
        if stride != 1 or fan_in != fan_out:
            self.downsample = nn.Sequential(
                nn.Conv2d(fan_in, fan_out, 1, stride, bias=False),
                nn.BatchNorm2d(fan_out),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + shortcut)


class ResNetEncoder(nn.Module):
    """Features of an image at strides 1, 2, 4, 8, … ``2 ** depth``.

    Parameters
    ----------
    layout: ``resnet18`` or ``resnet34``.
    channels: channels of the image.
    width: channels of the first convolution; 64 is the paper's.
    depth: number of halvings, 2 to 5; 4 leaves out the last residual stage.
    output_stride: where smaller than ``2 ** depth``, later stages dilate instead.
    """

    def __init__(
        self,
        layout: str = "resnet34",
        channels: int = 3,
        width: int = 64,
        depth: int = 4,
        output_stride: int | None = None,
    ) -> None:
        super().__init__()
        if layout not in LAYOUTS:
            raise ValueError(f"unknown encoder {layout!r}; known: {sorted(LAYOUTS)}")
        if not 2 <= depth <= 5:
            raise ValueError(f"encoder depth {depth} is not in 2..5")
        self.depth = depth
        self.conv1 = nn.Conv2d(channels, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)

        self.channels: list[int] = [channels, width]
        stride, fan_in = 4, width
        for stage in range(depth - 1):
            fan_out = width * 2**stage
            step = 1 if stage == 0 else 2
            dilation = 1
            if output_stride is not None and stride * step > output_stride:
                step, dilation = 1, 2 ** (stage - _undilated(output_stride))
            blocks = _stage(fan_in, fan_out, LAYOUTS[layout][stage], step, dilation)
            self.add_module(f"layer{stage + 1}", blocks)
            self.channels.append(fan_out)
            stride, fan_in = stride * step, fan_out
        self.stride = stride

        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """``x``: (b, channels, y, x) → one tensor per entry of ``self.channels``."""
        features = [x]
        x = self.relu(self.bn1(self.conv1(x)))
        features.append(x)
        x = self.maxpool(x)
        for stage in range(self.depth - 1):
            x = self.get_submodule(f"layer{stage + 1}")(x)
            features.append(x)
        return features


def _undilated(output_stride: int) -> int:
    """Index of the last residual stage that still halves the resolution."""
    return {4: 0, 8: 1, 16: 2, 32: 3}[output_stride]


def _stage(
    fan_in: int, fan_out: int, blocks: int, stride: int, dilation: int
) -> nn.Sequential:
    fans: Sequence[int] = [fan_in, *[fan_out] * (blocks - 1)]
    return nn.Sequential(
        *[
            BasicBlock(fan, fan_out, stride if i == 0 else 1, dilation)
            for i, fan in enumerate(fans)
        ]
    )
