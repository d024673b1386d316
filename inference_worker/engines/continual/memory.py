"""What the engine remembers of each slice: the reader's prompts and the mask shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.contract.marks import UNMARKED, marks_on_slice
from inference_worker.contract.prompts import (
    Accept,
    Box,
    ExtremePoints,
    Paint,
    Prompt,
    Visit,
    slice_of,
)

Slice = NDArray[np.uint8]


@dataclass(frozen=True)
class Page:
    """One slice.

    Attributes
    ----------
    prompts: the marks made on it, oldest first.
    shown: uint8 (y, x), the mask the reader last saw; None before the first.
    accepted: whether the reader said that ``shown`` is right, and has not marked since.
    sight: float16 (labels, h, w), what network and neighbours said when last asked.
    mended: the same shape, how marks changed that; None without marks.
    """

    prompts: tuple[Prompt, ...] = ()
    shown: Slice | None = None
    accepted: bool = False
    sight: NDArray[np.float16] | None = None
    mended: NDArray[np.float16] | None = None

    def marked(self, prompts: Iterable[Prompt]) -> Page:
        """The page with more marks: no longer accepted."""
        return replace(self, prompts=(*self.prompts, *prompts), accepted=False)

    def approved(self) -> Page:
        """The page accepted as shown: only that matters of it from now on."""
        return replace(self, accepted=True, sight=None, mended=None)


def marks_by_slice(prompts: Sequence[Prompt]) -> dict[int, list[Prompt]]:
    """Marking prompts under every slice they say something of."""
    pages: dict[int, list[Prompt]] = {}
    for prompt in prompts:
        if isinstance(prompt, Visit | Accept):
            continue
        spanned = (
            range(prompt.region.start[0], prompt.region.stop[0])
            if isinstance(prompt, Box | Paint)
            else {v[0] for v in prompt.voxels}
            if isinstance(prompt, ExtremePoints)
            else (slice_of(prompt),)
        )
        for index in spanned:
            pages.setdefault(index, []).append(prompt)
    return pages


def fixed_labels(
    prompts: Iterable[Prompt], index: int, shape: tuple[int, int]
) -> Slice:
    """Labels that the reader gave voxels of slice ``index``: marks and paint, in order.

    Returns
    -------
    uint8 (y, x); ``UNMARKED`` where nothing was said.
    """
    fixed = np.full(shape, UNMARKED, dtype=np.uint8)
    for prompt in prompts:
        if isinstance(prompt, Paint):
            z, y, x = prompt.region.slices
            if z.start <= index < z.stop:
                part = index - z.start
                where = prompt.where[part]
                fixed[y, x][where] = prompt.labels[part][where]
        else:
            marks = marks_on_slice([prompt], index, shape)
            said = marks != UNMARKED
            fixed[said] = marks[said]
    return fixed


def stroke_covers(
    prompts: Iterable[Prompt], index: int, shape: tuple[int, int]
) -> dict[int, NDArray[np.bool_]]:
    """Per label, the voxels of slice ``index`` that any mark of it ever covered."""
    covers: dict[int, NDArray[np.bool_]] = {}
    for prompt in prompts:
        said = fixed_labels([prompt], index, shape)
        for label in np.unique(said[said != UNMARKED]):
            cover = covers.setdefault(int(label), np.zeros(shape, dtype=bool))
            cover |= said == label
    return covers


def boxes_on(
    prompts: Iterable[Prompt], index: int, shape: tuple[int, int]
) -> dict[int, NDArray[np.bool_]]:
    """Per label, the voxels inside the boxes that enclose it on slice ``index``.

    Four or more extreme points of a slice enclose their label like a box.
    """
    inside: dict[int, NDArray[np.bool_]] = {}
    for prompt in prompts:
        if isinstance(prompt, Box):
            z, y, x = prompt.region.slices
            if not z.start <= index < z.stop:
                continue
        elif isinstance(prompt, ExtremePoints) and prompt.voxels[0][0] == index:
            rows = [v[1] for v in prompt.voxels]
            columns = [v[2] for v in prompt.voxels]
            y = slice(min(rows), max(rows) + 1)
            x = slice(min(columns), max(columns) + 1)
        else:
            continue
        inside.setdefault(prompt.label, np.zeros(shape, dtype=bool))[y, x] = True
    return inside


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
