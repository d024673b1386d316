"""What of a turn concerns which label, and in which crops it is asked for.

Marks near one another share a crop; a mark far from the rest has its own. So a crop
goes where the prompts go, as the paper's patch does, and two kidneys marked in one turn
are asked for at full resolution each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.contract.geometry import Region
from inference_worker.contract.marks import UNMARKED
from inference_worker.contract.prompts import (
    Accept,
    Box,
    ExtremePoints,
    Paint,
    Prompt,
    Propagate,
    Visit,
    slice_of,
)
from inference_worker.engines.prism.grid import Positions
from inference_worker.engines.prism.state import State
from inference_worker.nets.prism_prompts import LOGIT_MOST, Mark, mark_map
from inference_worker.planar.pages import fixed_labels

CLAIMED = -2.0
"""Logit above which a mark of another label is news to a label."""

BOX_ROOM = 1.2
"""How much larger than a box its crop must be."""

_SILENT = Accept | Visit | Paint | Propagate


@dataclass(frozen=True, eq=False)
class Spoken:
    """One mark of a turn: all voxels (n, 3) it says to be ``label``."""

    label: int
    voxels: NDArray[np.intp]
    stroke: bool


@dataclass
class Question:
    """One label, asked for in one crop.

    Attributes
    ----------
    spoken: marks that the network is told, of the label and against it.
    low, high: the working positions that the crop must hold.
    box: around the label, in voxels, where it has one; ``boxed``: drawn this turn.
    """

    label: int
    spoken: list[Spoken] = field(default_factory=list)
    low: Positions = field(default_factory=lambda: np.full(3, np.inf))
    high: Positions = field(default_factory=lambda: np.full(3, -np.inf))
    box: Region | None = None
    boxed: bool = False

    def joined(self, low: Positions, high: Positions) -> tuple[Positions, Positions]:
        """What a crop of both this and ``low`` to ``high`` must hold."""
        return np.minimum(self.low, low), np.maximum(self.high, high)

    @property
    def extent(self) -> list[float]:
        """Working voxels that the crop must hold along every axis."""
        room = BOX_ROOM if self.boxed else 1.0
        return [float(side) for side in (self.high - self.low + 1) * room]

    @property
    def positive(self) -> bool:
        """Whether the label itself was marked or boxed."""
        return self.boxed or any(s.label == self.label for s in self.spoken)


def spoken_in(prompts: Sequence[Prompt], state: State) -> list[Spoken]:
    """The marks of a turn, as the voxels they cover."""
    plane = (state.volume.shape[1], state.volume.shape[2])
    found = []
    for prompt in prompts:
        if isinstance(prompt, Box | _SILENT):
            continue
        if isinstance(prompt, ExtremePoints):
            voxels = np.array(prompt.voxels)
        else:
            index = slice_of(prompt)
            covered = np.argwhere(fixed_labels([prompt], index, plane) != UNMARKED)
            voxels = np.insert(covered, 0, index, axis=1)
        found.append(Spoken(prompt.label, voxels, stroke=len(voxels) > 1))
    return found


def questions(prompts: Sequence[Prompt], state: State, patch: int) -> list[Question]:
    """What the network is asked after ``prompts`` were heard, label by label."""
    spoken = spoken_in(prompts, state)
    boxed = {p.label for p in prompts if isinstance(p, Box | ExtremePoints) if p.label}
    boxed &= state.boxes.keys()
    labels = {s.label for s in spoken if s.label} | boxed
    labels |= {v for v in state.logits if any(_claims(state, v, s) for s in spoken)}
    found: list[Question] = []
    for label in sorted(labels):
        own = [s for s in spoken if s.label == label or _claims(state, label, s)]
        groups = _grouped(label, own, label in boxed, state, patch)
        for question in groups:
            # Marks of others that lie in the crop anyway are told as well.
            question.spoken += [s for s in spoken if s not in own]
        found += groups
    return found


def _claims(state: State, label: int, spoken: Spoken) -> bool:
    """Whether ``label`` is shown, or nearly, where another label was marked."""
    if label == spoken.label or label not in state.logits:
        return False
    z, y, x = np.floor(state.grid.to_working(spoken.voxels) + 0.5).astype(int).T
    return bool((state.logits[label][z, y, x] > CLAIMED).any())


def _grouped(
    label: int, own: Sequence[Spoken], boxed: bool, state: State, patch: int
) -> list[Question]:
    groups: list[Question] = []
    box = state.boxes.get(label)
    if boxed and box is not None:
        low, high = opened_box(box, state)
        groups.append(Question(label, [], low, high - 1, box, boxed=True))
    for spoken in own:
        at = state.grid.to_working(spoken.voxels)
        low, high = at.min(axis=0), at.max(axis=0)
        for group in groups:
            joined = group.joined(low, high)
            held = (low >= group.low).all() and (high <= group.high).all()
            if held or float((joined[1] - joined[0]).max()) < 0.75 * patch:
                group.low, group.high = joined
                group.spoken.append(spoken)
                break
        else:
            groups.append(Question(label, [spoken], low, high, box))
    return groups


def opened_box(box: Region, state: State) -> tuple[Positions, Positions]:
    """A box as working edges, half open.

    One drawn on a single slice says nothing of the slices beside it: it is taken to be
    as deep as its other sides on average, as a guess that marks may correct.
    """
    ratio, sides = state.grid.ratio, np.array(state.grid.sides)
    low, high = np.array(box.start) * ratio, np.array(box.stop) * ratio
    thin = np.array(box.shape) == 1
    if thin.any() and not thin.all():
        deep = float((high - low)[~thin].mean()) / 2
        middle = (low + high) / 2
        low = np.where(thin, np.maximum(middle - deep, 0), low)
        high = np.where(thin, np.minimum(middle + deep, sides), high)
    return low, high


def beyond_box(label: int, state: State, window: Region) -> NDArray[np.bool_] | None:
    """Working voxels of ``window`` that lie outside the label's box.

    A box of a single slice bounds its label on that slice alone. None without a box.
    """
    box = state.boxes.get(label)
    if box is None:
        return None
    low, high = np.array(box.start) * state.grid.ratio, box.stop * state.grid.ratio
    thin = np.array(box.shape) == 1
    outside = np.zeros(window.shape, bool)
    on_it = np.ones(window.shape, bool)
    for axis in range(3):
        along = [-1 if other == axis else 1 for other in range(3)]
        at = np.arange(window.start[axis], window.stop[axis]) + 0.5
        off = ((at < low[axis]) | (at > high[axis])).reshape(along)
        if thin[axis] and not thin.all():
            on_it &= ~off
        else:
            outside |= off
    return outside & on_it


def asked_for(
    found: NDArray[np.bool_], shown: NDArray[np.bool_], marks: Sequence[Mark]
) -> NDArray[np.bool_]:
    """Voxels of a crop where a later answer may change what is shown: bool (p, p, p).

    A reader marks what is wrong. What an answer adds is taken where a positive mark
    lies in it, what it takes away where a negative one does; the rest it would change
    was not complained of. This is the progressive merge of Chen et al., "FocalClick",
    CVPR 2022, section 3.3, with every connected part of the change for itself.
    """
    asked = np.zeros(found.shape, dtype=bool)
    for sign, change in ((True, found & ~shown), (False, shown & ~found)):
        parts, _ = ndimage.label(change)
        touched = np.unique(parts[mark_map(marks, sign, len(found))])
        asked |= np.isin(parts, touched[touched > 0])
    return asked


def typical_size(mask: NDArray[np.bool_]) -> float:
    """Geometric mean of a mask's sides, strays left out: a tube is as its thickness."""
    inside = np.argwhere(mask)
    if not len(inside):
        return 1.0
    low, high = np.percentile(inside, (5, 95), axis=0)
    return float(np.prod((high - low + 1) / 0.9) ** (1 / 3))


def known(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits as the network is told them: 0 where nothing was ever asked."""
    asked = logits >= -LOGIT_MOST - 0.5
    return np.where(asked, np.clip(logits, -LOGIT_MOST, LOGIT_MOST), 0)
