"""What a session shows: the newest label map of every slice, the reader's word first.

Three things write to a canvas: the reader's marks (click, scribble, lasso, extreme
points), the reader's own mask (paint) and the engine's predictions. Marks and paint are
what the reader *said* of a voxel, and the last thing said stands: **no prediction ever
changes a voxel of which the reader said something**, however long ago. Elsewhere the
last prediction stands. So scribbled voxels show their scribbled label whatever the
engine, and what was painted stays as painted until it is marked or painted again. A
turn of paint alone changes nothing else on the slices it paints: there the reader works
by hand.

Slices are replaced, never written into, so a fork is cheap and shares nothing that
changes: a step works on a fork, and walking away from it leaves the canvas as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.engine import Prediction
from inference_worker.contract.geometry import Region, Voxel
from inference_worker.contract.marks import UNMARKED, marks_on_slice
from inference_worker.contract.prompts import ExtremePoints, Paint, Prompt, slice_of
from inference_worker.contract.wire import pack_mask, unpack_mask

Slice = NDArray[np.uint8]


class Canvas:
    """The label map of a volume, by slice; slices without labels are not kept."""

    def __init__(self, shape: Voxel) -> None:
        self.shape = shape
        self._shown: dict[int, Slice] = {}  # z → (y, x), labels
        self._said: dict[int, Slice] = {}  # z → (y, x), labels or UNMARKED
        # What was packed of a slice holds for as long as the slice is that very array.
        self._packed: dict[tuple[str, int], tuple[Slice, dict[str, Any]]] = {}

    def fork(self) -> Canvas:
        """An independent canvas that shows the same."""
        fork = Canvas(self.shape)
        fork._shown = dict(self._shown)
        fork._said = dict(self._said)
        fork._packed = self._packed
        return fork

    @property
    def nbytes(self) -> int:
        """Bytes of all slices kept."""
        kept = (*self._shown.values(), *self._said.values())
        return sum(labels.nbytes for labels in kept)

    def shown(self, index: int) -> Slice:
        """Labels of slice ``index``: uint8 (y, x), not to be written to."""
        return self._slice(self._shown, index, 0)

    def spoken(self, index: int) -> NDArray[np.bool_]:
        """Voxels of slice ``index`` of which the reader said something: (y, x)."""
        return self._slice(self._said, index, UNMARKED) != UNMARKED

    def labels(self) -> NDArray[np.uint8]:
        """The whole label map: uint8 (z, y, x)."""
        labels = np.zeros(self.shape, dtype=np.uint8)
        for index, shown in self._shown.items():
            labels[index] = shown
        return labels

    def say(self, prompts: Iterable[Prompt]) -> None:
        """Take down what the reader said of voxels, in the order it was said."""
        for prompt in prompts:
            if isinstance(prompt, Paint):
                self._paint(prompt)
            else:
                for index in _spoken_on(prompt):
                    marks = marks_on_slice([prompt], index, self._plane)
                    self._write_said(index, marks)

    def show(self, prediction: Prediction, *, but: Collection[int] = ()) -> None:
        """Show a prediction where the reader has said nothing, on all slices ``but``.

        Raises
        ------
        ValueError: it leaves the volume, or is no uint8 array of its region.
        """
        region, labels = prediction.region, prediction.labels
        if not region.within(self.shape):
            raise ValueError(f"{region} leaves the volume of {self.shape} voxels")
        if labels.shape != region.shape or labels.dtype != np.uint8:
            raise ValueError(
                f"a prediction for {region} is {labels.dtype} {labels.shape}, "
                f"not uint8 {region.shape}"
            )
        _, rows, columns = region.slices
        for offset, index in enumerate(range(region.start[0], region.stop[0])):
            if index in but:
                continue
            shown = self.shown(index).copy()
            shown[rows, columns] = labels[offset]
            if (said := self._said.get(index)) is not None:
                shown = np.where(said != UNMARKED, said, shown)
            self._shown[index] = shown

    def changes(self, since: Canvas) -> list[Region]:
        """Where this canvas shows something else than ``since``: a box per slice."""
        boxes = []
        for index in sorted(self._shown.keys() | since._shown.keys()):
            now, then = self.shown(index), since.shown(index)
            if now is not then:
                boxes += _box(index, now != then)
        return boxes

    def pack(self, regions: Iterable[Region]) -> list[dict[str, Any]]:
        """What is shown in ``regions`` (one slice each), packed for the wire."""
        return [
            pack_mask(region, self.shown(region.start[0])[None, *region.slices[1:]])
            for region in regions
        ]

    def pack_all(self) -> list[dict[str, Any]]:
        """The whole label map, packed; slices without labels are left out."""
        return [
            self._whole("shown", index, self._shown[index])
            for index in sorted(self._shown)
            if self._shown[index].any()
        ]

    def to_json(self) -> dict[str, Any]:
        """Everything the canvas holds, for a snapshot's header."""
        return {
            "shape": list(self.shape),
            "shown": self.pack_all(),
            "said": [
                self._whole("said", index, self._said[index])
                for index in sorted(self._said)
            ],
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Canvas:
        """Undo ``to_json``."""
        z, y, x = body["shape"]
        canvas = cls((z, y, x))
        for name, slices in (("shown", canvas._shown), ("said", canvas._said)):
            for packed in body[name]:
                region, labels = unpack_mask(packed)
                slices[region.start[0]] = labels[0]
        return canvas

    @property
    def _plane(self) -> tuple[int, int]:
        return self.shape[1:]

    def _slice(self, slices: Mapping[int, Slice], index: int, empty: int) -> Slice:
        found = slices.get(index)
        return np.full(self._plane, empty, np.uint8) if found is None else found

    def _whole(self, kind: str, index: int, labels: Slice) -> dict[str, Any]:
        kept = self._packed.get((kind, index))
        if kept is None or kept[0] is not labels:
            packed = pack_mask(Region.of_slice(index, self.shape), labels[None])
            kept = self._packed[(kind, index)] = (labels, packed)
        return kept[1]

    def _write_said(self, index: int, said: Slice) -> None:
        covered = said != UNMARKED
        if not covered.any():
            return
        before = self._slice(self._said, index, UNMARKED)
        self._said[index] = np.where(covered, said, before)
        self._shown[index] = np.where(covered, said, self.shown(index))

    def _paint(self, paint: Paint) -> None:
        _, rows, columns = paint.region.slices
        for offset, index in enumerate(
            range(paint.region.start[0], paint.region.stop[0])
        ):
            said = np.full(self._plane, UNMARKED, np.uint8)
            where = paint.where[offset]
            said[rows, columns][where] = paint.labels[offset][where]
            self._write_said(index, said)


def _spoken_on(prompt: Prompt) -> list[int]:
    """Slices of whose voxels a mark speaks."""
    if isinstance(prompt, ExtremePoints):
        return sorted({voxel[0] for voxel in prompt.voxels})
    return [slice_of(prompt)]


def painted_slices(prompts: Sequence[Prompt]) -> frozenset[int]:
    """The slices of a turn of paint alone, which show nothing but the paint."""
    slices: set[int] = set()
    for prompt in prompts:
        if not isinstance(prompt, Paint):
            return frozenset()
        slices.update(range(prompt.region.start[0], prompt.region.stop[0]))
    return frozenset(slices)


def join_regions(*groups: Sequence[Region]) -> list[Region]:
    """The smallest box per slice around all ``groups`` of one-slice regions."""
    boxes: dict[int, Region] = {}
    for region in (region for group in groups for region in group):
        index = region.start[0]
        held = boxes.get(index, region)
        (_, y0, x0), (_, y1, x1) = held.start, held.stop
        (_, v0, u0), (_, v1, u1) = region.start, region.stop
        boxes[index] = Region(
            (index, min(y0, v0), min(x0, u0)), (index + 1, max(y1, v1), max(x1, u1))
        )
    return [boxes[index] for index in sorted(boxes)]


def _box(index: int, differs: NDArray[np.bool_]) -> list[Region]:
    rows = np.flatnonzero(differs.any(axis=1))
    if not rows.size:
        return []
    columns = np.flatnonzero(differs.any(axis=0))
    start = (index, int(rows[0]), int(columns[0]))
    return [Region(start, (index + 1, int(rows[-1]) + 1, int(columns[-1]) + 1))]
