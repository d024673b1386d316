"""No patient on both sides: weights say who they have seen, cases say who they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from inference_worker.contract.errors import WeightsRefused
from inference_worker.evaluation.cases import patient_of

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"

_UNSEEN = frozenset({"test", "held_out", "evaluation"})


def header_path(weights: str) -> Path:
    """The JSON beside weights given by committed name or by path."""
    given = Path(weights)
    if given.suffix:
        return given.with_suffix(".json")
    return WEIGHTS / f"{weights}.json"


def read_header(weights: str | None) -> dict[str, Any]:
    """What the JSON beside the weights says; empty where there is none."""
    if weights is None:
        return {}
    path = header_path(weights)
    return json.loads(path.read_text()) if path.is_file() else {}


def seen_patients(header: Mapping[str, Any]) -> set[str]:
    """Patients that weights were trained or selected on.

    ``"patients"`` in the header is a list, or lists by use (``train``, ``validation``
    …), at the top or under ``"training"``; lists called ``test``, ``held_out`` or
    ``evaluation`` were not seen.
    """
    found: set[str] = set()
    for holder in (header, header.get("training")):
        patients = holder.get("patients") if isinstance(holder, Mapping) else None
        if isinstance(patients, Mapping):
            for use, names in patients.items():
                found |= set() if use in _UNSEEN else _names(names)
        elif patients:
            found |= _names(patients)
    return found


def _names(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return {name for names in value.values() for name in _names(names)}
    return {str(name) for name in value}


def overlap(cases: Iterable[str], header: Mapping[str, Any]) -> list[str]:
    """Cases whose patient the weights have seen."""
    seen = {_bare(name) for name in seen_patients(header)}
    return sorted(case for case in cases if _bare(patient_of(case)) in seen)


def _bare(patient: str) -> str:
    """A patient's name without the data set it may be prefixed with."""
    return patient.replace(":", "/").rsplit("/", 1)[-1]


def check_split(
    cases: Iterable[str], weights: str | None, *, allow_seen: bool
) -> list[str]:
    """Cases seen in training; refused (``weights:seen-patients``) unless allowed."""
    seen = overlap(cases, read_header(weights))
    if seen and not allow_seen:
        raise WeightsRefused(
            "seen-patients",
            f"The weights {weights} were trained on patients of {len(seen)} of these "
            f"cases ({', '.join(seen[:3])} …); figures on them would say nothing. "
            "Take other cases, or --allow-seen to have them marked as seen.",
            cases=seen,
        )
    return seen
