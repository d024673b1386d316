"""A pre-trained segmentation model as engines see it: a module and how to feed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inference_worker.contract.engine import Volume
from inference_worker.nets.preprocessing import Preprocessing, resize


@dataclass(frozen=True)
class BaseModel:
    """Weights an engine starts from; shared between sessions, so never changed.

    Attributes
    ----------
    name: registered name, or the file's.
    module: float32 image (b, channels, h, w) → logits (b, len(classes), h, w), in
        evaluation mode. Nothing else is known of it, unless it is a ``Segmenter``.
    classes: name of every output channel; channel 0 is background.
    channels: 1 (grey) or 3 (RGB).
    preprocessing: what turns voxels into ``image``.
    digest: sha256 of the weights.
    """

    name: str
    module: nn.Module
    classes: tuple[str, ...]
    channels: int
    digest: str
    preprocessing: Preprocessing = field(default_factory=Preprocessing)

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) != len(self.classes):
            raise ValueError(f"classes {self.classes}: background and others, distinct")
        if self.channels not in (1, 3):
            raise ValueError(f"{self.channels} channels: only 1 or 3 are fed")

    def frame_size(self, volume: Volume) -> tuple[int, int]:
        """Rows and columns in which the module sees a slice of ``volume``."""
        return self.preprocessing.frame.size(volume)

    def prepare(self, volume: Volume, index: int) -> torch.Tensor:
        """Slice ``index`` of ``volume`` as the module takes it.

        Returns
        -------
        float32 (1, channels, *frame_size(volume)) on the CPU, standardised.
        """
        return self.preprocessing.image(volume, index, self.channels)

    def predict(self, volume: Volume, index: int) -> NDArray[np.float32]:
        """Probability of every class on slice ``index``: (classes, y, x)."""
        device = next(self.module.parameters()).device
        with torch.inference_mode():
            logits = self.module(self.prepare(volume, index).to(device)).float()
            share = logits.softmax(dim=1)
            if share.shape[-2:] != volume.shape[1:]:
                share = resize(share, volume.shape[1:])
        return np.asarray(share[0].cpu().numpy())


def wrap_module(
    module: nn.Module,
    classes: Sequence[str],
    *,
    channels: int = 1,
    preprocessing: Preprocessing | None = None,
    name: str = "module",
    device: torch.device | str = "cpu",
) -> BaseModel:
    """Any module image (b, channels, h, w) → logits (b, len(classes), h, w).

    The module is moved to ``device`` and its parameters stop asking for gradients;
    engines copy them.
    """
    module = module.to(device)
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    return BaseModel(
        name=name,
        module=module,
        classes=tuple(classes),
        channels=channels,
        digest=digest_of(module),
        preprocessing=preprocessing or Preprocessing(),
    )


def digest_of(module: nn.Module) -> str:
    """sha256 over names, shapes, types and bytes of all parameters and buffers."""
    digest = sha256()
    for name, tensor in sorted(module.state_dict().items()):
        array = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {tuple(array.shape)} {array.dtype}\n".encode())
        digest.update(array.view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
