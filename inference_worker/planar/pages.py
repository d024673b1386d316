"""What is remembered of each slice: the reader's prompts and the mask last shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

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
from inference_worker.contract.wire import prompt_from_json, prompt_to_json

Slice = NDArray[np.uint8]


@dataclass(frozen=True)
class Page:
    """One slice.

    Attributes
    ----------
    prompts: the marks made on it, oldest first.
    shown: uint8 (y, x), the mask the reader last saw; None before the first.
    accepted: whether the reader said that ``shown`` is right, and has not marked since.
    """

    prompts: tuple[Prompt, ...] = ()
    shown: Slice | None = None
    accepted: bool = False

    def marked(self, prompts: Iterable[Prompt]) -> Self:
        """The page with more marks: no longer accepted."""
        return replace(self, prompts=(*self.prompts, *prompts), accepted=False)


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


Pages = Mapping[int, Page]
"""Slice (z) → its page."""


def pages_to_json(
    pages: Pages,
) -> tuple[dict[str, NDArray[np.uint8]], dict[str, Any]]:
    """Arrays and header of a snapshot that holds ``pages``."""
    arrays = {
        f"shown/{index}": page.shown
        for index, page in pages.items()
        if page.shown is not None
    }
    header = {
        str(index): {
            "prompts": [prompt_to_json(prompt) for prompt in page.prompts],
            "accepted": page.accepted,
        }
        for index, page in pages.items()
    }
    return arrays, header


def pages_from_json(
    arrays: Mapping[str, NDArray[Any]], header: Mapping[str, Any]
) -> dict[int, Page]:
    """Undo ``pages_to_json``."""
    pages = {}
    for index, body in header.items():
        shown = arrays.get(f"shown/{index}")
        pages[int(index)] = Page(
            tuple(prompt_from_json(prompt) for prompt in body["prompts"]),
            None if shown is None else np.array(shown, dtype=np.uint8),
            bool(body["accepted"]),
        )
    return pages
