"""Paths through a region: its skeleton in pieces, its centre line, a loop inside it.

A path is float (n, 2), points (y, x) in in-plane voxels, in the order they are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph
from skimage.measure import find_contours
from skimage.morphology import skeletonize

Path = NDArray[np.float64]

_NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))


def path_length(path: Path) -> float:
    """Length of a path in the units of its points."""
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())


def skeleton_of(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The skeleton of a region; of one too small to have any, its deepest voxel."""
    skeleton = np.array(skeletonize(mask), np.bool_)  # type: ignore[no-untyped-call]
    if not skeleton.any():
        depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
        skeleton[np.unravel_index(int(depth.argmax()), depth.shape)] = True
    return skeleton


def longest_path(skeleton: NDArray[np.bool_]) -> Path:
    """The longest of the shortest paths between two voxels of a connected skeleton."""
    points = np.argwhere(skeleton)
    if len(points) == 1:
        return points.astype(float)
    graph = _graph(skeleton, points)
    first = csgraph.dijkstra(graph, indices=0)
    start = int(np.where(np.isfinite(first), first, -1).argmax())
    distance, before = csgraph.dijkstra(graph, indices=start, return_predecessors=True)
    node = int(np.where(np.isfinite(distance), distance, -1).argmax())
    order = [node]
    while node != start:
        node = int(before[node])
        order.append(node)
    return points[order[::-1]].astype(float)


def _graph(skeleton: NDArray[np.bool_], points: NDArray[np.int_]) -> sparse.csr_matrix:
    index = np.full(np.array(skeleton.shape) + 2, -1)
    index[points[:, 0] + 1, points[:, 1] + 1] = np.arange(len(points))
    rows, columns, weights = [], [], []
    for dy, dx in _NEIGHBOURS:
        other = index[points[:, 0] + 1 + dy, points[:, 1] + 1 + dx]
        here = np.flatnonzero(other >= 0)
        rows.append(here)
        columns.append(other[here])
        weights.append(np.full(len(here), np.hypot(dy, dx)))
    entries = (np.concatenate(rows), np.concatenate(columns))
    size = (len(points), len(points))
    one_way = sparse.csr_matrix((np.concatenate(weights), entries), shape=size)
    return one_way + one_way.T


def broken_skeleton(
    mask: NDArray[np.bool_], rng: np.random.Generator, grain: float
) -> Iterator[Path]:
    """Pieces of the skeleton, longest first.

    The skeleton is cut by a smooth random mask: normal noise, blurred, kept above its
    mean (Li et al., "PRISM", MICCAI 2024, section 2, after Wong et al.,
    "ScribblePrompt", 2023).

    Parameters
    ----------
    grain: standard deviation of the blur, in voxels: the typical size of a piece.
    """
    skeleton = skeleton_of(mask)
    noise = ndimage.gaussian_filter(rng.normal(size=mask.shape), max(grain, 0.5))
    kept = skeleton & (noise > noise.mean())
    if not kept.any():
        kept = skeleton
    parts, count = ndimage.label(kept, np.ones((3, 3)))
    paths = [longest_path(parts == part) for part in range(1, count + 1)]
    yield from sorted(paths, key=path_length, reverse=True)


def centre_line(mask: NDArray[np.bool_]) -> Path:
    """The longest path through the skeleton of a connected region."""
    return longest_path(skeleton_of(mask))


def inner_contour(mask: NDArray[np.bool_], depth: float) -> Path:
    """A loop inside the region's border.

    Parameters
    ----------
    depth: how far inside, as a share of the region's greatest depth, in (0, 1).
    """
    inside = ndimage.distance_transform_edt(np.pad(mask, 1))
    level = max(depth * float(inside.max()), 0.5)
    loops = find_contours(inside, level)  # type: ignore[no-untyped-call]
    if not loops:
        return centre_line(mask)
    return np.asarray(max(loops, key=path_length)) - 1.0


def zigzag(mask: NDArray[np.bool_], pitch: float, swing: float) -> Path:
    """A line that swings from side to side along the centre line.

    Parameters
    ----------
    pitch: voxels along the centre line between two turns.
    swing: how far towards the border it turns, as a share of the room there.
    """
    line = resampled(centre_line(mask), pitch)
    if len(line) < 3:
        return line
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    at = np.clip(np.rint(line).astype(int), 0, np.array(mask.shape) - 1)
    side = np.where(np.arange(len(line)) % 2, 1.0, -1.0)
    return line + across * (swing * side * depth[at[:, 0], at[:, 1]])[:, None]


def resampled(path: Path, step: float) -> Path:
    """The same path with points about ``step`` apart."""
    if len(path) < 2:
        return path
    along = np.concatenate(
        [[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    )
    count = max(round(along[-1] / step) + 1, 2)
    at = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(at, along, path[:, axis]) for axis in (0, 1)], axis=1)


def part_of(path: Path, share: float, rng: np.random.Generator) -> Path:
    """A connected part of ``path``, ``share`` of its points, anywhere along it."""
    count = max(round(share * len(path)), 1)
    first = int(rng.integers(0, len(path) - count + 1))
    return path[first : first + count]
