"""PRISM as an engine: one binary target per label, asked for in crops of the volume.

Li et al., "PRISM", MICCAI 2024. A turn is: hear the prompts; for every label concerned
and every crop they need, encode the crop (once: later turns in it find its features),
take the candidates, select, correct; blend the answer into the label's logits; show the
most probable label above one half. Marks of one label count against the others.

Decided beyond the paper: where a first answer runs out of its crop, the crop is zoomed
out until it holds the target; corrections of a target too large for a crop are asked
for in crops of its size, since what is wrong there is mostly large too; a crop's answer
fades into older ones towards its faces, so that no seam shows; a later answer changes
only the parts that a mark of the turn lies in (``asked_for``); nothing of a label shows
outside the box it was given, until a mark contradicts the box; a slice the reader
accepted stays until it is marked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from inference_worker.contract.catalog import ENGINES, check_taken
from inference_worker.contract.engine import Carry, Label, Prediction, Snapshot, Volume
from inference_worker.contract.geometry import Region
from inference_worker.contract.marks import UNMARKED
from inference_worker.contract.prompts import Accept, Box, Prompt, Visit, slice_of
from inference_worker.engines.prism.asking import (
    Question,
    asked_for,
    beyond_box,
    known,
    opened_box,
    questions,
    typical_size,
)
from inference_worker.engines.prism.grid import (
    Crop,
    Grey,
    crop_around,
    cut,
    fitting_zoom,
    largest_zoom,
    window_of,
)
from inference_worker.engines.prism.state import UNASKED, State
from inference_worker.nets.precision import fast_autocast
from inference_worker.nets.prism import Prism, select
from inference_worker.nets.prism_prompts import (
    LOGIT_MOST,
    Mark,
    PatchBox,
    Told,
    as_tensors,
    mark_map,
    standardise,
)

FADE = 5
"""Voxels of the patch over which an answer fades into older ones."""

RUNS_OUT = 0.02
"""Share of a face of the crop that is newly covered where a target runs out of it."""

OUTSIDE = -1.0
"""Logit of a voxel outside its label's box, at most: the reader said so."""

_SHOWN = -2.0
"""Logits below this never show; what stays below before and after is not sent."""


@dataclass(frozen=True)
class Settings:
    """What an ablation changes: Tables 2 and 3 of the paper.

    Attributes
    ----------
    confidence: select by the scores; otherwise the first candidate stands.
    corrective: let the corrective network have the last word.
    enclose: nothing of a label shows outside its box.
    merge: later answers change only what a mark of the turn asks for.
    """

    confidence: bool = True
    corrective: bool = True
    enclose: bool = True
    merge: bool = True


class PrismEngine:
    """See the module."""

    def __init__(self, net: Prism, settings: Settings) -> None:
        self.spec = ENGINES["prism"]
        self.net = net
        self.settings = settings
        self.patch = net.shape.patch

    def open(
        self, volume: Volume, labels: Sequence[Label], *, carry: Carry | None = None
    ) -> State:
        """The volume on its working grid; there is nothing to carry."""
        return State.opened(volume, labels)

    def step(self, state: State, prompts: Sequence[Prompt]) -> Iterator[Prediction]:
        """The slices marked or visited first, then whatever changed in 3D."""
        check_taken(self.spec, prompts)
        return self._step(state, prompts)

    def _step(self, state: State, prompts: Sequence[Prompt]) -> Iterator[Prediction]:
        draft = state.fork()
        draft.hear(prompts)
        asked = [
            Region.of_slice(index, state.volume.shape) for index in _slices(prompts)
        ]
        todo = questions(prompts, draft, self.patch)
        changed: list[Region] = []
        scores: list[float] = []
        for number, question in enumerate(todo):
            region, score = self._answer(draft, question)
            changed += [region] if region else []
            scores.append(score)
            if number + 1 < len(todo):
                done = 0.8 * (number + 1) / len(todo)
                yield Prediction(
                    asked[0], draft.labels_in(asked[0]), "first", fraction=done
                )
        final = [*asked, *changed]
        for number, region in enumerate(final):
            last = number + 1 == len(final)
            yield Prediction(
                region,
                draft.labels_in(region),
                "final" if last else "first",
                quality=_quality(region, scores),
                fraction=1.0 if last else 0.8 + 0.2 * (number + 1) / len(final),
            )
        state.adopt(draft)

    def _answer(self, state: State, question: Question) -> tuple[Region | None, float]:
        """Ask, zooming out while the target runs out of the crop; blend the answer.

        Returns
        -------
        The voxels that may show something else now, and the confidence.
        """
        most = largest_zoom(state.grid, self.patch)
        zoom = fitting_zoom(question.extent, self.patch, most)
        fresh = question.label not in state.logits
        if not fresh:
            size = typical_size(state.logits[question.label] > 0)
            zoom = max(zoom, fitting_zoom([size], self.patch, most))
        while True:
            crop = crop_around(
                state.grid, question.low, question.high, self.patch, zoom
            )
            before = known(cut(state.logits_of(question.label), crop, self.patch))
            logits, score = self._ask(state, question, crop, before)
            out = fresh and question.positive and self._runs_out(state, crop, logits)
            if zoom == most or not out:
                break
            zoom += 1
        asked = None
        if not fresh and self.settings.merge:
            marks = self._marks(state, question, crop)
            asked = asked_for(logits[0, 0].numpy() > 0, before > 0, marks)
        return self._blend(state, question.label, crop, logits, asked), score

    def _marks(self, state: State, question: Question, crop: Crop) -> list[Mark]:
        """This turn's marks that lie in the crop."""
        marks = (
            Mark(
                state.grid.to_crop(spoken.voxels, crop),
                spoken.label == question.label,
                spoken.stroke,
            )
            for spoken in question.spoken
        )
        return [mark for mark in marks if _within(mark, self.patch)]

    def _ask(
        self, state: State, question: Question, crop: Crop, previous: Grey
    ) -> tuple[torch.Tensor, float]:
        """Logits (1, 1, p, p, p) on the CPU, and the confidence of the candidate."""
        patch = self.patch
        told = Told(
            self._marks(state, question, crop),
            self._box(state, question, crop),
            previous,
        )
        device = next(self.net.parameters()).device
        tensors = [t.to(device) for t in as_tensors([told], patch)]
        maps = self._accumulated(state, question.label, crop)
        with torch.no_grad(), fast_autocast(device):
            image, features = self._encoded(state, crop, device)
            masks, scores = self.net.answer(features, *tensors)
            chosen = select(masks, scores) if self.settings.confidence else masks[:, :1]
            best = scores.argmax(dim=1) if self.settings.confidence else [0]
            if self.settings.corrective:
                seen = torch.from_numpy(image)[None, None].to(device)
                told_maps = [torch.from_numpy(m)[None, None].to(device) for m in maps]
                chosen = self.net.correct(seen, chosen, *told_maps)
        logits = chosen.float().cpu().clamp(-LOGIT_MOST, LOGIT_MOST)
        return logits, float(scores[0, int(best[0])])

    def _encoded(
        self, state: State, crop: Crop, device: torch.device
    ) -> tuple[Grey, list[torch.Tensor]]:
        """The crop's image (p, p, p) and its features, computed once."""
        held = state.features.get(crop)
        if held is None:
            image = standardise(cut(state.image, crop, self.patch))
            tensor = torch.from_numpy(image)[None, None].to(device)
            tensor = tensor.contiguous(memory_format=torch.channels_last_3d)
            held = (image, self.net.encode(tensor))
        state.keep_features(crop, *held)
        return held

    def _accumulated(self, state: State, label: int, crop: Crop) -> tuple[Grey, Grey]:
        """Maps (p, p, p) of every mark so far, for and against the label."""
        marks = []
        for index, page in sorted(state.marks.items()):
            for positive in (True, False):
                said = page == label if positive else (page != label)
                voxels = np.argwhere(said & (page != UNMARKED))
                at = state.grid.to_crop(np.insert(voxels, 0, index, axis=1), crop)
                marks.append(Mark(at, positive, stroke=True))
        positive_map, negative_map = (
            mark_map(marks, sign, self.patch).astype(np.float32)
            for sign in (True, False)
        )
        return positive_map, negative_map

    def _box(self, state: State, question: Question, crop: Crop) -> PatchBox | None:
        """The label's box in the crop; fixed from when it was drawn (section 2)."""
        if question.box is None:
            return None
        low, high = (
            (edge - np.array(crop.start)) / crop.zoom
            for edge in opened_box(question.box, state)
        )
        if (high <= 0).any() or (low >= self.patch).any():
            return None
        return PatchBox(tuple(low.tolist()), tuple(high.tolist()))

    def _runs_out(self, state: State, crop: Crop, logits: torch.Tensor) -> bool:
        """Whether the answer covers a part of a face that has volume behind it."""
        mask = logits[0, 0].numpy() > 0
        size = self.patch * crop.zoom
        for axis, (start, side) in enumerate(
            zip(crop.start, state.grid.sides, strict=True)
        ):
            ends = ((0, start > 0), (self.patch - 1, start + size < side))
            for at, beyond in ends:
                if beyond and mask.take(at, axis=axis).mean() > RUNS_OUT:
                    return True
        return False

    def _blend(
        self,
        state: State,
        label: int,
        crop: Crop,
        logits: torch.Tensor,
        asked: NDArray[np.bool_] | None,
    ) -> Region | None:
        """Write an answer into the label's logits; the voxels it may change.

        ``asked``: voxels of the patch that may show something else; all where None.
        """
        size = self.patch * crop.zoom
        if crop.zoom > 1:
            logits = functional.interpolate(
                logits, size=(size,) * 3, mode="trilinear", align_corners=False
            )
        there, here = window_of(state.grid, crop, self.patch)
        found = logits[0, 0].numpy()[here.slices]
        outside = beyond_box(label, state, there) if self.settings.enclose else None
        if outside is not None:
            found = np.where(outside, np.minimum(found, OUTSIDE), found)
        old = state.logits_of(label)[there.slices].astype(np.float32)
        share = np.ones((), np.float32)
        for axis in range(3):
            ramp = _ramp(state, crop, axis, size)[here.slices[axis]]
            along = [-1 if other == axis else 1 for other in range(3)]
            share = np.minimum(share, ramp.reshape(along))
        share = np.where(old <= (UNASKED - LOGIT_MOST) / 2, 1.0, share)
        new = share * found + (1 - share) * np.maximum(old, -LOGIT_MOST)
        if asked is not None:
            for axis in range(3):
                asked = asked.repeat(crop.zoom, axis)
            new = np.where(asked[here.slices] | ((new > 0) == (old > 0)), new, old)
        whole = state.logits_of(label).copy()
        whole[there.slices] = new
        state.logits[label] = whole
        may = np.argwhere(np.maximum(old, new) > _SHOWN)
        if not len(may):
            return None
        low = may.min(axis=0) + np.array(there.start)
        high = may.max(axis=0) + 1 + np.array(there.start)
        return state.grid.region(low - 1, high + 1)

    def save(self, state: State) -> Snapshot:
        """What was said and answered."""
        return state.save()

    def load(
        self, volume: Volume, labels: Sequence[Label], snapshot: Snapshot
    ) -> State:
        """The state that ``save`` was given."""
        return State.loaded(volume, labels, snapshot)

    def close(self, state: State) -> Carry | None:
        """Nothing is learnt, so nothing is carried."""
        return None


def _slices(prompts: Sequence[Prompt]) -> list[int]:
    """Slices that were marked or visited, each once, in the order they were."""
    found = []
    for prompt in prompts:
        if isinstance(prompt, Accept):
            continue
        index = slice_of(prompt)
        if isinstance(prompt, Box):
            index = (prompt.region.start[0] + prompt.region.stop[0]) // 2
        found.append(index)
    visited_last = [p.slice for p in prompts if isinstance(p, Visit)]
    return list(dict.fromkeys([*found, *visited_last]))


def _quality(region: Region, scores: Sequence[float]) -> dict[int, float]:
    """The lowest confidence of the turn, for every slice it answers."""
    if not scores:
        return {}
    return dict.fromkeys(range(region.start[0], region.stop[0]), min(scores))


def _within(mark: Mark, patch: int) -> bool:
    """Whether any of the mark lies in the patch."""
    inside = (mark.voxels > -0.5) & (mark.voxels < patch - 0.5)
    return bool(inside.all(axis=1).any())


def _ramp(state: State, crop: Crop, axis: int, size: int) -> Grey:
    """Weight (size,) of an answer along one axis, falling towards its faces.

    It does not fall towards a face with nothing behind it.
    """
    fade = FADE * crop.zoom
    place = np.arange(size)
    share = np.ones(size)
    if crop.start[axis] > 0:
        share = np.minimum(share, (place + 1) / (fade + 1))
    if crop.start[axis] + size < state.grid.sides[axis]:
        share = np.minimum(share, (size - place) / (fade + 1))
    return share.astype(np.float32)
