"""PE-MED: a click network that mines what one click says, and the clicks before it.

Chang et al., "PE-MED: Prompt Enhancement for Interactive Medical Image Segmentation",
2023; the network and its equations are in ``nets/pemed.py``. Nothing is adapted: a
turn is one pass (two after the first mark of a label, the Self-Loop).

The network knows one target at a time. Each label that is marked on a slice is asked
for with its own marks as positive and those of all others as negative maps, together
with its own previous mask and output; a voxel goes to the most probable label above
one half. Beyond the paper, which clicks: strokes, outlines and paint enter the same
maps as clicks do, thickened alike; what the reader painted is written into the previous
mask; a box counts as a click in its middle and bounds its label.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.contract.engine import Carry, Label, Prediction, Snapshot, Volume
from inference_worker.contract.errors import EngineFailed
from inference_worker.contract.marks import UNMARKED
from inference_worker.contract.prompts import Prompt
from inference_worker.nets.pemed import IDEAS, PEMed, PEMedShape
from inference_worker.nets.preprocessing import resize
from inference_worker.nets.prompted import PromptedModel, load_prompted
from inference_worker.planar.engine import PlanarEngine, Slice, State, at_once
from inference_worker.planar.logits import marks_in_frame
from inference_worker.planar.pages import Page, boxes_on, fixed_labels

DISC = 3.0
"""Marks are thickened by this many pixels of the frame, as in training."""

SURE = 6.0
"""Logit of what the reader painted, where it is told as a previous output."""


@dataclass
class PEMedState(State):
    """Pages, and the output of the last turn: (slice, label) → float16 logits (h, w).

    Outputs are replaced, never changed.
    """

    outputs: dict[tuple[int, int], NDArray[np.float16]] = field(default_factory=dict)


class PEMedEngine(PlanarEngine):
    """One network, asked once for each label marked."""

    def __init__(self, name: str, model: PromptedModel) -> None:
        super().__init__(name, at_once(lambda look: np.zeros_like(look.said)))
        self.model = model

    @property
    def net(self) -> PEMed:
        return cast(PEMed, self.model.module)

    def open(
        self, volume: Volume, labels: Sequence[Label], *, carry: Carry | None = None
    ) -> PEMedState:
        """A state without pages; there is nothing to carry."""
        return PEMedState(volume, tuple(sorted(labels, key=lambda each: each.value)))

    def _step(self, state: State, prompts: Sequence[Prompt]) -> Iterator[Prediction]:
        own = cast(PEMedState, state)
        draft = replace(own, outputs=dict(own.outputs))
        yield from super()._step(draft, prompts)
        own.pages, own.outputs = draft.pages, draft.outputs

    def _segment(self, state: State, index: int, *, again: bool) -> Iterator[Slice]:
        page = state.pages.get(index, Page())
        if page.shown is not None and not again:
            yield page.shown  # a second look changes nothing
            return
        plane = (state.volume.shape[1], state.volume.shape[2])
        said = fixed_labels(page.prompts, index, plane)
        boxes = boxes_on(page.prompts, index, plane)
        labels = self._labels(cast(PEMedState, state), index, said, boxes)
        yield np.where(said != UNMARKED, said, labels).astype(np.uint8)

    def _labels(
        self,
        state: PEMedState,
        index: int,
        said: Slice,
        boxes: Mapping[int, NDArray[np.bool_]],
    ) -> Slice:
        """uint8 (y, x); background where no label was marked."""
        size = self.model.preprocessing.frame.size(state.volume)
        told = marks_in_frame(with_middles(said, boxes), size)
        asked = [label.value for label in state.labels if (told == label.value).any()]
        if not asked:
            return np.zeros_like(said)
        logits = self._logits(state, index, told, asked)
        for row, value in enumerate(asked):
            state.outputs[index, value] = logits[row, 0].half().cpu().numpy()
        share = logits.sigmoid()
        if size != said.shape:
            share = resize(share, said.shape)
        targets = share[:, 0].cpu().numpy()
        for row, value in enumerate(asked):
            if value in boxes:
                targets[row][~boxes[value]] = 0
        labels = np.asarray(asked, dtype=np.uint8)[targets.argmax(axis=0)]
        return np.where(targets.max(axis=0) > 0.5, labels, 0).astype(np.uint8)

    def _logits(
        self, state: PEMedState, index: int, told: Slice, asked: Sequence[int]
    ) -> torch.Tensor:
        """float32 (asked, 1, h, w)."""
        net = self.net
        device = next(net.parameters()).device
        image = self.model.preprocessing.image(state.volume, index, 1).to(device)
        positive, negative = (
            torch.from_numpy(np.stack(maps)[:, None]).to(device)
            for maps in (
                [thickened(told == value) for value in asked],
                [thickened((told != value) & (told != UNMARKED)) for value in asked],
            )
        )
        rows = [
            row for row, value in enumerate(asked) if (index, value) in state.outputs
        ]
        first = [row for row in range(len(asked)) if row not in rows]
        logits = positive.new_zeros(positive.shape)
        with torch.no_grad():
            f_i = net.encode(image)
            if first:
                logits[first] = net.first_passes(
                    f_i.expand(len(first), -1, -1, -1), positive[first], negative[first]
                )
            if rows:
                kept = np.stack([state.outputs[index, asked[row]] for row in rows])
                output = torch.from_numpy(kept[:, None]).float().to(device)
                if output.shape[-2:] != positive.shape[-2:]:
                    output = resize(output, (positive.shape[-2], positive.shape[-1]))
                on = torch.from_numpy(np.stack([told == asked[row] for row in rows]))
                off = torch.from_numpy(told != UNMARKED)[None] & ~on
                output = output.masked_fill(on[:, None].to(device), SURE)
                output = output.masked_fill(off[:, None].to(device), -SURE)
                logits[rows] = net(
                    f_i.expand(len(rows), -1, -1, -1),
                    positive[rows],
                    negative[rows],
                    output.sigmoid(),
                    output,
                )
        return logits

    def save(self, state: State) -> Snapshot:
        """Pages and outputs."""
        pages, kept = super().save(state), cast(PEMedState, state).outputs
        outputs = {f"output/{z}/{v}": array for (z, v), array in kept.items()}
        return Snapshot({**pages.arrays, **outputs}, pages.header)

    def load(
        self, volume: Volume, labels: Sequence[Label], snapshot: Snapshot
    ) -> PEMedState:
        """The state that ``save`` was given."""
        state = cast(PEMedState, super().load(volume, labels, snapshot))
        for name, array in snapshot.arrays.items():
            if name.startswith("output/"):
                _, index, value = name.split("/")
                kept = np.array(array, dtype=np.float16)
                state.outputs[int(index), int(value)] = kept
        return state


def thickened(marked: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Discs of radius ``DISC`` around what is marked: float32 (h, w) in {0, 1}."""
    if not marked.any():
        return np.zeros(marked.shape, dtype=np.float32)
    near = ndimage.distance_transform_edt(~marked) <= DISC
    return near.astype(np.float32)


def with_middles(said: Slice, boxes: Mapping[int, NDArray[np.bool_]]) -> Slice:
    """Marks, and one in the middle of the box of every label that has no other."""
    marks = said.copy()
    for value, inside in boxes.items():
        if value and inside.any() and not (said == value).any():
            rows, columns = np.nonzero(inside)
            middle = int(rows.mean()), int(columns.mean())
            if marks[middle] == UNMARKED:
                marks[middle] = value
    return marks


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> PEMedEngine:
    """The door that ``engines.build`` knocks at; ``IDEAS`` are settings, on or off."""
    unknown = sorted(set(config) - {"seed", *IDEAS})
    if unknown:
        raise EngineFailed("bad-config", f"PE-MED has no setting “{unknown[0]}”.")
    model = load_prompted(weights or name, "pemed", PEMedShape, PEMed, device)
    engine = PEMedEngine(name, model)
    engine.net.use(**{idea: bool(config[idea]) for idea in IDEAS if idea in config})
    return engine
