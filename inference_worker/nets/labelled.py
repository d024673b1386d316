"""A base model with the project's labels as output channels; its weights are data.

The engine may not know the architecture: it calls the module, and where the project has
a label that no channel answers to, it reads what enters the module's last convolution
and puts a channel of its own beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from inference_worker.nets.precision import fast_autocast

Weights = dict[str, torch.Tensor]

NEW_WEIGHT = "new.weight"
NEW_BIAS = "new.bias"
_SHY = -4.0
"""Logit of a new channel over the background's at first: two in a hundred."""


class Network:
    """``module`` seen through the labels of one project.

    Parameters
    ----------
    module: image (b, c, y, x) → logits (b, k, y, x); its weights are never changed.
    classes: name of every output channel of ``module``; channel 0 is background.
    names: the project's labels, in order; output channel ``i + 1`` is label ``i``.
    precision: ``auto`` (bfloat16 where that is faster), ``fp32`` or ``bf16``.
    """

    def __init__(
        self,
        module: nn.Module,
        classes: Sequence[str],
        names: Sequence[str],
        precision: str = "auto",
    ) -> None:
        self.module = module
        self.precision = precision
        known = {_plain(name): c for c, name in enumerate(classes) if c}
        self.channels = [known.get(_plain(name)) for name in names]
        self.known = [i for i, channel in enumerate(self.channels) if channel]
        self.new = [i for i, channel in enumerate(self.channels) if not channel]
        used = {channel for channel in self.channels if channel}
        self.rest = [c for c in range(len(classes)) if c not in used]
        self.last = _last_convolution(module)
        self.fan_in = self.last.in_channels if self.last else len(classes)

    def initial(self) -> Weights:
        """The base model's weights beside neutral new channels."""
        weights = {n: _copied(p) for n, p in self.module.named_parameters()}
        if self.new:
            device = next(iter(weights.values())).device
            weights[NEW_WEIGHT] = torch.zeros(
                len(self.new), self.fan_in, 1, 1, device=device
            )
            weights[NEW_BIAS] = torch.full((len(self.new),), _SHY, device=device)
        return weights

    def logits(
        self,
        weights: Mapping[str, torch.Tensor],
        image: torch.Tensor,
        *,
        slice_statistics: bool = False,
    ) -> torch.Tensor:
        """``image``: (b, c, y, x) → float32 (b, 1 + labels, y, x), background first.

        Classes of the base model that the project does not use count as background.

        Parameters
        ----------
        slice_statistics: whether batch norm uses the images' own statistics instead of
            those it was trained with.
        """
        entered: list[torch.Tensor] = []
        watch = None
        if self.new and self.last is not None:
            watch = self.last.register_forward_pre_hook(
                lambda _, inputs: entered.append(inputs[0])
            )
        try:
            own = {n: w for n, w in weights.items() if not n.startswith("new.")}
            image = image.contiguous(memory_format=torch.channels_last)
            with self._precision(), _statistics(self.module, slice_statistics):
                out = functional_call(self.module, own, (image,)).float()
        finally:
            if watch is not None:
                watch.remove()
        background = out[:, self.rest].logsumexp(dim=1)
        if self.new:
            fresh = self._fresh(weights, entered[0] if entered else out, out.shape[-2:])
        channels = [background]
        for label, channel in enumerate(self.channels):
            if channel:
                channels.append(out[:, channel])
            else:
                channels.append(background + fresh[:, self.new.index(label)])
        return torch.stack(channels, dim=1)

    def _precision(self) -> AbstractContextManager[Any]:
        if self.precision == "fp32":
            return nullcontext()
        device = next(self.module.parameters()).device
        if self.precision == "auto":
            return fast_autocast(device)
        return torch.autocast(device.type, torch.bfloat16)

    def _fresh(
        self,
        weights: Mapping[str, torch.Tensor],
        features: torch.Tensor,
        size: Sequence[int],
    ) -> torch.Tensor:
        """How far above the background the channels are that the base model lacks."""
        made = F.conv2d(features.float(), weights[NEW_WEIGHT], weights[NEW_BIAS])
        if made.shape[-2:] != tuple(size):
            made = F.interpolate(
                made, size=list(size), mode="bilinear", align_corners=False
            )
        return made


@contextmanager
def _statistics(module: nn.Module, own: bool) -> Iterator[None]:
    """Batch norm on the images' own statistics inside, without remembering them."""
    norms = [m for m in module.modules() if own and isinstance(m, _BatchNorm)]
    kept = [(m.running_mean, m.running_var) for m in norms]
    for norm in norms:
        norm.running_mean = norm.running_var = None
    try:
        yield
    finally:
        for norm, (mean, variance) in zip(norms, kept, strict=True):
            norm.running_mean, norm.running_var = mean, variance


def _copied(parameter: torch.Tensor) -> torch.Tensor:
    weight = parameter.detach()
    if weight.ndim == 4:
        return weight.clone(memory_format=torch.channels_last)
    return weight.clone()


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


def _last_convolution(module: nn.Module) -> nn.Conv2d | None:
    found = [m for m in module.modules() if isinstance(m, nn.Conv2d)]
    return found[-1] if found else None


def trained_names(
    module: nn.Module, weights: Mapping[str, torch.Tensor], which: str, norm: bool
) -> list[str]:
    """Names of the weights that steps may change; new channels always may.

    Parameters
    ----------
    which: ``all``, ``decoder`` (everything outside a child named ``encoder``), ``head``
        (the last convolution) or ``norm`` (affine parameters of batch norm).
    norm: whether batch norm's affine parameters may change at all.
    """
    norms = {
        f"{name}.{part}"
        for name, child in module.named_modules()
        if isinstance(child, _BatchNorm)
        for part in ("weight", "bias")
    }
    last = _last_convolution(module)
    heads = {
        f"{name}.{part}"
        for name, child in module.named_modules()
        if child is last
        for part in ("weight", "bias")
    }
    own = {n for n in weights if not n.startswith("new.")}
    chosen = {
        "all": own,
        "decoder": {n for n in own if not n.startswith("encoder.")},
        "head": heads & own,
        "norm": norms & own,
    }[which]
    if not norm:
        chosen -= norms
    return [n for n in weights if n in chosen or n.startswith("new.")]
