"""Mem3D: the reader marks one slice, a memory network segments the others.

Zhou et al., "Quality-Aware Memory Network for Interactive Volumetric Image
Segmentation", MICCAI 2021; the network and its equations are in ``nets/mem3d.py``.

The networks know one target at a time; each label shown is a target of its own, and a
voxel goes to the most probable one above one half. Slices the reader marked or accepted
are never propagated over: they stay as shown and are remembered. Outlines and paint
count as strokes. A slice that is visited before anything reached it is asked of the
memory directly, so a reader may also walk slice by slice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from inference_worker.contract.errors import EngineFailed
from inference_worker.engines.mem3d.engine import Mem3DEngine
from inference_worker.nets.mem3d import Mem3D, Mem3DShape
from inference_worker.nets.prompted import load_prompted


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> Mem3DEngine:
    """The door that ``engines.build`` knocks at.

    ``config``: ``memory``, off for an engine that remembers the previous slice alone.
    """
    unknown = sorted(set(config) - {"seed", "memory"})
    if unknown:
        raise EngineFailed("bad-config", f"Mem3D has no setting “{unknown[0]}”.")
    model = load_prompted(weights or name, "mem3d", Mem3DShape, Mem3D, device)
    # A fifth faster on a CPU.
    model.module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Mem3DEngine(name, model, memory=bool(config.get("memory", True)))
