"""Continual test-time adaptation for interactive segmentation: the default engine.

After "Continual test-time adaptation for interactive medical image segmentation"
(thesis; methods.md, section 1): a teacher that keeps and a student that learns, two
copies of a pre-trained 2D network, adapt to the reader's strokes slice by slice and are
never reset within a volume. Equation numbers in this package are the source's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inference_worker.engines.continual.config import PUBLISHED, Config, read_config
from inference_worker.engines.continual.engine import Continual
from inference_worker.nets import load_model

__all__ = ["PUBLISHED", "Config", "Continual", "build"]


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> Continual:
    """``continual`` or ``continual-published``; see the registry of engines."""
    start = PUBLISHED if name == "continual-published" else Config()
    base = load_model(weights or "ct-abdomen", device)
    return Continual(name, base, read_config(start, config), device)
