"""PRISM: a promptable 3D network with candidates, confidence and a corrective pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from inference_worker.contract.errors import EngineFailed
from inference_worker.engines.prism.engine import PrismEngine, Settings
from inference_worker.nets.prism_weights import load_prism


def build(
    name: str, *, weights: str | None, config: Mapping[str, Any], device: str
) -> PrismEngine:
    """The door that ``engines.build`` knocks at.

    Raises
    ------
    EngineFailed: ``engine:bad-config``, a setting that PRISM does not have.
    """
    given = {key: value for key, value in config.items() if key != "seed"}
    for key, value in given.items():
        if key not in {f.name for f in fields(Settings)} or not isinstance(value, bool):
            raise EngineFailed("bad-config", f"PRISM has no setting “{key}={value}”.")
    return PrismEngine(load_prism(weights or "prism", device).net, Settings(**given))
