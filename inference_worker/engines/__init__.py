"""The engines by name; a method is imported when a session first asks for it.

``MODULES`` says where each engine of the catalogue is built. Such a module has a door::

    def build(
        name: str, *, weights: str | None, config: Mapping[str, Any], device: str
    ) -> Engine[Any]: ...

``name`` tells variants of one method apart, ``weights`` names a base model for
``nets.load_model`` (None where the catalogue says that none is needed), ``device`` is a
torch device, and ``config`` holds the project's settings for the method plus always
``"seed"``, the session's own: an engine that draws no random numbers ignores it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from inference_worker.contract.engine import Engine
from inference_worker.contract.errors import EngineFailed

MODULES: dict[str, str] = {
    "continual": "inference_worker.engines.continual",
    "continual-published": "inference_worker.engines.continual",
    "constrained": "inference_worker.engines.constrained",
    "constrained-n": "inference_worker.engines.constrained",
    "manual": "inference_worker.engines.manual",
    "copy_previous": "inference_worker.engines.copy_previous",
    "grabcut": "inference_worker.engines.grabcut",
    "random_walker": "inference_worker.engines.random_walker",
    "geodesic": "inference_worker.engines.geodesic",
    "f-brs": "inference_worker.engines.fbrs",
    "ritm": "inference_worker.engines.ritm",
    "pemed": "inference_worker.engines.pemed",
    "mem3d": "inference_worker.engines.mem3d",
    "prism": "inference_worker.engines.prism",
}
"""Dotted path of the module that builds each engine."""


def available() -> list[str]:
    """Names of the engines this installation can build, in the catalogue's order."""
    return [name for name, path in MODULES.items() if find_spec(path) is not None]


def build(
    name: str,
    *,
    weights: str | None = None,
    config: Mapping[str, Any] | None = None,
    device: str = "cpu",
) -> Engine[Any]:
    """Build engine ``name``; see the module for what each argument means.

    Raises
    ------
    EngineFailed: ``engine:unknown``, no engine of that name is installed.
    WeightsRefused: the weights cannot be used.
    """
    if name not in available():
        raise EngineFailed(
            "unknown",
            f"This worker has no engine “{name}”; ask an administrator.",
            engine=name,
        )
    module = import_module(MODULES[name])
    settings = {"seed": 0, **(config or {})}
    engine: Engine[Any] = module.build(
        name, weights=weights or None, config=settings, device=device
    )
    return engine
