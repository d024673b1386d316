"""PRISM: a 3D network that is prompted, answers in candidates, and corrects itself.

Li, Liu, Hu, Wang, Oguz, "PRISM: A Promptable and Robust Interactive Segmentation Model
with Visual Prompts", MICCAI 2024; two-way attention and prompt tokens after Kirillov et
al., "Segment Anything", ICCV 2023. The image is encoded once per crop (``encode``),
every turn asks the cheap rest (``answer``, ``correct``).

The paper has no numbered equations; its section 2 is followed paragraph by paragraph.
Departs from it where a small network trained for minutes would not learn: the dense
prompt holds, beside the previous logits, the maps of this turn's positive and negative
marks and of the box, and enters the decoder at every resolution, not at the deepest
alone; the previous logits are those the reader saw (corrected), detached; the
corrective network adds what it finds to the mask it is given.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference_worker.nets.prism_attention import Places, TwoWay, ViT
from inference_worker.nets.prism_convolution import Conv3d
from inference_worker.nets.prism_shape import SMALL, PrismShape

KINDS = 7
"""Kinds of prompt tokens: see ``inference_worker.nets.prism_prompts``."""

DENSE = 4
"""Maps of the dense prompt: previous logits, positive marks, negative marks, box."""


def _norm(width: int) -> nn.GroupNorm:
    return nn.GroupNorm(4 if width % 4 == 0 else 1, width)


class Convolution(nn.Sequential):
    """3³ convolution, group norm, ReLU; ``stride`` 2 halves every side."""

    def __init__(self, inward: int, outward: int, stride: int = 1) -> None:
        super().__init__(
            Conv3d(inward, outward, 3, stride, padding=1, bias=False),
            _norm(outward),
            nn.ReLU(inplace=True),
        )


class Residual(nn.Module):
    """Two convolutions beside an identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            Convolution(width, width),
            Conv3d(width, width, 3, padding=1, bias=False),
            _norm(width),
        )

    def forward(self, grid: Tensor) -> Tensor:
        return functional.relu(grid + self.inner(grid))


class HybridEncoder(nn.Module):
    """Parallel CNN and ViT paths over one image ("hybrid design")."""

    def __init__(self, shape: PrismShape) -> None:
        super().__init__()
        self.shape = shape
        widths = shape.widths
        if shape.encoder != "vit":
            self.stem = Convolution(1, widths[0])
            self.down = nn.ModuleList(
                nn.Sequential(Convolution(a, b, 2), Residual(b))
                for a, b in pairwise(widths)
            )
        if shape.encoder != "cnn":
            self.vit = ViT(shape.stride, shape.token, shape.depth, shape.heads)
        joined = {"hybrid": widths[-1] + shape.token, "cnn": widths[-1]}
        self.join = Conv3d(joined.get(shape.encoder, shape.token), shape.token, 1)

    def forward(self, image: Tensor) -> list[Tensor]:
        """``image`` (b, 1, z, y, x) → features from full resolution to the deepest.

        A ViT alone has one resolution; the finer levels are then zeros.
        """
        levels: list[Tensor] = []
        deep: list[Tensor] = []
        if self.shape.encoder != "vit":
            grid = self.stem(image)
            for down in self.down:
                levels.append(grid)
                grid = down(grid)
            deep.append(grid)
        else:
            for level, width in enumerate(self.shape.widths[:-1]):
                sides = [side // 2**level for side in image.shape[2:]]
                levels.append(image.new_zeros(len(image), width, *sides))
        if self.shape.encoder != "cnn":
            deep.append(self.vit(image))
        return [*levels, self.join(torch.cat(deep, dim=1))]


class PromptEncoder(nn.Module):
    """Sparse prompts → tokens; the dense prompt → maps at every resolution."""

    def __init__(self, shape: PrismShape) -> None:
        super().__init__()
        self.kinds = nn.Embedding(KINDS, shape.token)
        widths = (*shape.widths[:-1], shape.token)
        self.dense = nn.ModuleList(
            Convolution(a, b, 1 if level == 0 else 2)
            for level, (a, b) in enumerate(
                zip((DENSE, *widths[:-1]), widths, strict=True)
            )
        )

    def forward(
        self, places: Tensor, kinds: Tensor, dense: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """``places`` (b, n, c) of points, their ``kinds`` int (b, n), ``dense``
        (b, 4, z, y, x) → tokens (b, n, c) and maps like the encoder's."""
        tokens = self.kinds(kinds) + places * (kinds > 0)[..., None]
        maps = []
        for layer in self.dense:
            dense = layer(dense)
            maps.append(dense)
        return tokens, maps


class Decoder(nn.Module):
    """Z_x back to full resolution beside image features and dense prompt: f_d."""

    def __init__(self, shape: PrismShape) -> None:
        super().__init__()
        widths = (*shape.widths[:-1], shape.token)
        pairs = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.narrow = nn.ModuleList(Conv3d(a, b, 1) for a, b in pairs)
        self.mix = nn.ModuleList(Convolution(b, b) for _, b in pairs)

    def forward(self, grid: Tensor, levels: list[Tensor], maps: list[Tensor]) -> Tensor:
        finer = zip(levels[-2::-1], maps[-2::-1], strict=True)
        for narrow, mix, (seen, told) in zip(self.narrow, self.mix, finer, strict=True):
            size = list(seen.shape[2:])
            wide = functional.interpolate(
                narrow(grid), size=size, mode="trilinear", align_corners=False
            )
            grid = mix(wide + seen + told)
        return grid


class Head(nn.Sequential):
    """Two-layer perceptron on one token."""

    def __init__(self, token: int, outward: int) -> None:
        super().__init__(nn.Linear(token, token), nn.ReLU(), nn.Linear(token, outward))


class Corrective(nn.Module):
    """Shallow network at full resolution ("corrective learning").

    Two branches of two convolutions, one of them at half resolution with the two
    residual blocks between. No gradient reaches the candidates: its mask is binary.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fine = Convolution(4, width // 2)
        self.coarse = nn.Sequential(
            Convolution(4, width, 2), Residual(width), Residual(width)
        )
        self.narrow = Conv3d(width, width // 2, 1)
        self.out = Conv3d(width // 2, 1, 3, padding=1)
        self.trust = nn.Parameter(torch.tensor(2.0))

    def forward(
        self, image: Tensor, mask: Tensor, positive: Tensor, negative: Tensor
    ) -> Tensor:
        """All (b, 1, z, y, x), ``mask`` 0 or 1, maps accumulated → logits of y'."""
        mask = mask.detach()
        told = torch.cat([image, mask, positive, negative], dim=1)
        coarse = functional.interpolate(
            self.narrow(self.coarse(told)),
            size=list(image.shape[2:]),
            mode="trilinear",
            align_corners=False,
        )
        found = self.out(self.fine(told) + coarse)
        return found + self.trust * (2 * mask - 1)


class Prism(nn.Module):
    """The whole of it; see the module for how its three doors are used in turn."""

    def __init__(self, shape: PrismShape = SMALL) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = HybridEncoder(shape)
        self.places = Places(shape.token)
        self.prompts = PromptEncoder(shape)
        self.candidates = nn.Parameter(torch.randn(2, shape.masks, shape.token) * 0.02)
        self.meet = TwoWay(shape.token, shape.heads, shape.rounds)
        self.decoder = Decoder(shape)
        # MLP_j^m gives the weights of f_d and a constant; MLP_j^s one score.
        self.masks = nn.ModuleList(
            Head(shape.token, shape.widths[0] + 1) for _ in range(shape.masks)
        )
        self.scores = nn.ModuleList(Head(shape.token, 1) for _ in range(shape.masks))
        self.corrective = Corrective(shape.corrective) if shape.corrective else None

    def encode(self, image: Tensor) -> list[Tensor]:
        """Image features of crops (b, 1, z, y, x): once, for every later turn."""
        features: list[Tensor] = self.encoder(image)
        return features

    def answer(
        self, features: list[Tensor], points: Tensor, kinds: Tensor, dense: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Candidates for this turn's prompts.

        Parameters
        ----------
        features: of ``encode``; of one crop for several targets where b differs.
        points: (b, n, 3) shares of the patch. kinds: int (b, n).
        dense: (b, 4, z, y, x), see ``DENSE``.

        Returns
        -------
        logits m (b, M, z, y, x) and confidence s (b, M) in [0, 1].
        """
        sparse, maps = self.prompts(self.places(points), kinds, dense)
        own = self.candidates.flatten(0, 1).expand(len(sparse), -1, -1)
        levels = [level.expand(len(sparse), -1, -1, -1, -1) for level in features]
        place = self.places.of_grid(levels[-1])
        grid, tokens = self.meet(
            levels[-1] + maps[-1], place, torch.cat([own, sparse], dim=1)
        )
        described = self.decoder(grid, levels, maps)  # f_d
        masks, scores = [], []
        for j, (to_mask, to_score) in enumerate(
            zip(self.masks, self.scores, strict=True)
        ):
            weights = to_mask(tokens[:, j])  # (b, c + 1)
            mask = torch.einsum("bczyx,bc->bzyx", described, weights[:, :-1])
            masks.append(mask + weights[:, -1, None, None, None])
            scores.append(to_score(tokens[:, self.shape.masks + j]))
        return torch.stack(masks, dim=1), torch.cat(scores, dim=1).sigmoid()

    def correct(
        self, image: Tensor, logits: Tensor, positive: Tensor, negative: Tensor
    ) -> Tensor:
        """y' for the selected candidate; the candidate itself without the network."""
        if self.corrective is None:
            return logits
        mask = (logits > 0).to(image.dtype)
        corrected: Tensor = self.corrective(image, mask, positive, negative)
        return corrected


def select(masks: Tensor, scores: Tensor) -> Tensor:
    """The candidate (b, 1, z, y, x) of highest confidence of (b, M, z, y, x)."""
    best = scores.argmax(dim=1)
    return masks[torch.arange(len(masks), device=masks.device), best][:, None]
