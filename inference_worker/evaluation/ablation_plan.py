"""The settings each method's ablation tables vary, one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from inference_worker.engines import constrained, continual


@dataclass(frozen=True)
class Variant:
    """One row of an ablation table.

    Attributes
    ----------
    group: the table it belongs to.
    config: settings that differ from the method's own.
    run: options of the run that differ (annotator, stroke_length, carry).
    """

    group: str
    title: str
    config: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)


OWN = Variant("own settings", "as it is")


def _each(group: str, name: str, values: tuple[Any, ...]) -> tuple[Variant, ...]:
    return tuple(Variant(group, f"{name} = {v}", {name: v}) for v in values)


CONTINUAL = (
    OWN,
    *_each(
        "weight of the scribbles, γ (table 4.2)", "gamma", (1.0, 1.5, 2.0, 2.5, 3.0)
    ),
    *_each(
        "moving average, α (table 4.5)",
        "alpha",
        (0.0, 0.70, 0.80, 0.90, 0.95, 0.99, 0.995),
    ),
    Variant("moving average, α (table 4.5)", "once a turn", {"ema_once": True}),
    Variant("augmentations, N (table 4.4)", "1", {"augmentations": 1}),
    Variant("augmentations, N (table 4.4)", "6", {"augmentations": 6}),
    Variant(
        "augmentations, N (table 4.4)",
        "by uncertainty, ≤ 16",
        {"augmentations_max": 16},
    ),
    Variant(
        "augmentations, N (table 4.4)",
        "by uncertainty, ≤ 32",
        {"augmentations_max": 32},
    ),
    Variant("consistency (table 4.3)", "without", {"pseudo": "none"}),
    Variant("consistency (table 4.3)", "frozen model", {"pseudo": "frozen"}),
    Variant(
        "consistency (table 4.3)",
        "without, no moving average",
        {"pseudo": "none", "alpha": 0.0},
    ),
    *_each("losses", "reduction", ("mean", "sum")),
    *_each("step", "steps", (1, 5, 10, 20)),
    *_each("step", "learning_rate", (1e-5, 1e-4, 3e-4, 1e-3)),
    Variant("step", "SGD 1e-2", {"optimizer": "sgd", "learning_rate": 1e-2}),
    *_each("layers", "trained", ("all", "decoder", "head", "norm")),
    *_each("batch norm", "batch_norm", ("eval", "fixed", "train")),
    Variant("region", "whole slice", {"roi": False}),
    *_each("whose mask", "answer", ("teacher", "student")),
    *_each("what Accept teaches", "replay_steps", (0, 10, 20, 40)),
    *_each("previous mask", "prior", ("none", "still", "moved", "matched")),
    *_each("local fill", "fill", ("none", "geodesic")),
    *_each("trust in the previous mask", "trust", (0.0, 0.2, 0.5)),
    *_each("guard", "guard", (True, False)),
    Variant("next volume", "starts fresh", run={"carry": False}),
    Variant("next volume", "starts from the last", run={"carry": True}),
)

CONSTRAINED = (
    OWN,
    *_each("free layers", "layers", (0, 1, 2, 3)),
    *_each("iterations, M", "iterations", (5, 10, 20, 40)),
    *_each("step", "learning_rate", (0.01, 0.03, 0.1)),
    *_each("regulariser, α", "alpha", (0.0, 1e-3, 1e-2)),
    *_each("what was not marked stays", "anchor", (0.0, 1.0, 5.0, 20.0)),
    *_each("gradient", "gradient", ("lagrangian", "cross-entropy")),
    *_each("violation", "scope", ("pixel", "image")),
    *_each("region growing", "grow", (True, False)),
    *_each("region growing", "threshold", (0.005, 0.01, 0.02)),
    *(
        Variant("prompt", kind, run={"annotator": kind})
        for kind in ("scribble", "click", "box")
    ),
    *(
        Variant("scribble length", f"× {length}", run={"stroke_length": length})
        for length in (0.25, 0.5, 1.0)
    ),
)

VARIANTS: dict[str, tuple[Variant, ...]] = {
    "continual": CONTINUAL,
    "continual-published": CONTINUAL,
    "constrained": CONSTRAINED,
    "constrained-n": CONSTRAINED,
}

OWN_SETTINGS: dict[str, Mapping[str, Any]] = {
    "continual": asdict(continual.Config()),
    "continual-published": asdict(continual.PUBLISHED),
    "constrained": asdict(constrained.Config()),
    "constrained-n": {**asdict(constrained.Config()), "grow": False},
}
