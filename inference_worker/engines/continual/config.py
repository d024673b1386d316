"""Every setting of method 1, typed, with the value measured to be best as default."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

from inference_worker.contract.errors import EngineFailed

_CHOICES: dict[str, frozenset[str]] = {
    "reduction": frozenset({"mean", "sum"}),
    "pseudo": frozenset({"turn", "frozen", "none"}),
    "optimizer": frozenset({"adam", "sgd"}),
    "trained": frozenset({"all", "decoder", "head", "norm"}),
    "batch_norm": frozenset({"eval", "fixed", "train"}),
    "answer": frozenset({"teacher", "student"}),
    "prior": frozenset({"none", "still", "moved", "matched"}),
    "fill": frozenset({"none", "geodesic"}),
    "precision": frozenset({"auto", "fp32", "bf16"}),
}


@dataclass(frozen=True)
class Config:
    """Settings; the section of methods.md that a group belongs to is named beside it.

    Attributes
    ----------
    seed: of the augmentations and of replay's order.
    uncertain_low, uncertain_high: bounds of an uncertain top probability (3.1).
    augmentations: how many; 0 lets the uncertain ratio decide (3.2).
    augmentations_max: cap of that number.
    noise, blur, inversion: see ``Augmentations``.
    temperature: ``τ``. variance_max: what counts as low variance.
    pseudo: whose pseudo-label the student keeps to: the teacher's at the start of the
        turn, the frozen base model's, or none (the ablation without ``L_consistency``).
    gamma: weight of ``L_interactive`` (4.1). reduction: of both losses.
    stroke_blur: standard deviation, in pixels of the working frame, by which a stroke
        is thickened.
    optimizer, learning_rate, steps: of a turn with marks.
    new_rate: how much faster than the rest a channel learns that the base model lacks.
    alpha: of the moving average (3.5), after every step or (``ema_once``) every turn.
    trained: which weights. batch_norm: ``eval`` keeps the statistics and trains the
        affine parameters, ``fixed`` trains neither, ``train`` uses the slice's own.
    roi, roi_margin: crop gradient steps to the marks and what is shown, in pixels.
    answer: whose mask is shown.
    replay_*: what ``Accept`` teaches: steps on up to ``replay_slices`` accepted slices,
        ``replay_batch`` at a time.
    prior, prior_blur: how accepted neighbours' masks are moved, and softened (pixels).
    trust, trust_absent: factor on the network's log-odds beside neighbours that hold,
        and do not hold, the label, until accepted slices say better (trust_learned).
    fill: how marks spread at once.
    guard*: when an update is taken back, see ``guard``.
    carry: whether the next volume starts from what this one taught.
    """

    seed: int = 0
    uncertain_low: float = 0.4
    uncertain_high: float = 0.6
    augmentations: int = 0
    augmentations_max: int = 16
    noise: float = 0.1
    blur: float = 1.0
    inversion: bool = True
    temperature: float = 1.0
    variance_max: float = 0.02
    pseudo: str = "turn"
    gamma: float = 2.0
    reduction: str = "mean"
    stroke_blur: float = 1.0
    optimizer: str = "adam"
    learning_rate: float = 1e-4
    steps: int = 5
    new_rate: float = 30.0
    alpha: float = 0.9
    ema_once: bool = False
    trained: str = "all"
    batch_norm: str = "eval"
    roi: bool = True
    roi_margin: int = 24
    answer: str = "teacher"
    replay_steps: int = 20
    replay_rate: float = 3e-4
    replay_batch: int = 2
    replay_slices: int = 12
    prior: str = "matched"
    prior_blur: float = 0.7
    trust: float = 0.2
    trust_absent: float = 0.4
    trust_learned: bool = True
    fill: str = "geodesic"
    guard: bool = True
    guard_drop: float = 0.02
    gradient_max: float = 1.0
    distance_max: float = 0.1
    carry: bool = True
    precision: str = "auto"

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise EngineFailed(
                    "bad-config",
                    f"{name} is {getattr(self, name)!r}; choose one of "
                    f"{', '.join(sorted(choices))}.",
                )


PUBLISHED = Config(
    optimizer="sgd",
    learning_rate=1e-2,
    steps=10,
    new_rate=1.0,
    alpha=0.99,
    replay_steps=0,
    prior="none",
    fill="none",
    guard=False,
    gradient_max=0.0,
    distance_max=0.0,
    roi=False,
    precision="fp32",
)
"""The source's rule; the steps, ``τ`` and the variance it leaves open are ours."""


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
        if name not in kinds:
            raise EngineFailed(
                "bad-config",
                f"“{name}” is no setting of this engine; known: "
                f"{', '.join(sorted(kinds))}.",
            )
        values[name] = _typed(name, value, kinds[name])
    return replace(start, **values)


def _typed(name: str, value: Any, kind: type) -> Any:
    if kind is bool and isinstance(value, str):
        truths = {"true": True, "1": True, "false": False, "0": False}
        value = truths.get(value.lower(), value)
    elif kind in (int, float) and isinstance(value, str | int | float):
        with suppress(ValueError):
            number = kind(value)
            value = number if isinstance(value, str) or number == value else value
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise EngineFailed(
            "bad-config", f"{name} is {value!r}; a {kind.__name__} is wanted."
        )
    return value
