"""How long a round of Mem3D takes on a large volume."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference_worker import engines
from inference_worker.contract.engine import Engine, Label, Volume
from inference_worker.contract.geometry import Geometry, Region
from inference_worker.contract.prompts import Box, Prompt, Propagate
from inference_worker.evaluation.phantom import phantom
from inference_worker.evaluation.tables import Table

SIZES = ((100, 256, 256), (100, 512, 512))
"""Slices, rows and columns of the volumes on which a round is timed."""

DRIFT = 0.04
NOISE = 10.0
BRIGHTER = 60
"""Of those: how far the organs move, as a share of the width; in HU the noise, and how
much brighter the target is, so that a walk loses it nowhere."""


def long_phantom(
    sides: tuple[int, int, int], seed: int = 0
) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """A phantom whose organs run through every slice: voxels in HU and labels.

    One slice of ``phantom``, to and fro by ``DRIFT`` of its width over the volume, with
    noise of its own at every height. ``sides``: rows and columns multiples of 128.
    """
    small, truth = phantom(seed, (9, 128, 128))
    rng = np.random.default_rng(seed)
    voxels = np.empty(sides, dtype=np.int16)
    labels = np.empty(sides, dtype=np.uint8)
    for z in range(sides[0]):
        shift = round(DRIFT * sides[2] * np.sin(2 * np.pi * z / sides[0]))
        for whole, part in ((voxels, small), (labels, truth)):
            plane = part[len(part) // 2]
            for axis in (0, 1):
                plane = plane.repeat(sides[1 + axis] // plane.shape[axis], axis)
            whole[z] = np.roll(plane, shift, axis=1)
        voxels[z][labels[z] == 1] += BRIGHTER
        voxels[z] += np.rint(rng.normal(0, NOISE, sides[1:])).astype(np.int16)
    return voxels, labels


def time_round(
    engine: Engine[Any], sides: tuple[int, int, int]
) -> tuple[float, list[float]]:
    """Computing seconds of a round on ``long_phantom``, marked and propagated both
    ways; and of each propagated slice."""
    voxels, labels = long_phantom(sides)
    geometry = Geometry(sides, np.diag([1.0, 0.8, 0.8, 1.0]))
    volume = Volume(voxels, geometry, "CT", (40.0, 400.0), "phantom")
    state = engine.open(volume, [Label(1, "liver")])
    middle = sides[0] // 2
    rows, columns = np.nonzero(labels[middle] == 1)
    start = (middle, int(rows.min()), int(columns.min()))
    stop = (middle + 1, int(rows.max()) + 1, int(columns.max()) + 1)
    marks: list[Prompt] = [Box(1, Region(start, stop)), Propagate(middle)]
    seconds: list[float] = []
    began = last = time.process_time()
    for prediction in engine.step(state, marks):
        if prediction.stage == "propagated":
            seconds.append(time.process_time() - last)
        last = time.process_time()
    return last - began, seconds


def time_table(weights: str, sizes: Sequence[tuple[int, int, int]] = SIZES) -> Table:
    """Seconds of a round on volumes of several sizes."""
    engine = engines.build("mem3d", weights=weights)
    rows = []
    for sides in sizes:
        whole, seconds = time_round(engine, sides)
        each = 1e3 * np.array(seconds or [np.nan])
        rows.append(
            (
                f"{sides[1]} × {sides[2]} × {sides[0]}",
                str(len(seconds)),
                f"{whole:.2f}",
                f"{np.median(each):.0f}",
                f"{np.percentile(each, 95):.0f}",
            )
        )
    columns = (
        "volume",
        "slices propagated",
        "s per round",
        "ms per propagated slice, median",
        "95th percentile",
    )
    note = (
        "A box on the middle slice of a phantom whose organ runs through all of "
        "them, propagated both ways; computing time of one thread. The paper: 5.13 s "
        "for 512 × 512 × 100 on an RTX 2080 Ti."
    )
    return Table("runtime", "Runtime of a round", columns, tuple(rows), note)
