"""A small network that completes a stroke: class-agnostic, and never adapted.

It sees a square around one label (image, the mask as it stands, strokes for and against
the label) and says how the mask should change. After the corrective networks of
interactive segmentation (Sofiiuk et al., "RITM", ICIP 2022, section 3; methods, section
4); trained on other images than any it is measured on, see ``mender.md``.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import load
from torch import nn

from inference_worker.contract.errors import WeightsRefused

WEIGHTS = Path(__file__).with_name("mender.safetensors")

SIDE = 96
"""Rows and columns of the square that the network sees."""

STANDING = 3.0
"""Log-odds of a pixel that the mask as it stands holds for certain."""

WIDTHS = (8, 16, 24, 40, 64)


class Block(nn.Sequential):
    """Two 3x3 convolutions with batch norm and ReLU."""

    def __init__(self, fan_in: int, fan_out: int) -> None:
        super().__init__(
            nn.Conv2d(fan_in, fan_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(fan_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(fan_out, fan_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(fan_out),
            nn.ReLU(inplace=True),
        )


class Mender(nn.Module):
    """U-Net from (b, 4, y, x) to a change of log-odds (b, 1, y, x).

    Channels: image, mask as it stands (-1 to 1), strokes for and against the label
    (2 where drawn this turn, 1 where drawn before).
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        fans = zip((4, *widths[:-1]), widths, strict=True)
        self.down = nn.ModuleList(Block(a, b) for a, b in fans)
        self.up = nn.ModuleList(
            Block(below + here, here) for here, below in pairwise(widths)
        )
        self.out = nn.Conv2d(widths[0], 1, 1)
        # Untrained, it changes nothing.
        for parameter in self.out.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Sides must be multiples of 16."""
        features = []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)
            features.append(x)
        for level in range(len(self.up) - 1, -1, -1):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = self.up[level](torch.cat([x, features[level]], dim=1))
        change: torch.Tensor = self.out(x)
        return change


def standing(mask: torch.Tensor) -> torch.Tensor:
    """Log-odds of a mask as it stands, which the change is added to."""
    return STANDING * (2 * mask - 1)


@cache
def trained_mender() -> Mender:
    """The committed network, on the CPU, in evaluation mode.

    Raises
    ------
    WeightsRefused: ``weights:altered``, the file is not the one its description names.
    """
    content = WEIGHTS.read_bytes()
    described = json.loads(WEIGHTS.with_suffix(".json").read_text())
    found = sha256(content).hexdigest()
    if found != described["sha256"]:
        raise WeightsRefused(
            "altered",
            f"{WEIGHTS.name} is not the file its description names; copy both again.",
            expected=described["sha256"],
            found=found,
        )
    network = Mender(tuple(described["widths"]))
    network.load_state_dict(load(content))
    return network.eval().requires_grad_(False)


def seen(
    image: NDArray[np.float32],
    mask: NDArray[np.float32],
    wanted: NDArray[np.float32],
    unwanted: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The network's input (4, y, x).

    Parameters
    ----------
    image: any scale. mask: 0 to 1. wanted, unwanted: strokes, 1 new and 0.5 old.
    """
    low, high = np.percentile(image, (1, 99))
    grey = np.clip((image - low) / max(float(high - low), 1e-3), 0, 1)
    planes = [(grey - 0.5) / 0.25, 2 * mask - 1, 2 * wanted, 2 * unwanted]
    return np.stack(planes).astype(np.float32)
