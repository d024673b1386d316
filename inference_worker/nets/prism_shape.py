"""The sizes of PRISM, and which of its ideas it is built with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

ENCODERS = ("hybrid", "cnn", "vit")


@dataclass(frozen=True)
class PrismShape:
    """Sizes, and the ideas that an ablation switches off (Tables 2 and 3).

    Attributes
    ----------
    patch: side of a crop in working voxels, a multiple of ``2 ** (len(widths) - 1)``.
    widths: of the CNN at full, half, quarter … resolution.
    token: width of the deepest features and of prompt tokens.
    depth, heads: of the ViT. rounds: of two-way attention.
    masks: candidates M. corrective: width of that network; 0 for none.
    """

    patch: int = 48
    widths: tuple[int, ...] = (8, 16, 32, 64)
    token: int = 96
    depth: int = 4
    heads: int = 4
    rounds: int = 2
    encoder: str = "hybrid"
    masks: int = 3
    corrective: int = 16

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))
        if self.encoder not in ENCODERS:
            raise ValueError(f"encoder {self.encoder!r} is none of {ENCODERS}")
        if self.token % (2 * self.heads) or self.patch % self.stride:
            raise ValueError(f"{self}: sizes that do not divide")
        if min(self.widths) < 4 or self.masks < 1 or self.corrective < 0:
            raise ValueError(f"{self}: a network of nothing")

    @property
    def stride(self) -> int:
        """Voxels of the patch per voxel of the deepest features."""
        return int(2 ** (len(self.widths) - 1))

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; ``PrismShape(**…)`` undoes it."""
        return asdict(self)


SOURCE = PrismShape(
    patch=128,
    widths=(32, 64, 128, 256, 384),
    token=768,
    depth=12,
    heads=12,
    corrective=32,
)
"""The paper's crop, the ViT-B of the SAM family; the CNN's widths are not printed."""

SMALL = PrismShape()
"""Fast enough for two CPU cores."""
