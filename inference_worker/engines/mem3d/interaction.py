"""The reader's slice: one interaction network per kind of prompt, label by label."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from inference_worker.contract.marks import UNMARKED
from inference_worker.contract.prompts import Box, ExtremePoints, Prompt
from inference_worker.engines.mem3d.region import (
    MARGIN,
    STROKE_MARGIN,
    cut,
    cut_guidance,
    guidance_of,
    paste,
    window_around,
)
from inference_worker.engines.mem3d.state import Mem3DState, Slice
from inference_worker.nets.mem3d import Mem3D
from inference_worker.nets.preprocessing import Frame, Preprocessing
from inference_worker.nets.prompted import PromptedModel
from inference_worker.planar.pages import boxes_on, fixed_labels

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

KEPT = 0.6
"""Probability of a label that is shown and was not asked for again."""


def answer_marks(model: PromptedModel, state: Mem3DState, index: int) -> Slice:
    """Labels (y, x) of a slice from its prompts and what was shown of it.

    Every label that is marked on the slice is asked for, and every one shown on it,
    for which the marks of others say what to take away (1); a voxel goes to the most
    probable label above one half.
    """
    prompts = state.pages[index].prompts
    said = fixed_labels(prompts, index, state.plane)
    boxes = boxes_on(prompts, index, state.plane)
    shown = state.shown(index)
    native = Preprocessing(model.preprocessing.intensity, Frame(fixed=state.plane))
    image = native.image(state.volume, index, 1)[0, 0].numpy()
    best = np.full(state.plane, 0.5, dtype=np.float32)
    labels = np.zeros(state.plane, dtype=np.uint8)
    for label in (each.value for each in state.labels):
        positive = said == label
        own = shown == label
        if not (positive.any() or own.any() or label in boxes):
            continue
        share = _share(model, image, own, said, label, boxes.get(label), prompts)
        wins = share > best
        best = np.where(wins, share, best)
        labels[wins] = label
    return np.where(said != UNMARKED, said, labels).astype(np.uint8)


def _share(
    model: PromptedModel,
    image: Floats,
    own: Mask,
    said: Slice,
    label: int,
    box: Mask | None,
    prompts: tuple[Prompt, ...],
) -> Floats:
    """Probability of one label: float32 (y, x)."""
    positive = said == label
    negative = (said != label) & (said != UNMARKED)
    kind = kind_of(prompts, label)
    told = positive | box if box is not None and kind == "box" else positive
    first = not own.any()
    if not (first or (positive & ~own).any() or (negative & own).any()):
        return np.where(own, np.float32(KEPT), np.float32(0))
    around = told | own if first else own | positive | (negative & _near(own))
    if box is not None:
        around |= box
    margin = STROKE_MARGIN if first and kind == "scribble" and box is None else MARGIN
    window = window_around(around, margin)
    net = cast(Mem3D, model.module)
    side = net.shape.roi
    guidance = _thick(guidance_of(told, negative), window, side)
    previous = np.full_like(image, 0.5) if first else own.astype(np.float32)
    device = next(net.parameters()).device
    inputs = [
        torch.from_numpy(part)[None, None].to(device)
        for part in (cut(image, window, side), cut(previous, window, side), guidance)
    ]
    with torch.no_grad():
        logits = net.interact(kind if first else "scribble", *inputs)
    region = logits.sigmoid()[0, 0].float().cpu().numpy()
    share = paste(region, window, (said.shape[0], said.shape[1]))
    if box is not None:
        share[~box] = 0
    return share


def _near(own: Mask) -> Mask:
    """The mask and a tenth of the slice around it: marks farther off say nothing."""
    distance = ndimage.distance_transform_edt(~own)
    return np.asarray(distance <= 0.1 * max(own.shape))


def _thick(guidance: Floats, window: tuple[slice, slice], side: int) -> Floats:
    """Guidance at the network's size; single voxels are three wide, as in training."""
    small = cut_guidance(guidance, window, side)
    if np.count_nonzero(small) > 64:
        return small
    grown = ndimage.maximum_filter(small, 3) + ndimage.minimum_filter(small, 3)
    return np.where(small != 0, small, np.clip(grown, -1, 1)).astype(np.float32)


def kind_of(prompts: tuple[Prompt, ...], label: int) -> str:
    """The network of a label's first interaction: strokes say more than boxes."""
    kinds = {type(p) for p in prompts if getattr(p, "label", None) == label}
    if kinds and kinds <= {Box}:
        return "box"
    if kinds and kinds <= {Box, ExtremePoints}:
        return "extreme_points"
    return "scribble"
