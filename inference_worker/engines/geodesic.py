"""Every voxel takes the label of the mark that is nearest along the image.

Criminisi, Sharp, Blake, "GeoS: geodesic image segmentation", ECCV 2008, without its
colour model and energy: the distance transform decides alone. ``config["3d"]`` lets a
mark speak for its neighbours as well: geodesic distance over the whole stack, a step
between slices costing its length in voxels of the plane.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.graph import MCP_Geometric

from inference_worker.contract.marks import UNMARKED
from inference_worker.planar.engine import Look, PlanarEngine, Slice, at_once
from inference_worker.planar.geodesic import geodesic_distance
from inference_worker.planar.pages import fixed_labels
from inference_worker.planar.seeds import Seeds, paste, seeds_of

CONTRAST = 40.0
"""Voxels that a step over the whole display window is worth."""

REACH = 4
"""Slices on either side over which a mark speaks in 3D."""


def nearest_seed(look: Look) -> Slice:
    """The label of the seed at the smallest geodesic distance on the slice."""
    seeds = seeds_of(look)
    if seeds is None:
        return np.zeros_like(look.said)
    image = look.grey[seeds.area]
    candidates = (0, *seeds.values)
    distances = np.stack(
        [
            geodesic_distance(seeds.labels == value, image, CONTRAST)
            for value in candidates
        ]
    )
    labels = np.asarray(candidates, dtype=np.uint8)[distances.argmin(axis=0)]
    return paste(seeds, labels, look.said.shape)


def nearest_seed_3d(look: Look) -> Slice:
    """The label of the nearest seed on this or a neighbouring slice."""
    stack = _neighbours(look)
    marked = {z for z in stack if seeds_of(stack[z]) is not None}
    if not marked:
        return np.zeros_like(look.said)
    found = {z: seeds_of(stack[z]) for z in marked}
    area = _join([seeds for seeds in found.values() if seeds is not None])
    order = sorted(stack)
    image = np.stack([stack[z].grey[area] for z in order])
    said = np.stack([stack[z].said[area] for z in order])
    said[:, 0][said[:, 0] == UNMARKED] = 0
    said[:, -1][said[:, -1] == UNMARKED] = 0
    said[:, :, 0][said[:, :, 0] == UNMARKED] = 0
    said[:, :, -1][said[:, :, -1] == UNMARKED] = 0
    z_mm, y_mm, x_mm = look.volume.geometry.spacing
    sampling = (2 * z_mm / (y_mm + x_mm), 1.0, 1.0)
    candidates = sorted({int(v) for v in np.unique(said[said != UNMARKED])} | {0})
    distances = np.stack(
        [_distance_3d(said == value, image, sampling) for value in candidates]
    )
    here = distances[:, order.index(look.index)].argmin(axis=0)
    labels = np.zeros_like(look.said)
    labels[area] = np.asarray(candidates, dtype=np.uint8)[here]
    return labels


def _neighbours(look: Look) -> dict[int, Look]:
    low = max(look.index - REACH, 0)
    high = min(look.index + REACH + 1, look.volume.shape[0])
    stack = {}
    for z in range(low, high):
        prompts = look.pages[z].prompts if z in look.pages else ()
        said = fixed_labels(prompts, z, look.said.shape)
        boxes = look.boxes if z == look.index else {}
        stack[z] = replace(look, index=z, said=said, boxes=boxes)
    return stack


def _join(found: list[Seeds]) -> tuple[slice, slice]:
    rows = slice(
        min(s.area[0].start for s in found), max(s.area[0].stop for s in found)
    )
    columns = slice(
        min(s.area[1].start for s in found), max(s.area[1].stop for s in found)
    )
    return rows, columns


def _distance_3d(
    seeds: NDArray[np.bool_],
    image: NDArray[np.float32],
    sampling: tuple[float, float, float],
) -> NDArray[np.float64]:
    """Cost of the cheapest path: length, times one and the local contrast."""
    if not seeds.any():
        return np.full(seeds.shape, np.inf)
    steps = np.gradient(image, axis=[a for a in range(3) if image.shape[a] > 1])
    slope = np.sqrt(sum(np.square(step) for step in steps))
    costs = 1.0 + CONTRAST * slope
    distance, _ = MCP_Geometric(costs, sampling=sampling).find_costs(np.argwhere(seeds))
    return np.asarray(distance)


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> PlanarEngine:
    """The door that ``engines.build`` knocks at."""
    volumetric = str(config.get("3d", "")).lower() in ("1", "true")
    segment = nearest_seed_3d if volumetric else nearest_seed
    return PlanarEngine(name, at_once(segment))
