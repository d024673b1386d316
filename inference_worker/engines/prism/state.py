"""What PRISM remembers of a volume: what was said, what it answered, the last crops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.contract.engine import Label, Snapshot, Volume
from inference_worker.contract.geometry import Region
from inference_worker.contract.marks import UNMARKED
from inference_worker.contract.prompts import (
    Accept,
    Box,
    Click,
    ExtremePoints,
    Lasso,
    Paint,
    Prompt,
    Scribble,
    Visit,
    slice_of,
)
from inference_worker.engines.prism.grid import Crop, Grey, WorkingGrid
from inference_worker.nets.prism_prompts import LOGIT_MOST
from inference_worker.planar.pages import fixed_labels

UNASKED = -LOGIT_MOST - 4
"""Logit of a working voxel that no crop of the label has held yet."""

FEATURES_KEPT = 3

_STORED = ("said", "marks", "accepted", "logits")

Slice = NDArray[np.uint8]
Logits = NDArray[np.float16]


@dataclass
class State:
    """One session; arrays are replaced, never written into.

    Attributes
    ----------
    image: float32, the volume on the working grid.
    said: slice → uint8 (y, x), marks and paint; ``UNMARKED`` elsewhere.
    marks: the same without paint.
    boxes: label → the last box around it, as drawn, while nothing contradicts it.
    accepted: slice → labels that stand until the slice is marked again.
    logits: label → float16 on the working grid, what was answered last.
    features: of the last crops; a pure function of the image, so not stored.
    """

    volume: Volume
    labels: tuple[Label, ...]
    grid: WorkingGrid
    image: Grey
    said: dict[int, Slice] = field(default_factory=dict)
    marks: dict[int, Slice] = field(default_factory=dict)
    boxes: dict[int, Region] = field(default_factory=dict)
    accepted: dict[int, Slice] = field(default_factory=dict)
    logits: dict[int, Logits] = field(default_factory=dict)
    features: dict[Crop, tuple[Grey, list[torch.Tensor]]] = field(default_factory=dict)

    @classmethod
    def opened(cls, volume: Volume, labels: Sequence[Label]) -> State:
        """A state of which nothing was said."""
        grid = WorkingGrid.of(volume)
        ordered = tuple(sorted(labels, key=lambda label: label.value))
        return cls(volume, ordered, grid, grid.image(volume))

    def fork(self) -> State:
        """A state that can change without this one."""
        return State(
            self.volume,
            self.labels,
            self.grid,
            self.image,
            dict(self.said),
            dict(self.marks),
            dict(self.boxes),
            dict(self.accepted),
            dict(self.logits),
            self.features,
        )

    def adopt(self, fork: State) -> None:
        """Become what ``fork`` has become."""
        self.said, self.marks, self.boxes = fork.said, fork.marks, fork.boxes
        self.accepted, self.logits = fork.accepted, fork.logits

    def hear(self, prompts: Iterable[Prompt]) -> None:
        """Take down what the reader says."""
        for prompt in prompts:
            match prompt:
                case Visit():
                    pass
                case Accept(slice=index):
                    whole = Region.of_slice(index, self.volume.shape)
                    self.accepted[index] = self.labels_in(whole)[0]
                case Box(label=label, region=region):
                    self.boxes[label] = region
                case Paint(region=region):
                    for index in range(region.start[0], region.stop[0]):
                        self._say(self.said, prompt, index)
                    self._learn_paint(prompt)
                case _:
                    self._mark(prompt)

    def _say(self, pages: dict[int, Slice], prompt: Prompt, index: int) -> None:
        """Write what ``prompt`` says of a slice over what was said before."""
        plane = (self.volume.shape[1], self.volume.shape[2])
        made = fixed_labels([prompt], index, plane)
        before = pages.get(index, np.full(plane, UNMARKED, np.uint8))
        pages[index] = np.where(made != UNMARKED, made, before)
        self.accepted.pop(index, None)

    def _mark(self, prompt: Prompt) -> None:
        spanned = {slice_of(prompt)}
        if isinstance(prompt, ExtremePoints):
            corners = np.array(prompt.voxels)
            spanned = set(corners[:, 0].tolist())
            if len(corners) >= 4:
                (z0, y0, x0), (z1, y1, x1) = (
                    corners.min(axis=0),
                    corners.max(axis=0) + 1,
                )
                box = Region((int(z0), int(y0), int(x0)), (int(z1), int(y1), int(x1)))
                self.boxes[prompt.label] = box
        else:
            self._doubt_box(prompt)
        for index in sorted(spanned):
            self._say(self.said, prompt, index)
            self._say(self.marks, prompt, index)

    def _doubt_box(self, prompt: Prompt) -> None:
        """A box that its label was marked beside does not enclose it: forget it."""
        match prompt:
            case Click(label=label, voxel=voxel):
                voxels = np.array([voxel])
            case (
                Scribble(label=label, voxels=polyline)
                | Lasso(label=label, voxels=polyline)
            ):
                voxels = np.array(polyline)
            case _:
                return
        box = self.boxes.get(label)
        if box is None:
            return
        across = np.array(box.shape) > 1  # of a flat box, beside it is not outside
        beside = (voxels < np.array(box.start)) | (voxels >= np.array(box.stop))
        here = (~beside | across).all(axis=1)
        if (beside & across)[here].any():
            del self.boxes[label]

    def _learn_paint(self, paint: Paint) -> None:
        """Painted voxels are certain in the logits that the next turn starts from."""
        voxels = np.argwhere(paint.where)
        values = paint.labels[paint.where]
        at = self.grid.to_working(voxels + np.array(paint.region.start))
        z, y, x = np.floor(at + 0.5).astype(int).T
        for label in {*self.logits, *(int(v) for v in np.unique(values) if v)}:
            logits = self.logits_of(label).copy()
            logits[z, y, x] = np.where(values == label, LOGIT_MOST, -LOGIT_MOST)
            self.logits[label] = logits

    def logits_of(self, label: int) -> Logits:
        """The last answer of a label; ``UNASKED`` everywhere before the first."""
        held = self.logits.get(label)
        return np.full(self.grid.sides, UNASKED, np.float16) if held is None else held

    def labels_in(self, region: Region) -> NDArray[np.uint8]:
        """What is to be shown in ``region``: the most probable label above one half,
        under what was accepted and what the reader said."""
        found = np.zeros(region.shape, np.uint8)
        for part in _slabs(region):
            best = np.zeros(part.shape, np.float32)
            rows = slice(
                part.start[0] - region.start[0], part.stop[0] - region.start[0]
            )
            for label, logits in sorted(self.logits.items()):
                here = self.grid.on_voxels(logits, part)
                found[rows][here > best] = label
                best = np.maximum(best, here)
        _, y, x = region.slices
        for offset, index in enumerate(range(region.start[0], region.stop[0])):
            if index in self.accepted:
                found[offset] = self.accepted[index][y, x]
            if index in self.said:
                said = self.said[index][y, x]
                found[offset] = np.where(said != UNMARKED, said, found[offset])
        return found

    def keep_features(
        self, crop: Crop, image: Grey, features: list[torch.Tensor]
    ) -> None:
        """Keep a crop's features, and forget those not used for longest."""
        self.features.pop(crop, None)
        self.features[crop] = (image, features)
        while len(self.features) > FEATURES_KEPT:
            del self.features[next(iter(self.features))]

    def save(self) -> Snapshot:
        """Everything but what follows from the volume."""
        arrays: dict[str, NDArray[Any]] = {}
        for name in _STORED:
            held = getattr(self, name)
            arrays |= {f"{name}/{key}": array for key, array in held.items()}
        boxes = {
            str(label): [list(box.start), list(box.stop)]
            for label, box in sorted(self.boxes.items())
        }
        return Snapshot(arrays, {"boxes": boxes})

    @classmethod
    def loaded(
        cls, volume: Volume, labels: Sequence[Label], snapshot: Snapshot
    ) -> State:
        """The state that ``save`` was given."""
        state = cls.opened(volume, labels)
        for label, (start, stop) in snapshot.header["boxes"].items():
            state.boxes[int(label)] = Region(tuple(start), tuple(stop))
        for name, array in snapshot.arrays.items():
            kind, _, key = name.partition("/")
            getattr(state, kind)[int(key)] = np.array(array)
        return state


def _slabs(region: Region, deep: int = 16) -> Iterator[Region]:
    """The region in pieces of at most ``deep`` slices."""
    (_, y0, x0), (_, y1, x1) = region.start, region.stop
    for z in range(region.start[0], region.stop[0], deep):
        yield Region((z, y0, x0), (min(z + deep, region.stop[0]), y1, x1))
