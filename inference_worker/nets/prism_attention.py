"""Attention between prompt tokens and image features, and the ViT path of PRISM.

Two-way attention after Kirillov et al., "Segment Anything", ICCV 2023, appendix A:
tokens attend to themselves and to the image, then the image attends to the tokens
(Figure 1b of PRISM). Dosovitskiy et al., "An image is worth 16x16 words", ICLR 2021.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference_worker.nets.prism_convolution import Conv3d


def as_tokens(grid: Tensor) -> Tensor:
    """(b, c, z, y, x) to (b, z·y·x, c)."""
    return grid.flatten(2).transpose(1, 2)


class Places(nn.Module):
    """Fourier features of where something is, as shares of the patch."""

    def __init__(self, token: int) -> None:
        super().__init__()
        self.linear = nn.Linear(token, token)
        waves = torch.empty(3, token // 2)
        # Fixed directions from a generator of their own: the same in every network.
        waves.normal_(generator=torch.Generator().manual_seed(0))
        self.register_buffer("waves", waves)
        self.waves: Tensor

    def forward(self, points: Tensor) -> Tensor:
        """(b, n, 3) in [0, 1] → (b, n, c)."""
        phase = 2 * math.pi * (2 * points - 1) @ self.waves
        features: Tensor = self.linear(torch.cat([phase.sin(), phase.cos()], dim=-1))
        return features

    def of_grid(self, grid: Tensor) -> Tensor:
        """Places of the voxels of (b, c, z, y, x): (1, z·y·x, c)."""
        axes = [
            (torch.arange(side, device=grid.device) + 0.5) / side
            for side in grid.shape[2:]
        ]
        points = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
        return self(points.reshape(1, -1, 3))


class Attention(nn.Module):
    """Multi-head attention by ``scaled_dot_product_attention``."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """All (b, n, c); keys and values of the same n."""
        q, k, v = (
            layer(tokens).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for layer, tokens in (
                (self.query, query),
                (self.key, key),
                (self.value, value),
            )
        )
        read = functional.scaled_dot_product_attention(q, k, v)
        out: Tensor = self.out(read.transpose(1, 2).flatten(2))
        return out


class Feed(nn.Sequential):
    """The feed-forward part of a transformer layer."""

    def __init__(self, width: int, times: int) -> None:
        super().__init__(
            nn.Linear(width, times * width), nn.GELU(), nn.Linear(times * width, width)
        )


class Layer(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.feed = Feed(width, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        normed = self.norm1(tokens)
        tokens = tokens + self.attention(normed, normed, normed)
        fed: Tensor = tokens + self.feed(self.norm2(tokens))
        return fed


class ViT(nn.Module):
    """Non-overlapping cubes of ``stride`` voxels, ``depth`` layers."""

    def __init__(self, stride: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.embed = Conv3d(1, width, stride, stride)
        self.places = Places(width)
        self.layers = nn.Sequential(*(Layer(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)

    def forward(self, image: Tensor) -> Tensor:
        """(b, 1, z, y, x) → (b, c, z/s, y/s, x/s)."""
        grid = self.embed(image)
        tokens = as_tokens(grid) + self.places.of_grid(grid)
        out: Tensor = self.norm(self.layers(tokens))
        return out.transpose(1, 2).reshape(grid.shape)


class Meeting(nn.Module):
    """One round of two-way attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.own, self.look, self.tell = (Attention(width, heads) for _ in range(3))
        self.feed = Feed(width, 2)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(4))

    def forward(
        self, image: Tensor, place: Tensor, tokens: Tensor, first: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Image (b, m, c) at ``place``; tokens (b, n, c), ``first`` as they came."""
        asked = tokens + first
        tokens = self.norms[0](tokens + self.own(asked, asked, tokens))
        looked = self.look(tokens + first, image + place, image)
        tokens = self.norms[1](tokens + looked)
        tokens = self.norms[2](tokens + self.feed(tokens))
        told = self.tell(image + place, tokens + first, tokens)
        return self.norms[3](image + told), tokens


class TwoWay(nn.Module):
    """Rounds of ``Meeting``, then a last look of the tokens: Z_x and Z_v."""

    def __init__(self, width: int, heads: int, rounds: int) -> None:
        super().__init__()
        self.rounds = nn.ModuleList(Meeting(width, heads) for _ in range(rounds))
        self.last = Attention(width, heads)
        self.norm = nn.LayerNorm(width)

    def forward(
        self, grid: Tensor, place: Tensor, tokens: Tensor
    ) -> tuple[Tensor, Tensor]:
        """``grid`` (b, c, z, y, x), ``place`` (1, z·y·x, c), ``tokens`` (b, n, c)."""
        image, first = as_tokens(grid), tokens
        for meeting in self.rounds:
            image, tokens = meeting(image, place, tokens, first)
        looked = self.last(tokens + first, image + place, image)
        out: Tensor = self.norm(tokens + looked)
        return image.transpose(1, 2).reshape(grid.shape), out
