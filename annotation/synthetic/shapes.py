"""Solids given by a smooth function: millimetres to the surface, negative inside.

Every function returns float32 (z, y, x). The values are distances to first order only,
which is what partial volume and rounded unions need; far from a bounded solid they are
just ``FAR``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Point = tuple[float, float, float]

FAR = np.float32(1000)
MARGIN_MM = 14.0
"""How far around a bounded solid its function is computed."""


class Grid:
    """Coordinates in mm of the sample points; LPS: x to the left, y back, z up.

    Attributes
    ----------
    x, y, z: float32 (z, y, x).
    """

    def __init__(self, x: Field, y: Field, z: Field) -> None:
        self.x, self.y, self.z = np.broadcast_arrays(x, y, z)
        self.shape = self.x.shape

    @cached_property
    def reach(self) -> tuple[tuple[Field, Field], ...]:
        """Per axis (z, y, x): least and greatest coordinate at each of its indices."""
        planes = ((self.z, (1, 2)), (self.y, (0, 2)), (self.x, (0, 1)))
        return tuple((c.min(axis=axes), c.max(axis=axes)) for c, axes in planes)

    def box(self, low: Point, high: Point) -> tuple[slice, ...]:
        """Index of every sample within ``MARGIN_MM`` of the box of two corners."""
        cuts = []
        for (least, greatest), a, b in zip(
            self.reach, reversed(low), reversed(high), strict=True
        ):
            near = (greatest >= a - MARGIN_MM) & (least <= b + MARGIN_MM)
            found = np.flatnonzero(near)
            cuts.append(
                slice(int(found[0]), int(found[-1]) + 1) if len(found) else slice(0, 0)
            )
        return tuple(cuts)


def ellipsoid(grid: Grid, centre: Point, radii: Point, tilt: float = 0.0) -> Field:
    """Ellipsoid, turned by ``tilt`` radians about the long axis of the body."""
    around = max(radii[:2])
    spread = np.array([around, around, radii[2]])
    box = grid.box(tuple(centre - spread), tuple(centre + spread))
    cos, sin = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
    dx = grid.x[box] - np.float32(centre[0])
    dy = grid.y[box] - np.float32(centre[1])
    u = (cos * dx + sin * dy) / np.float32(radii[0])
    v = (cos * dy - sin * dx) / np.float32(radii[1])
    w = (grid.z[box] - np.float32(centre[2])) / np.float32(radii[2])
    solid = np.full(grid.shape, FAR)
    solid[box] = (np.sqrt(u * u + v * v + w * w) - 1) * np.float32(min(radii))
    return solid


def column(
    grid: Grid, centre: tuple[float, float], radii: tuple[float, float]
) -> Field:
    """Elliptic cylinder along the body, ``centre`` and ``radii`` in (x, y)."""
    u = (grid.x - np.float32(centre[0])) / np.float32(radii[0])
    v = (grid.y - np.float32(centre[1])) / np.float32(radii[1])
    return (np.sqrt(u * u + v * v) - 1) * np.float32(min(radii))


def trunk(grid: Grid, half_width: float, half_depth: float) -> Field:
    """Body outline: a superellipse of power 2.5, flatter in front than an ellipse."""
    u = np.abs(grid.x / np.float32(half_width)) ** np.float32(2.5)
    v = np.abs(grid.y / np.float32(half_depth)) ** np.float32(2.5)
    return ((u + v) ** np.float32(0.4) - 1) * np.float32(half_depth)


def tube(grid: Grid, path: Sequence[Point], radii: Sequence[float]) -> Field:
    """Rounded tube along the polyline ``path``, with a radius at each of its points."""
    points = np.asarray(path, dtype=np.float32)
    spread = np.float32(max(radii))
    box = grid.box(
        tuple(points.min(axis=0) - spread), tuple(points.max(axis=0) + spread)
    )
    x, y, z = grid.x[box], grid.y[box], grid.z[box]
    nearest = np.full(x.shape, FAR)
    for index in range(len(points) - 1):
        (ax, ay, az), (bx, by, bz) = points[index], points[index + 1] - points[index]
        px, py, pz = x - ax, y - ay, z - az
        length = bx * bx + by * by + bz * bz
        along = np.clip((px * bx + py * by + pz * bz) / length, 0, 1)
        px, py, pz = px - along * bx, py - along * by, pz - along * bz
        first, last = np.float32(radii[index]), np.float32(radii[index + 1])
        distance = np.sqrt(px * px + py * py + pz * pz) - first - (last - first) * along
        nearest = join(nearest, distance, 4.0)
    solid = np.full(grid.shape, FAR)
    solid[box] = nearest
    return solid


def join(first: Field, second: Field, blend: float) -> Field:
    """Union whose crease is rounded over ``blend`` mm (polynomial smooth minimum)."""
    mix = np.clip(0.5 + (second - first) / np.float32(2 * blend), 0, 1)
    return second + (first - second) * mix - np.float32(blend) * mix * (1 - mix)


def meet(first: Field, second: Field) -> Field:
    """Intersection."""
    return np.maximum(first, second)


def without(first: Field, second: Field) -> Field:
    """``first`` less ``second``."""
    return np.maximum(first, -second)
