"""Train Mem3D: its interaction networks on targets, its memory on sequences.

::

    python -m inference_worker.training.mem3d --data-root DIR --out var/mem3d

One step in ``INTERACTION_EVERY`` teaches the interaction networks: the simulated
annotator scribbles (or clicks), boxes or sets extreme points on each target, and half
of the scribbled ones are corrected once more. The other steps teach the memory: the
first of five slices is remembered with its true mask, sometimes a spoilt one, and each
answer joins the memory for the next. The quality head learns the IoU that was reached
and teaches nothing else. Seeded; the same command continues a run that was cut; Ctrl-C
finishes the step, saves and stops.

Departs from the paper (Adam at 1e-5, 120 epochs, ResNet-50 pre-trained on pictures):
the encoders start from a base model of ours (``--start``), trained on the patients that
are trained on here, and keep its batch statistics; a short run, warmed up and annealed
by a cosine; the normalised focal loss and Dice, as cross-entropy teaches too slowly.
"""

from __future__ import annotations

import argparse
import logging
import math
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inference_worker.contract.marks import scribble_mask
from inference_worker.engines.mem3d.region import (
    MARGIN,
    STROKE_MARGIN,
    Window,
    cut,
    cut_guidance,
    guidance_of,
    window_around,
)
from inference_worker.evaluation.provenance import commit
from inference_worker.nets.base_model import BaseModel
from inference_worker.nets.mem3d import KINDS, SMALL, Mem3D
from inference_worker.nets.prompted import save_prompted
from inference_worker.nets.resnet import ResNetEncoder
from inference_worker.nets.weights_file import load_model
from inference_worker.simulate.boxes import box_around, extreme_points_of
from inference_worker.simulate.clicks import region_centre
from inference_worker.simulate.hand import measured_hand
from inference_worker.simulate.scribbles import scribbles_in
from inference_worker.simulate.truth import ErrorRegion, error_regions
from inference_worker.training.average import early, follow
from inference_worker.training.checkpoint import note_run, resume, save
from inference_worker.training.curve import draw_losses
from inference_worker.training.focal import normalised_focal_loss
from inference_worker.training.sequences import (
    LENGTH,
    Stack,
    draw_sequences,
    read_stacks,
)
from inference_worker.training.targets import (
    PREPROCESSING,
    REFERENCE,
    SOURCES,
    Pools,
    draw_targets,
    read_pools,
)

log = logging.getLogger("training")

STEPS = 1500
INTERACTION_EVERY = 2
BATCH = 8
SEQUENCES = 4
SIDE = 96
LEARNING_RATE = 1e-3
WARM_UP = 50
DECAY = 0.99
CLICK_SHARE = 0.25
SPOILT_SHARE = 0.3

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]


def segmentation_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Normalised focal loss and Dice of (b, 1, y, x), truth in {0, 1}."""
    share = logits.sigmoid()
    overlap = (share * truth).sum(dim=(1, 2, 3))
    total = share.sum(dim=(1, 2, 3)) + truth.sum(dim=(1, 2, 3))
    dice = 1 - (2 * overlap + 1) / (total + 1)
    focal = normalised_focal_loss(logits[:, 0], truth[:, 0] > 0.5)
    return focal + 0.5 * dice.mean()


def reached_iou(share: Tensor, truth: Tensor) -> Tensor:
    """IoU of the target on each slice (b,); 1 where none is and none was found."""
    found = share > 0.5
    overlap = (found & (truth > 0.5)).sum(dim=(1, 2, 3)).float()
    union = (found | (truth > 0.5)).sum(dim=(1, 2, 3)).float()
    return torch.where(union > 0, overlap / union.clamp_min(1), torch.ones_like(union))


def stroke_in(
    shown: Mask, truth: Mask, rng: np.random.Generator
) -> tuple[Mask, bool] | None:
    """A stroke or click in the largest error, and whether it adds; None without one."""
    regions = error_regions(shown.astype(np.uint8), truth.astype(np.uint8))
    if not regions:
        return None
    region: ErrorRegion = regions[0]
    marked = np.zeros(truth.shape, dtype=bool)
    if rng.random() < CLICK_SHARE:
        marked[region_centre(region.mask)] = True
        marked = cv2.dilate(marked.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    else:
        for stroke in scribbles_in(region, 0, 1, rng, measured_hand()):
            marked |= scribble_mask(stroke, (truth.shape[0], truth.shape[1]))
    return marked, bool(region.label)


def first_guidance(
    kind: str, truth: Mask, rng: np.random.Generator
) -> tuple[Mask, float]:
    """What the first prompt marks, and the margin of its region."""
    marked = np.zeros_like(truth)
    if kind == "scribble":
        drawn = stroke_in(np.zeros_like(truth), truth, rng)
        return (truth if drawn is None else drawn[0]), STROKE_MARGIN
    if kind == "box":
        region = box_around(truth, 1, 0, rng, jitter=0.05).region
        marked[region.slices[1:]] = True
        return marked, MARGIN
    for _, y, x in extreme_points_of(truth, 1, 0, rng, jitter=1.0).voxels:
        marked[y, x] = True
    marked = cv2.dilate(marked.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return marked, MARGIN


def interaction_loss(
    net: Mem3D, kind: str, pools: Pools, rng: np.random.Generator
) -> Tensor:
    """One prompt of ``kind`` on each of a batch of targets, learnt from."""
    side = net.shape.roi
    images, truths = draw_targets(pools, side, BATCH, rng)
    prompts = [first_guidance(kind, truth, rng) for truth in truths]
    windows = [window_around(marked, margin) for marked, margin in prompts]
    guidance = [guidance_of(marked, np.zeros_like(marked)) for marked, _ in prompts]
    image = PREPROCESSING.intensity.standardise(
        _regions([plane[0] for plane in images], windows, side)
    )
    truth = (_regions(list(truths), windows, side) > 0.5).float()
    told = _guidances(guidance, windows, side)
    previous = torch.full_like(told, 0.5)
    if kind == "scribble" and rng.random() < 0.5:
        with torch.no_grad():
            previous = net.interact(kind, image, previous, told).sigmoid()
        shown = (previous > 0.5).numpy()[:, 0]
        for row, target in enumerate(truth.numpy()[:, 0] > 0.5):
            drawn = stroke_in(shown[row], target, rng)
            if drawn is not None:
                marked, adds = drawn
                told[row, 0][torch.from_numpy(marked)] = 1.0 if adds else -1.0
    return segmentation_loss(net.interact(kind, image, previous, told), truth)


def _regions(
    planes: Sequence[NDArray[Any]], windows: Sequence[Window], side: int
) -> Tensor:
    cuts = [cut(p, window, side) for p, window in zip(planes, windows, strict=True)]
    return torch.from_numpy(np.stack(cuts)[:, None])


def _guidances(
    planes: Sequence[Floats], windows: Sequence[Window], side: int
) -> Tensor:
    cuts = [
        cut_guidance(p, window, side) for p, window in zip(planes, windows, strict=True)
    ]
    return torch.from_numpy(np.stack(cuts)[:, None])


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
    net: Mem3D, stacks: Sequence[Stack], pools: Pools, rng: np.random.Generator
) -> Tensor:
    """A batch of sequences, walked with a growing memory."""
    views, targets = draw_sequences(stacks, pools, SIDE, SEQUENCES, rng)
    image = PREPROCESSING.intensity.standardise(
        torch.from_numpy(views.reshape(-1, 1, SIDE, SIDE))
    ).reshape(SEQUENCES, LENGTH, 1, SIDE, SIDE)
    truth = torch.from_numpy(targets).float()[:, :, None]
    first = np.stack(
        [
            spoilt(mask, rng) if rng.random() < SPOILT_SHARE else mask
            for mask in targets[:, 0]
        ]
    )
    cells = [net.remember(image[:, 0], torch.from_numpy(first).float()[:, None])]
    total = image.new_zeros(())
    for step in range(1, LENGTH):
        query = net.ask(image[:, step])
        logits, features = net.segment(query, cells, (SIDE, SIDE))
        share = logits.detach().sigmoid()
        iou = reached_iou(share, truth[:, step])
        guess = net.quality(features.detach(), share).sigmoid()
        total = total + segmentation_loss(logits, truth[:, step])
        total = total + functional.mse_loss(guess, iou)
        if step + 1 < LENGTH:
            # The slice that was remembered first, and the previous one (section 3).
            cells = [cells[0], net.remember(image[:, step], share)]
    return total / (LENGTH - 1)


def start_encoders(net: Mem3D, base: BaseModel) -> None:
    """Copy the base model's encoder into every encoder of ``net``.

    A first convolution that sees more than an image takes the image's weights over and
    keeps its own for the rest. The encoders' batch statistics stay as they are.
    """
    given = {
        name.removeprefix("encoder."): value
        for name, value in base.module.state_dict().items()
        if name.startswith("encoder.")
    }
    with torch.no_grad():
        for name, value in net.state_dict().items():
            entry = name.rpartition("encoder.")[2]
            if entry == name:
                continue
            if entry == "conv1.weight":
                value[:, :1] = given[entry]
            else:
                value.copy_(given[entry])
    for module in net.modules():
        if isinstance(module, ResNetEncoder):
            module.eval()  # a few views are too few for statistics


def train(
    pools: Pools,
    stacks: Sequence[Stack],
    out: Path,
    *,
    steps: int = STEPS,
    stop_after: int | None = None,
    seed: int = 0,
    start: BaseModel | None = None,
) -> Path:
    """Train to ``steps`` (or leave at ``stop_after``); returns the model's path.

    ``start``: a base model with the encoders' layout; drawn at random without.
    """
    out.mkdir(parents=True, exist_ok=True)
    sources = commit()
    torch.manual_seed(seed)
    net = Mem3D(SMALL).train()
    if start is not None:
        start_encoders(net, start)
    averaged = {name: t.detach().clone() for name, t in net.state_dict().items()}
    optimizer = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE)
    begun = done = resume(out / "checkpoint.safetensors", net, averaged, optimizer)
    rows: list[tuple[int, float, float]] = []
    asked: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda *_: asked.append(1))
    last = min(steps, stop_after or steps)
    try:
        while done < last and not asked:
            began = time.monotonic()
            rng = np.random.default_rng([seed, done])
            warm = min(1.0, (done + 1) / WARM_UP)
            for group in optimizer.param_groups:
                cosine = 0.5 * (1 + math.cos(math.pi * done / steps))
                group["lr"] = LEARNING_RATE * warm * cosine
            if done % INTERACTION_EVERY:
                loss = memory_loss(net, stacks, pools, rng)
            else:
                # Strokes come in more shapes than boxes: every other time.
                turn = done // INTERACTION_EVERY % 4
                kind = KINDS[0] if turn % 2 == 0 else KINDS[1 + turn // 2]
                loss = interaction_loss(net, kind, pools, rng)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            follow(averaged, net, early(DECAY, done))
            rows.append((done, float(loss.detach()), time.monotonic() - began))
            if done % 20 == 0:
                mean = np.mean([row[1] for row in rows[-20:]])
                log.info("step %d/%d loss %.4f", done, steps, mean)
            done += 1
            if done % 100 == 0 or done == last or asked:
                save(out / "checkpoint.safetensors", net, averaged, optimizer, done)
    finally:
        signal.signal(signal.SIGINT, previous)
    if rows:
        draw_losses(rows, out / "losses.png")
    net.load_state_dict(averaged)
    facts = {
        "training": {
            "script": "inference_worker.training.mem3d",
            "sources": [
                {"folder": s.folder, "labels": len(s.labels), "licence": s.licence}
                for s in (*SOURCES, REFERENCE)
            ],
            "patients": pools.patients,
            "start": start and start.digest,
            "seed": seed,
            "steps": done,
            "runs": note_run(out, begun, done, steps=steps),
            "batch": BATCH,
            "commit": sources,
            "parameters": sum(p.numel() for p in net.parameters()),
        }
    }
    path = out / "model.safetensors"
    save_prompted(path, "mem3d", net.eval(), SMALL, PREPROCESSING, facts=facts)
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", default="ct-abdomen")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(given.threads)
    train(
        read_pools(given.data_root),
        read_stacks(given.data_root),
        given.out,
        steps=given.steps,
        seed=given.seed,
        start=load_model(given.start),
    )


if __name__ == "__main__":
    main()
