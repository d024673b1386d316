"""No method: a new slice shows its neighbour's mask, which the reader then edits.

What most annotation tools offer, and the baseline "copying the previous slice" of the
continual-adaptation thesis (32.0 minutes for 84 CT slices, 63.0 by hand).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from inference_worker.planar.engine import Look, PlanarEngine, Slice, at_once


def nearest_mask(look: Look) -> Slice:
    """The slice's own mask; on first sight that of the nearest slice that has one.

    Accepted slices come first; of two equally near ones, the one before.
    """
    own = look.pages.get(look.index)
    if own is not None and own.shown is not None:
        return own.shown
    shown = {z: page for z, page in look.pages.items() if page.shown is not None}
    if not shown:
        return np.zeros_like(look.said)
    accepted = [z for z, page in shown.items() if page.accepted]
    nearest = min(accepted or shown, key=lambda z: (abs(z - look.index), z))
    mask = shown[nearest].shown
    return np.zeros_like(look.said) if mask is None else mask


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> PlanarEngine:
    """The door that ``engines.build`` knocks at."""
    return PlanarEngine(name, at_once(nearest_mask))
