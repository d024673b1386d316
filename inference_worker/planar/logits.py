"""Between marks and masks on the reader's side and logits on the network's."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.contract.marks import UNMARKED
from inference_worker.nets.preprocessing import resize, resize_plane
from inference_worker.planar.engine import Look, Slice

_OUTSIDE = -12.0
"""Added to a label's logit outside the boxes that enclose it."""


def marks_in_frame(said: Slice, size: tuple[int, int]) -> Slice:
    """``said`` uint8 (y, x) in the network's frame (h, w); no mark is too thin for it.

    A pixel of the frame takes the label of a marked voxel that falls into it.
    """
    if said.shape == size:
        return said
    rows, columns = np.nonzero(said != UNMARKED)
    frame = np.full(size, UNMARKED, dtype=np.uint8)
    if size[0] >= said.shape[0] and size[1] >= said.shape[1]:
        return resize_plane(said, size)
    y = (rows + 0.5) * size[0] / said.shape[0]
    x = (columns + 0.5) * size[1] / said.shape[1]
    frame[y.astype(np.intp), x.astype(np.intp)] = said[rows, columns]
    return frame


def shown_labels(look: Look, logits: torch.Tensor) -> Slice:
    """``logits`` (1, 1 + labels, h, w), background first, as labels uint8 (y, x)."""
    share = logits.detach().float().clone()
    for value, inside in look.boxes.items():
        if value:
            outside = ~resize_plane(inside, (share.shape[-2], share.shape[-1]))
            channel = look.values.index(value) + 1
            share[0, channel][torch.from_numpy(outside)] += _OUTSIDE
    share = share.softmax(dim=1)
    if share.shape[-2:] != look.said.shape:
        share = resize(share, look.said.shape)
    values = np.array([0, *look.values], dtype=np.uint8)
    return values[share[0].argmax(dim=0).cpu().numpy()]


def mark_targets(
    said: NDArray[np.uint8], values: tuple[int, ...], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Marks as channels int64 (1, y, x), and where they are: bool (1, y, x)."""
    channels = np.zeros(256, dtype=np.int64)
    channels[list(values)] = np.arange(1, len(values) + 1)
    target = torch.from_numpy(channels[said])[None].to(device)
    where = torch.from_numpy(said != UNMARKED)[None].to(device)
    return target, where


def window_around(
    said: NDArray[np.uint8], margin: int, step: int
) -> tuple[slice, slice]:
    """Bounds (rows, columns) around the marks, multiples of ``step``."""
    marked = said != UNMARKED
    bounds = []
    for axis, size in ((1, marked.shape[0]), (0, marked.shape[1])):
        hit = np.flatnonzero(marked.any(axis=axis))
        start = max(int(hit[0]) - margin, 0) // step * step
        stop = min(-(-(int(hit[-1]) + 1 + margin) // step) * step, size)
        bounds.append(slice(start, stop))
    return bounds[0], bounds[1]
