"""No method: a slice shows what the reader painted and marked, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from inference_worker.planar.engine import Look, PlanarEngine, Slice, at_once


def nothing(look: Look) -> Slice:
    """Background wherever the reader said nothing."""
    return np.zeros_like(look.said)


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> PlanarEngine:
    """The door that ``engines.build`` knocks at."""
    return PlanarEngine(name, at_once(nothing))
