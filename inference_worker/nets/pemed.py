"""PE-MED: a click network that mines what one click says, and the clicks before it.

Chang, Tao, Yang, Huang, Zhou, Zeng, Huang, Ni, "PE-MED: Prompt Enhancement for
Interactive Medical Image Segmentation", 2023. Backbone after Xie et al., "SegFormer",
NeurIPS 2021: overlapping patch embeddings, attention whose keys and values are
spatially reduced, and a convolution between the two layers of each feed-forward net.

Departs from the paper: θ_c divides by √d_k where the print has d_k; in PALM-I each
attention adds what it read to its query, as transformer layers do, because the printed
(1) and (2) alone lose where a first click lies (of two maps one is empty then, so every
place asks the same and reads the same); keys and values of PALM are pooled
(``palm_reduction``), since a quarter of 256² is 4,096 tokens; the memory of TSIP,
whose first value the paper leaves open, is absent at the first pass. No norm keeps
statistics of batches: with them, what was learnt of a first click was lost between
training and use, as first and later passes differ.
The Self-Loop (section 2.1) is a way of calling the network, so it lives with the
callers: ``first_passes``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class PEMedShape:
    """Sizes, and the ideas that an ablation switches off (Table 3)."""

    channels: int = 1
    widths: tuple[int, int, int, int] = (32, 64, 160, 256)
    depths: tuple[int, int, int, int] = (2, 2, 2, 2)
    heads: tuple[int, int, int, int] = (1, 2, 5, 8)
    reductions: tuple[int, int, int, int] = (8, 4, 2, 1)
    decoder: int = 256
    palm_reduction: int = 4
    self_loop: bool = True
    palm_i: bool = True
    palm_o: bool = True
    tsip: bool = True


IDEAS = ("self_loop", "palm_i", "palm_o", "tsip")

SOURCE = PEMedShape()
"""MiT-B0's sizes, which the figure's description fits."""

SMALL = PEMedShape(
    widths=(16, 32, 64, 96), depths=(1, 1, 2, 1), heads=(1, 2, 4, 4), decoder=64
)
"""Fast enough for two CPU cores."""


def as_tokens(grid: Tensor) -> Tensor:
    """(b, c, y, x) to (b, y·x, c)."""
    return grid.flatten(2).transpose(1, 2)


def as_grid(tokens: Tensor, size: torch.Size) -> Tensor:
    """(b, y·x, c) to (b, c, y, x), ``size`` being (y, x)."""
    return tokens.transpose(1, 2).reshape(len(tokens), -1, *size)


class Attention(nn.Module):
    """θ_c(Q, K, V) = softmax(QKᵀ/√d_k)·V over the locations of two grids."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.reduce = (
            nn.Conv2d(width, width, reduction, stride=reduction, groups=width)
            if reduction > 1
            else nn.Identity()
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, query: Tensor, memory: Tensor) -> Tensor:
        """Both (b, c, y, x); what ``query`` reads out of ``memory``, same shape."""
        size = query.shape[2:]
        q = self._split(self.query(as_tokens(query)))  # (b, h, n, d)
        reduced = self.norm(as_tokens(self.reduce(memory)))  # (b, m, c)
        k, v = (self._split(t) for t in self.key_value(reduced).chunk(2, dim=2))
        read = functional.scaled_dot_product_attention(q, k, v)
        return as_grid(self.out(read.transpose(1, 2).flatten(2)), size)

    def _split(self, tokens: Tensor) -> Tensor:
        count, places, _ = tokens.shape
        return tokens.reshape(count, places, self.heads, -1).transpose(1, 2)


class Block(nn.Module):
    """One transformer layer of SegFormer."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.norm1 = GridNorm(width)
        self.attention = Attention(width, heads, reduction)
        self.norm2 = GridNorm(width)
        self.mix = nn.Sequential(
            nn.Conv2d(width, 4 * width, 1),
            nn.Conv2d(4 * width, 4 * width, 3, padding=1, groups=4 * width),
            nn.GELU(),
            nn.Conv2d(4 * width, width, 1),
        )

    def forward(self, grid: Tensor) -> Tensor:
        normed = self.norm1(grid)
        grid = grid + self.attention(normed, normed)
        return grid + self.mix(self.norm2(grid))


class GridNorm(nn.LayerNorm):
    """Layer norm over the channels of (b, c, y, x)."""

    def forward(self, grid: Tensor) -> Tensor:
        return super().forward(grid.movedim(1, -1)).movedim(-1, 1)


class Stage(nn.Module):
    """Overlapping patch embedding, then ``depth`` blocks."""

    def __init__(self, before: int, shape: PEMedShape, index: int) -> None:
        super().__init__()
        width = shape.widths[index]
        kernel, stride = (7, 4) if index == 0 else (3, 2)
        self.embed = nn.Sequential(
            nn.Conv2d(before, width, kernel, stride, padding=kernel // 2),
            GridNorm(width),
        )
        self.blocks = nn.Sequential(
            *(
                Block(width, shape.heads[index], shape.reductions[index])
                for _ in range(shape.depths[index])
            )
        )

    def forward(self, grid: Tensor) -> Tensor:
        return self.blocks(self.embed(grid))


class PromptFeatures(nn.Module):
    """PALM-I: what the positive and negative maps and the mask say together."""

    def __init__(self, shape: PEMedShape) -> None:
        super().__init__()
        width = shape.widths[0]
        self.enhance = shape.palm_i

        def embed(channels: int) -> nn.Module:
            return nn.Sequential(
                nn.Conv2d(channels, width, 7, stride=4, padding=3), GridNorm(width)
            )

        self.embed_global = embed(3)
        if self.enhance:
            self.embed_positive, self.embed_negative = embed(2), embed(2)
            attentions = (
                Attention(width, shape.heads[0], shape.palm_reduction * 2)
                for _ in range(5)
            )
            (
                self.on_positive,
                self.on_negative,
                self.on_global,
                self.join_positive,
                self.join_negative,
            ) = attentions

    def forward(self, positive: Tensor, negative: Tensor, previous: Tensor) -> Tensor:
        """All (b, 1, y, x); returns E_p (b, c, y/4, x/4)."""
        m_global = self.embed_global(torch.cat([positive, negative, previous], 1))
        if not self.enhance:
            return m_global
        m_pos = self.embed_positive(torch.cat([positive, previous], 1))
        m_neg = self.embed_negative(torch.cat([negative, previous], 1))
        pos_hat = m_neg + self.on_positive(m_neg, m_pos)
        neg_hat = m_pos + self.on_negative(m_pos, m_neg)
        global_hat = m_global + self.on_global(m_global, m_global)  # (1)
        from_positive = pos_hat + self.join_positive(pos_hat, global_hat)
        from_negative = neg_hat + self.join_negative(neg_hat, global_hat)
        return from_positive + from_negative  # (2)


class PromptToImage(nn.Module):
    """PALM-O: prompts and image features inform one another."""

    def __init__(self, shape: PEMedShape) -> None:
        super().__init__()
        width = shape.widths[0]
        self.enhance = shape.palm_o
        if self.enhance:
            reduction = shape.palm_reduction * 2
            self.image_reads = Attention(width, shape.heads[0], reduction)
            self.prompt_reads = Attention(width, shape.heads[0], reduction)
            self.norm_image, self.norm_prompt = GridNorm(width), GridNorm(width)

    def forward(self, f_i: Tensor, e_p: Tensor) -> Tensor:
        """Both (b, c, y/4, x/4); returns EP_inform, same shape."""
        if not self.enhance:
            return f_i + e_p
        return (
            f_i
            + self.norm_image(self.image_reads(f_i, e_p))
            + e_p
            + self.norm_prompt(self.prompt_reads(e_p, f_i))
        )  # (3)


class PEMed(nn.Module):
    """The network of Fig. 1; sides of the image are multiples of 32."""

    def __init__(self, shape: PEMedShape) -> None:
        super().__init__()
        self.built = self.shape = shape
        before = (shape.channels, *shape.widths[:3])
        self.stages = nn.ModuleList(
            Stage(channels, shape, index) for index, channels in enumerate(before)
        )
        self.prompts = PromptFeatures(shape)
        self.meet = PromptToImage(shape)
        self.project = nn.ModuleList(
            nn.Conv2d(width, shape.decoder, 1) for width in shape.widths
        )
        self.fuse = nn.Sequential(
            nn.Conv2d(4 * shape.decoder, shape.decoder, 1, bias=False),
            GridNorm(shape.decoder),
            nn.ReLU(),
        )
        self.head = nn.Conv2d(shape.decoder, 1, 1)
        # θ of (4): a perceptron over the previous output, location by location
        self.memory = nn.Sequential(nn.Conv2d(1, 16, 1), nn.GELU(), nn.Conv2d(16, 1, 1))

    def use(self, **ideas: bool) -> None:
        """Switch ideas on or off, as an ablation at inference or a dropout in training.

        An idea the network was built without stays off.
        """
        had = {idea: getattr(self.built, idea) for idea in IDEAS}
        on = {idea: had[idea] and ideas.get(idea, had[idea]) for idea in IDEAS}
        self.shape = replace(self.built, **on)
        self.prompts.enhance, self.meet.enhance = on["palm_i"], on["palm_o"]

    def encode(self, image: Tensor) -> Tensor:
        """F_I (b, c, y/4, x/4) of an image (b, channels, y, x): once per image."""
        return self.stages[0](image)

    def forward(
        self,
        f_i: Tensor,
        positive: Tensor,
        negative: Tensor,
        previous: Tensor,
        output: Tensor | None = None,
    ) -> Tensor:
        """Logits of the next mask.

        Parameters
        ----------
        f_i: what ``encode`` made of the image.
        positive, negative: disc maps (b, 1, y, x) in {0, 1}.
        previous: previous mask (b, 1, y, x) in [0, 1].
        output: O_{t-1}, the logits of the last interaction (b, 1, y, x), if any.
        """
        levels = [self.meet(f_i, self.prompts(positive, negative, previous))]
        for stage in list(self.stages)[1:]:
            levels.append(stage(levels[-1]))
        size = levels[0].shape[2:]
        projected = [
            functional.interpolate(project(level), size=size, mode="bilinear")
            for project, level in zip(self.project, levels, strict=True)
        ]
        coarse = self.head(self.fuse(torch.cat(projected, dim=1)))
        logits = functional.interpolate(
            coarse, size=positive.shape[2:], mode="bilinear"
        )
        if output is None or not self.shape.tsip:
            return logits
        return logits + torch.sigmoid(self.memory(output))  # (4)

    def first_passes(self, f_i: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Answer to the first click: M_0 from an empty mask, looped once to M_1."""
        empty = torch.zeros_like(positive)
        logits = self(f_i, positive, negative, empty)
        if not self.shape.self_loop:
            return logits
        return self(f_i, positive, negative, logits.sigmoid(), logits)
