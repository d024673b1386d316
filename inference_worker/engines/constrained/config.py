"""Settings of scribble-constrained inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from inference_worker.contract.errors import EngineFailed


@dataclass(frozen=True)
class Config:
    """What the source leaves open, and the ablations it reports.

    Attributes
    ----------
    layers: how many decoder blocks before the head are free; 0 is the head alone.
    iterations: ``M`` of Algorithm 1. learning_rate: ``η``. alpha: ``α`` of (2).
    anchor: weight of staying as it was, away from marks that were not met; 0 is the
        source's rule. reach: pixels from such a mark within which it need not.
    gradient: ``lagrangian``, g·∂Ψ/∂W; ``cross-entropy``, ∂g/∂W, the ablation.
    scope: ``pixel``, every marked pixel with its own violation; ``image``, the score of
        the whole output times the mean violation.
    grow: whether a mark grows over similar pixels. threshold: ``T``, in shares of the
        display window. grow_most: voxels a mark grows at most.
    margin: pixels around the marks in which the descent runs.
    """

    layers: int = 3
    iterations: int = 20
    learning_rate: float = 0.01
    alpha: float = 1e-3
    anchor: float = 5.0
    reach: float = 12.0
    gradient: str = "lagrangian"
    scope: str = "pixel"
    grow: bool = True
    threshold: float = 0.01
    grow_most: int = 2000
    margin: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        for name, known in (
            ("gradient", ("lagrangian", "cross-entropy")),
            ("scope", ("pixel", "image")),
        ):
            if getattr(self, name) not in known:
                raise EngineFailed(
                    "bad-config",
                    f"{name} is {getattr(self, name)!r}; choose {' or '.join(known)}.",
                )


def read_config(start: Config, settings: Mapping[str, Any]) -> Config:
    """``start`` with a project's settings; numbers and switches may come as text.

    Raises
    ------
    EngineFailed: ``engine:bad-config`` for a name that is no setting, or a value of
        another type.
    """
    kinds = {field.name: type(getattr(start, field.name)) for field in fields(Config)}
    values: dict[str, Any] = {}
    for name, value in settings.items():
        kind = kinds.get(name)
        try:
            if kind is None:
                raise ValueError(f"there are {', '.join(sorted(kinds))}")
            truths = {"true": True, "1": True, "false": False, "0": False}
            values[name] = truths[str(value).lower()] if kind is bool else kind(value)
        except (KeyError, TypeError, ValueError) as error:
            raise EngineFailed(
                "bad-config", f"{name}={value!r} is no setting of this engine: {error}"
            ) from error
    return replace(start, **values)
