"""RITM: a network that takes the marks and its own last answer as input.

Sofiiuk, Petrov, Konushin, "Reviving iterative training with mask guidance for
interactive segmentation", ICIP 2022. Nothing is adapted: each interaction is one pass.
The network knows one target at a time; each label is asked for in turn, the marks of
all others being negative, and a voxel goes to the most probable label above one half.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from scipy import ndimage

from inference_worker.contract.errors import EngineFailed, WeightsRefused
from inference_worker.contract.marks import UNMARKED
from inference_worker.nets import BaseModel, load_model
from inference_worker.nets.guided import GUIDES, GuidedUNet
from inference_worker.nets.precision import fast_autocast
from inference_worker.nets.preprocessing import resize, resize_plane
from inference_worker.planar.engine import Look, PlanarEngine, Slice, at_once
from inference_worker.planar.logits import marks_in_frame

DISC = 3.0
"""Marks are thickened by this many pixels of the frame, as in training."""


class MaskGuided:
    """Labels of a slice from its marks and the mask shown last."""

    def __init__(self, base: BaseModel) -> None:
        self.base = base

    def __call__(self, look: Look) -> Slice:
        """uint8 (y, x); background where no label was marked."""
        size = self.base.frame_size(look.volume)
        said = marks_in_frame(look.said, size)
        asked = [v for v in look.values if (said == v).any()]
        if not asked:
            return np.zeros_like(look.said)
        device = next(self.base.module.parameters()).device
        image = self.base.prepare(look.volume, look.index).to(device)
        guidance = np.stack([self._guidance(look, said, v, size) for v in asked])
        told = torch.from_numpy(guidance).to(device)
        with torch.no_grad(), fast_autocast(device):
            logits = self.base.module(image.expand(len(asked), -1, -1, -1), told)
        share = logits.float().softmax(dim=1)[:, 1:]  # (labels, 1, h, w)
        if size != look.said.shape:
            share = resize(share, look.said.shape)
        targets = share[:, 0].cpu().numpy()
        for row, value in enumerate(asked):
            if value in look.boxes:
                targets[row][~look.boxes[value]] = 0
        best = targets.argmax(axis=0)
        labels = np.asarray(asked, dtype=np.uint8)[best]
        return np.where(targets.max(axis=0) > 0.5, labels, 0).astype(np.uint8)

    def _guidance(
        self, look: Look, said: Slice, value: int, size: tuple[int, int]
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Positive marks, negative marks, previous mask: float32 (3, h, w)."""
        guidance = np.zeros((GUIDES, *size), dtype=np.float32)
        for row, marked in enumerate(
            (said == value, (said != value) & (said != UNMARKED))
        ):
            if marked.any():
                guidance[row] = ndimage.distance_transform_edt(~marked) <= DISC
        page = look.pages.get(look.index)
        if page is not None and page.shown is not None:
            guidance[2] = resize_plane((page.shown == value).astype(np.float32), size)
        return guidance


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> PlanarEngine:
    """The door that ``engines.build`` knocks at."""
    unknown = sorted(set(config) - {"seed"})
    if unknown:
        raise EngineFailed("bad-config", f"RITM has no setting “{unknown[0]}”.")
    base = load_model(weights or "ritm", device)
    if not isinstance(base.module, GuidedUNet):
        raise WeightsRefused(
            "does-not-fit",
            f"“{base.name}” takes no marks; RITM needs a network trained with clicks.",
            name=base.name,
        )
    return PlanarEngine(name, at_once(MaskGuided(base)))
