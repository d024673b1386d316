"""Scribble-constrained inference: the last layers give way until the marks are met.

"Scribble-constrained inference" (methods.md, section 2; the source lies beside it):
for one slice, instance weights of the last layers leave the pre-trained ones as little
as they can, so that the output satisfies the reader's marks. Equation and algorithm
numbers are the source's. ``constrained`` grows each mark over similar pixels first
("R"), ``constrained-n`` does not ("N").

Chosen where the source is silent: the constraints factorise over pixels, so each
marked pixel weighs the score of its own output with its own violation (``scope``); a
slice begins again from ``W`` with all the marks it ever got, so that a log without a
turn gives the state that never saw it; the descent runs on a crop around the marks, and
the slice is computed once before and once after; the cost also holds the divergence
from what was shown before (``planar.anchor``), and the iterate of the least cost is
kept, without which a turn often did harm on development patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from inference_worker.engines.constrained.config import Config, read_config
from inference_worker.engines.constrained.inference import Constrained
from inference_worker.nets import load_model
from inference_worker.planar.engine import PlanarEngine

__all__ = ["Config", "Constrained", "build"]


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> PlanarEngine:
    """``constrained`` or ``constrained-n``; see the registry of engines."""
    settings = read_config(replace(Config(), grow=name == "constrained"), config)
    base = load_model(weights or "ct-abdomen", device)
    return PlanarEngine(name, Constrained(base, settings))
