"""What Mem3D keeps of a volume: prompts, cropped masks, estimated quality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.engine import Label, Snapshot, Volume
from inference_worker.contract.marks import UNMARKED
from inference_worker.contract.prompts import Prompt
from inference_worker.contract.wire import prompt_from_json, prompt_to_json
from inference_worker.planar.pages import Page, boxes_on, fixed_labels

Slice = NDArray[np.uint8]

TRIMMED_MOST = 0.04
"""Of what was shown of a label: strokes over more than that do not just trim it."""


@dataclass(frozen=True)
class Crop:
    """A slice of labels without the background around them.

    A volume of 1,000 slices of 512² is 262 MB whole; an organ of it a tenth or less.
    """

    start: tuple[int, int]
    labels: Slice

    @staticmethod
    def of(plane: Slice) -> Crop:
        rows = np.flatnonzero(plane.any(axis=1))
        columns = np.flatnonzero(plane.any(axis=0))
        if not rows.size:
            return Crop((0, 0), np.zeros((0, 0), dtype=np.uint8))
        y, x = int(rows[0]), int(columns[0])
        return Crop((y, x), plane[y : rows[-1] + 1, x : columns[-1] + 1].copy())

    def whole(self, shape: tuple[int, int]) -> Slice:
        """The slice: uint8 (y, x) of ``shape``."""
        plane = np.zeros(shape, dtype=np.uint8)
        (y, x), (rows, columns) = self.start, self.labels.shape
        plane[y : y + rows, x : x + columns] = self.labels
        return plane


@dataclass
class Mem3DState:
    """Everything in it is replaced, never changed.

    Attributes
    ----------
    pages: slice → the reader's prompts on it, and whether it was accepted.
    masks: slice → what was last shown of it; absent before that.
    quality: slice → estimated IoU in [0, 1] of what is shown.
    given: slice → label that was shown before the reader marked there → voxels marked
        of it, less those struck out, and what may be trimmed. Below 0 it is doubted.
    """

    volume: Volume
    labels: tuple[Label, ...]
    pages: dict[int, Page] = field(default_factory=dict)
    masks: dict[int, Crop] = field(default_factory=dict)
    quality: dict[int, float] = field(default_factory=dict)
    given: dict[int, dict[int, int]] = field(default_factory=dict)

    def fork(self) -> Mem3DState:
        """A state that changes on its own."""
        return Mem3DState(
            self.volume,
            self.labels,
            dict(self.pages),
            dict(self.masks),
            dict(self.quality),
            dict(self.given),
        )

    @property
    def plane(self) -> tuple[int, int]:
        return (self.volume.shape[1], self.volume.shape[2])

    def shown(self, index: int) -> Slice:
        """What is shown of a slice: uint8 (y, x)."""
        crop = self.masks.get(index)
        return (
            np.zeros(self.plane, np.uint8) if crop is None else crop.whole(self.plane)
        )

    def mark(self, index: int, made: Sequence[Prompt]) -> None:
        """Take note of the prompts of a turn on a slice, before they are answered."""
        self.pages[index] = self.pages.get(index, Page()).marked(made)
        shown = self.shown(index)
        if index in self.given:
            given = dict(self.given[index])
        else:
            values, areas = np.unique(shown[shown > 0], return_counts=True)
            sizes = zip(values.tolist(), areas.tolist(), strict=True)
            given = {value: round(TRIMMED_MOST * area) for value, area in sizes}
        said = fixed_labels(made, index, self.plane)
        boxes = boxes_on(made, index, self.plane)
        for value in given:
            marked = (said == value) | boxes.get(value, False)
            struck = (shown == value) & (said != value) & (said != UNMARKED)
            given[value] += int(marked.sum()) - int(struck.sum())
        self.given[index] = given

    def by_reader(self) -> list[int]:
        """Slices the reader worked on: marked or accepted, ascending."""
        return sorted(
            index
            for index, page in self.pages.items()
            if index in self.masks and (page.prompts or page.accepted)
        )

    def suggested(self) -> int | None:
        """The slice of the lowest quality that was not accepted; None without any."""
        open_slices = {
            index: quality
            for index, quality in self.quality.items()
            if not self.pages.get(index, Page()).accepted
        }
        return min(open_slices, key=lambda i: (open_slices[i], i), default=None)

    def save(self) -> Snapshot:
        """Arrays and header from which ``load`` makes the state again."""
        arrays: dict[str, NDArray[Any]] = {
            f"mask/{index}": crop.labels for index, crop in self.masks.items()
        }
        header = {
            "starts": {str(index): list(c.start) for index, c in self.masks.items()},
            "sizes": {
                str(index): list(c.labels.shape) for index, c in self.masks.items()
            },
            "quality": {str(index): q for index, q in self.quality.items()},
            "given": {
                str(index): {str(value): count for value, count in given.items()}
                for index, given in self.given.items()
            },
            "pages": {
                str(index): {
                    "prompts": [prompt_to_json(prompt) for prompt in page.prompts],
                    "accepted": page.accepted,
                }
                for index, page in self.pages.items()
            },
        }
        return Snapshot(arrays, header)

    def restore(self, snapshot: Snapshot) -> None:
        """Take over what ``save`` was given."""
        header = snapshot.header
        for name, (y, x) in header["starts"].items():
            size = tuple(header["sizes"][name])
            labels = np.array(snapshot.arrays[f"mask/{name}"], dtype=np.uint8)
            self.masks[int(name)] = Crop((int(y), int(x)), labels.reshape(size))
        for name, quality in header["quality"].items():
            self.quality[int(name)] = float(quality)
        for name, given in header.get("given", {}).items():
            self.given[int(name)] = {int(v): int(n) for v, n in given.items()}
        for name, body in header["pages"].items():
            prompts = tuple(prompt_from_json(prompt) for prompt in body["prompts"])
            self.pages[int(name)] = Page(prompts, None, bool(body["accepted"]))
