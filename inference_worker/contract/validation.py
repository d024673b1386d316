"""What a log may hold: prompts inside the volume, of labels the project has."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from inference_worker.contract.catalog import check_taken
from inference_worker.contract.engine import EngineSpec
from inference_worker.contract.errors import PromptError
from inference_worker.contract.geometry import Geometry
from inference_worker.contract.prompts import (
    Box,
    Click,
    ExtremePoints,
    Lasso,
    Paint,
    Prompt,
    Scribble,
    slice_of,
)


def check_prompts(
    prompts: Sequence[Prompt],
    *,
    spec: EngineSpec,
    geometry: Geometry,
    labels: Collection[int],
) -> None:
    """Refuse prompts that this engine, volume or project cannot take.

    Raises
    ------
    PromptError: ``prompt:empty``, ``prompt:not-taken``, ``prompt:across-slices``,
        ``prompt:outside-volume`` or ``prompt:unknown-label``. The log is replayed
        whole, so it may hold nothing that its engine would refuse.
    """
    if not prompts:
        raise PromptError("empty", "The turn holds no prompt; draw something first.")
    check_taken(spec, prompts)
    for prompt in prompts:
        _check_plane(prompt, spec)
        _check_place(prompt, geometry)
        _check_labels(prompt, labels)


def _check_plane(prompt: Prompt, spec: EngineSpec) -> None:
    if (
        isinstance(prompt, ExtremePoints)
        and len({voxel[0] for voxel in prompt.voxels}) > 1
        and not spec.any_plane
    ):
        raise PromptError(
            "across-slices",
            f"The engine “{spec.title}” takes outermost points of a single slice; "
            "mark them there.",
            engine=spec.name,
        )


def _check_place(prompt: Prompt, geometry: Geometry) -> None:
    match prompt:
        case Click(voxel=voxel):
            geometry.check_voxels(voxel)
        case Scribble(voxels=voxels) | ExtremePoints(voxels=voxels):
            geometry.check_voxels(voxels)
        case Lasso(voxels=voxels):
            geometry.check_voxels(voxels)
        case Box(region=region) | Paint(region=region):
            last = tuple(stop - 1 for stop in region.stop)
            geometry.check_voxels([region.start, last])
        case _:
            geometry.check_voxels((slice_of(prompt), 0, 0))


def _check_labels(prompt: Prompt, labels: Collection[int]) -> None:
    match prompt:
        case Click() | Scribble() | Box() | ExtremePoints() | Lasso():
            used = {prompt.label}
        case Paint():
            used = {int(v) for v in np.unique(prompt.labels[prompt.where])}
        case _:
            used = set()
    unknown = sorted(used - set(labels) - {0})
    if unknown:
        raise PromptError(
            "unknown-label",
            f"Label {unknown[0]} is not one of this project's labels; "
            "choose one from the list.",
            label=unknown[0],
        )
