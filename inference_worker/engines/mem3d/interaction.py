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
    GROWTH,
    MARGIN,
    STROKE_MARGIN,
    cut,
    cut_guidance,
    cut_mask,
    guidance_of,
    pasted,
    reaches_edge,
    square_around,
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

GROWTHS = 3
"""Times a region is enlarged at whose edge the target goes on."""


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
    square = square_around(around, margin)
    guidance = guidance_of(told, negative)
    net = cast(Mem3D, model.module)
    side = net.shape.roi
    device = next(net.parameters()).device
    for growth in range(GROWTHS + 1):
        parts = (
            cut(image, square, side),
            np.full((side, side), 0.5, np.float32)
            if first
            else cut_mask(own, square, side),
            cut_guidance(guidance, square, side),
        )
        inputs = [torch.from_numpy(part)[None, None].to(device) for part in parts]
        with torch.no_grad():
            logits = net.interact(kind if first else "scribble", *inputs)
        region = logits.sigmoid()[0, 0].float().cpu().numpy()
        ends = box is not None or not reaches_edge(region > 0.5, square, image.shape)
        if ends or growth == GROWTHS:
            break
        square = square.grown(GROWTH)
    share = np.zeros_like(image)
    share[square.within(image.shape)] = pasted(region, square, image.shape)
    if box is not None:
        share[~box] = 0
    return share


def _near(own: Mask) -> Mask:
    """The mask and a tenth of the slice around it: marks farther off say nothing."""
    distance = ndimage.distance_transform_edt(~own)
    return np.asarray(distance <= 0.1 * max(own.shape))


def kind_of(prompts: tuple[Prompt, ...], label: int) -> str:
    """The network of a label's first interaction: strokes say more than boxes."""
    kinds = {type(p) for p in prompts if getattr(p, "label", None) == label}
    if kinds and kinds <= {Box}:
        return "box"
    if kinds and kinds <= {Box, ExtremePoints}:
        return "extreme_points"
    return "scribble"
