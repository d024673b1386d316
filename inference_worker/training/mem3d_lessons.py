"""What Mem3D is taught in one step: a prompt on a slice, or a walk over five.

Zhou et al., "Quality-Aware Memory Network", MICCAI 2021, section 3, "Interaction
simulation" and "Training details"; see ``training.mem3d`` for what is taught when.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inference_worker.engines.mem3d.region import (
    Square,
    cut,
    cut_guidance,
    cut_mask,
    square_around,
)
from inference_worker.nets.mem3d import Cell, Mem3D
from inference_worker.simulate.boxes import box_around, extreme_points_of
from inference_worker.training.sequences import LENGTH, Stacks, draw_sequences
from inference_worker.training.strokes import stroke_in
from inference_worker.training.targets import PREPROCESSING, Pools, draw_targets

BATCH = 8
SEQUENCES = 4
VIEW = 160
CLICK_SHARE = 0.25
SPOILT_SHARE = 0.3
TAUGHT_SHARE = 0.3
NEWS = 4.0
BOTH_ENDS_SHARE = 0.25
PIECES_MOST = 3

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]


def dice_of(share: Tensor, truth: Tensor) -> Tensor:
    """Soft Dice (b,) of (b, 1, y, x)."""
    overlap = (share * truth).sum(dim=(1, 2, 3))
    total = share.sum(dim=(1, 2, 3)) + truth.sum(dim=(1, 2, 3))
    return (2 * overlap + 1) / (total + 1)


def segmentation_loss(
    logits: Tensor, truth: Tensor, carried: Tensor | None = None
) -> Tensor:
    """Cross-entropy and Dice of (b, 1, y, x), truth in {0, 1}.

    ``carried``: the mask that the decoder started from. Pixels of which it is wrong
    weigh ``NEWS`` times more: the others need only be copied.
    """
    weight = None
    if carried is not None:
        wide = functional.interpolate(carried, truth.shape[-2:], mode="bilinear")
        weight = 1 + NEWS * (wide.detach() - truth).abs()
        weight = weight / weight.mean()
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, weight)
    return entropy + 1 - dice_of(logits.sigmoid(), truth).mean()


def reached_iou(share: Tensor, truth: Tensor) -> Tensor:
    """IoU of the target on each slice (b,); 1 where none is and none was found."""
    found = share > 0.5
    overlap = (found & (truth > 0.5)).sum(dim=(1, 2, 3)).float()
    union = (found | (truth > 0.5)).sum(dim=(1, 2, 3)).float()
    return torch.where(union > 0, overlap / union.clamp_min(1), torch.ones_like(union))


def first_guidance(
    kind: str, truth: Mask, rng: np.random.Generator
) -> tuple[Mask, Square]:
    """What the first prompt marks, and a region that the engine may see it in.

    A stroke tells little of the target's size: its region is half to two and a half
    times as large as the target.
    """
    extent = square_around(truth, 0, 0).side
    if kind == "scribble":
        drawn = stroke_in(np.zeros_like(truth), truth, rng, CLICK_SHARE)
        marked = truth if drawn is None else drawn[0]
        around = square_around(marked, 0.1, 0)
        side = extent * float(np.exp(rng.uniform(np.log(0.5), np.log(2.5))))
        return marked, _moved(around.grown(max(side / around.side, 1)), rng)
    marked = np.zeros_like(truth)
    if kind == "box":
        region = box_around(truth, 1, 0, rng, jitter=0.05).region
        marked[region.slices[1:]] = True
    else:
        for _, y, x in extreme_points_of(truth, 1, 0, rng, jitter=1.0).voxels:
            marked[y, x] = True
    return marked, square_around(marked, float(rng.uniform(0.05, 0.5)), 0.05)


def _moved(square: Square, rng: np.random.Generator) -> Square:
    row, column = rng.uniform(-0.08, 0.08, 2) * square.side
    return Square(square.row + round(row), square.column + round(column), square.side)


def piece_of(target: Mask, rng: np.random.Generator) -> Mask:
    """The target, or one of its parts where they are many: nobody marks a herd."""
    count, parts = cv2.connectedComponents(target.astype(np.uint8))
    if count - 1 <= PIECES_MOST:
        return target
    pixels = np.flatnonzero(target)
    chosen = parts.flat[pixels[int(rng.integers(len(pixels)))]]
    return np.asarray(parts == chosen)


def interaction_loss(
    net: Mem3D, kind: str, pools: Pools, rng: np.random.Generator
) -> tuple[Tensor, float]:
    """One prompt of ``kind`` on each of a batch of targets: loss, and Dice reached."""
    side = net.shape.roi
    views, targets = draw_targets(pools, VIEW, BATCH, rng)
    begun = kind == "scribble" and rng.random() < SPOILT_SHARE
    images, truths, told, previous = [], [], [], []
    for view, several in zip(views, targets, strict=True):
        target = piece_of(several, rng)
        if begun:
            wrong = spoilt(target, rng)
            square = _moved(square_around(wrong | target, 0.1, 0.05), rng)
            drawn = stroke_in(wrong, target, rng, CLICK_SHARE)
            guidance = np.zeros(target.shape, dtype=np.float32)
            if drawn is not None:
                guidance[drawn[0]] = 1.0 if drawn[1] else -1.0
            previous.append(cut_mask(wrong, square, side))
        else:
            marked, square = first_guidance(kind, target, rng)
            guidance = marked.astype(np.float32)
            previous.append(np.full((side, side), 0.5, dtype=np.float32))
        images.append(cut(view[0], square, side))
        truths.append(cut_mask(target, square, side) >= 0.5)
        told.append(cut_guidance(guidance, square, side))
    image = PREPROCESSING.intensity.standardise(_batch(images))
    truth, guide, shown = _batch(truths), _batch(told), _batch(previous)
    if kind == "scribble" and rng.random() < 0.5:
        with torch.no_grad():
            shown = net.interact(kind, image, shown, guide).sigmoid()
        for row, target in enumerate(truths):
            drawn = stroke_in(shown[row, 0].numpy() > 0.5, target, rng, CLICK_SHARE)
            if drawn is not None:
                marked, adds = drawn
                guide[row, 0][torch.from_numpy(marked)] = 1.0 if adds else -1.0
        shown = (shown > 0.5).float()
    logits = net.interact(kind, image, shown, guide)
    reached = dice_of((logits.detach() > 0).float(), truth).mean()
    return segmentation_loss(logits, truth), float(reached)


def _batch(planes: Sequence[NDArray[Any]]) -> Tensor:
    return torch.from_numpy(np.stack(planes)[:, None].astype(np.float32))


def spoilt(mask: Mask, rng: np.random.Generator) -> Mask:
    """A mask as a reader might leave it: grown, shrunk, shifted, or with a bite out."""
    size = int(rng.integers(3, 8))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    plane = mask.astype(np.uint8)
    match int(rng.integers(4)):
        case 0:
            plane = np.asarray(cv2.dilate(plane, disc), dtype=np.uint8)
        case 1:
            plane = np.asarray(cv2.erode(plane, disc), dtype=np.uint8)
        case 2:
            shift = (int(rng.integers(-size, size)), int(rng.integers(-size, size)))
            plane = np.roll(plane, shift, (0, 1))
        case _:
            rows, columns = np.nonzero(mask)
            at = int(rng.integers(len(rows)))
            centre = (int(columns[at]), int(rows[at]))
            plane = np.asarray(cv2.circle(plane, centre, 2 * size, 0, -1))
    return plane > 0


def memory_loss(
    net: Mem3D, stacks: Stacks, pools: Pools, rng: np.random.Generator
) -> tuple[Tensor, float]:
    """A batch of sequences, walked with a growing memory: loss, and Dice reached."""
    side = net.shape.roi
    drawn = draw_sequences(stacks, pools, side, SEQUENCES, rng)
    image = PREPROCESSING.intensity.standardise(
        torch.from_numpy(drawn.images.reshape(-1, 1, side, side))
    ).reshape(SEQUENCES, LENGTH, 1, side, side)
    truth, window = torch.from_numpy(drawn.targets).float(), drawn.windows
    first = [
        spoilt(mask, rng) if rng.random() < SPOILT_SHARE else mask
        for mask in drawn.targets[:, 0, 0]
    ]
    at = torch.from_numpy(window)
    known = [net.remember(image[:, 0], _batch(first), at[:, 0])]
    if rng.random() < BOTH_ENDS_SHARE:
        known.append(net.remember(image[:, -1], truth[:, -1], at[:, -1]))
    steps = LENGTH - len(known)
    walked: list[Cell] = []
    total, reached = image.new_zeros(()), 0.0
    for step in range(1, steps + 1):
        query = net.ask(image[:, step], at[:, step])
        # The reader's slices, the previous one and one of those before (section 3).
        cells = known + walked[-1:] + (walked[:1] if rng.random() < 0.3 else [])
        if not net.shape.matched:
            cells = (known[:1] + walked)[-1:]
        answer = net.segment(query, cells, (side, side))
        share = answer.logits.detach().sigmoid()
        guess = net.quality(answer.features.detach(), share)
        total = total + segmentation_loss(answer.logits, truth[:, step], answer.carried)
        total = total + functional.binary_cross_entropy_with_logits(
            guess, reached_iou(share, truth[:, step])
        )
        reached += float(dice_of((share > 0.5).float(), truth[:, step]).mean())
        if step < steps:
            taught = rng.random() < TAUGHT_SHARE
            mask = truth[:, step] if taught else share
            walked.append(net.remember(image[:, step], mask, at[:, step]))
    return total / steps, reached / steps
