"""What the engine remembers of a slice beside its prompts and the mask shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.planar import pages


@dataclass(frozen=True)
class Page(pages.Page):
    """One slice.

    Attributes
    ----------
    sight: float16 (labels, h, w), what network and neighbours said when last asked.
    mended: the same shape, how marks changed that; None without marks.
    heard: float16 (2, labels, h, w), what the taught and the base model said before
        the slice was marked; it is judged by that when the slice is accepted.
    """

    sight: NDArray[np.float16] | None = None
    mended: NDArray[np.float16] | None = None
    heard: NDArray[np.float16] | None = None

    def approved(self) -> Page:
        """The page accepted as shown: only that matters of it from now on."""
        return replace(self, accepted=True, sight=None, mended=None, heard=None)


def thick_strokes(
    covers: dict[int, NDArray[np.bool_]], blur: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Targets of ``L_interactive``: strokes thickened by a blur, conflicts dropped.

    Parameters
    ----------
    covers: output channel → bool (y, x). blur: standard deviation in pixels.

    Returns
    -------
    ``y_u`` as output channels int64 (y, x), and ``m`` bool (y, x): a pixel that thick
    strokes of different channels cover is in neither.
    """
    shape = next(iter(covers.values())).shape
    labels = np.zeros(shape, dtype=np.int64)
    count = np.zeros(shape, dtype=np.int64)
    for channel, cover in covers.items():
        thick = cover
        if blur > 0:
            # All that a blurred stroke reaches with a tenth of a line's own height.
            soft = ndimage.gaussian_filter(cover.astype(np.float32), blur)
            thick = cover | (soft > 0.1 / (blur * np.sqrt(2 * np.pi)))
        labels[thick] = channel
        count += thick
    return labels, count == 1
