"""How a page looks, kept as a small picture, and whether it still looks like that.

Pictures are compared as an eye a step away would: small and a little blurred. What
letters are drawn with may differ, where things are and their colours may not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

REFERENCES = Path(__file__).parent / "references"
WIDTH = 480
COLORS = 256
BLUR = 1.5
"""Standard deviation in pixels of the small picture: two and a half of the screen."""
MOST_STRAY = 30.0
"""Grey levels by which the blurred pictures may differ anywhere, in any channel."""
LEAST_ALIKE = 0.93
"""Mean structural similarity (Wang et al. 2004, eq. 13) of the blurred pictures."""

Picture = NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """How two pictures compare, and where they differ most: (x, y) of the small one."""

    alike: float
    stray: float
    at: tuple[int, int]

    @property
    def kept(self) -> bool:
        return self.alike >= LEAST_ALIKE and self.stray <= MOST_STRAY


def small(screen: NDArray[np.int64]) -> Image.Image:
    """A screen (y, x, 3) as it is kept."""
    whole = Image.fromarray(screen.astype(np.uint8))
    height = round(whole.height * WIDTH / whole.width)
    return whole.resize((WIDTH, height), Image.Resampling.BOX)


def keep(name: str, picture: Image.Image, folder: Path = REFERENCES) -> None:
    """Write a picture with few colours: a palette costs a third of full colour.

    An octree keeps the colours of what is small, as a median cut does not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    few = picture.quantize(COLORS, method=Image.Quantize.FASTOCTREE)
    few.save(folder / f"{name}.png", optimize=True)


def reference(name: str) -> Image.Image:
    with Image.open(REFERENCES / f"{name}.png") as kept:
        return kept.convert("RGB")


def compare(seen: Image.Image, kept: Image.Image) -> Likeness:
    """Compare two small pictures; those of another size are not alike at all."""
    if seen.size != kept.size:
        return Likeness(0.0, 255.0, (0, 0))
    one, other = _blurred(seen), _blurred(kept)
    stray = np.abs(one - other).max(axis=-1)
    y, x = np.unravel_index(int(stray.argmax()), stray.shape)
    # Larger constants than the paper's: near black, a palette's steps count as changes.
    alike = structural_similarity(
        one, other, channel_axis=-1, data_range=255, K1=0.05, K2=0.05
    )
    return Likeness(float(alike), float(stray.max()), (int(x), int(y)))


def _blurred(picture: Image.Image) -> Picture:
    pixels = np.asarray(picture.convert("RGB")).astype(np.float64)
    return gaussian_filter(pixels, (BLUR, BLUR, 0))
