"""Result files read back and put in order: arms, data sets, patients."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference_worker.contract.errors import ImportRefused

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One result file."""

    meta: Row
    turns: Sequence[Row]
    cases: Sequence[Row]

    @property
    def arm(self) -> str:
        """What the run is called in tables."""
        return str(self.meta["arm"])

    @property
    def set_name(self) -> str:
        """The data set it ran on."""
        return str(self.meta.get("set") or self.meta["cases"])

    @property
    def has_target(self) -> bool:
        """Whether slices were corrected until a Dice was reached."""
        return self.meta.get("until_dice") is not None


def read_result(path: Path) -> Run:
    """A result file.

    Raises
    ------
    ImportRefused: ``import:no-result``, it is none.
    """
    try:
        body = json.loads(path.read_text())
        return Run(body["meta"], body["turns"], body["cases"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImportRefused(
            "no-result",
            f"{path} is no result of `evaluation run`: {error!r}.",
        ) from error


def by_set(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """Runs by data set, in the order they came."""
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.set_name].append(run)
    return dict(groups)


def by_arm(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """Runs by arm, in the order they came."""
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.arm].append(run)
    return dict(groups)


def for_curves(runs: Iterable[Run]) -> list[Run]:
    """Runs of a fixed number of rounds; those with a target where there are no others.

    The two are never mixed: with a target the reader leaves a slice that is good.
    """
    runs = list(runs)
    return [run for run in runs if not run.has_target] or runs


def slice_series(runs: Iterable[Run]) -> dict[str, list[list[float]]]:
    """Dice after 0, 1, 2 … interactions of every slice, by patient; by engine alone.

    What the reader finished by brush is left out. Slices without any label are, too:
    they have no Dice to speak of.
    """
    found: dict[tuple[int, str, str, int], list[tuple[int, float]]] = defaultdict(list)
    for number, run in enumerate(runs):
        for row in run.turns:
            if row["kind"] == "finish" or not row["dice_per_label"]:
                continue
            key = (number, row["patient"], row["case"], _unit(run, row))
            found[key].append((row["turn"], row["dice"]))
    series: dict[str, list[list[float]]] = defaultdict(list)
    for (_, patient, _, _), turns in sorted(found.items()):
        series[patient].append([dice for _, dice in sorted(turns)])
    return dict(series)


def _unit(run: Run, row: Row) -> int:
    """The slice; one unit for the whole volume where the engine works in 3D."""
    return int(row["slice"]) if run.meta.get("planar", True) else -1


def carried(series: Sequence[float], length: int) -> list[float]:
    """Dice after 0 … ``length`` interactions; a slice that is left stays as it was."""
    kept = list(series[: length + 1])
    return kept + [kept[-1]] * (length + 1 - len(kept))


def case_values(runs: Iterable[Run], name: str) -> dict[str, float]:
    """A number of the case rows by case, averaged over runs; absent ones left out."""
    values: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        for row in run.cases:
            if row.get(name) is not None:
                values[row["case"]].append(float(row[name]))
    return {case: float(np.mean(found)) for case, found in values.items()}


def patient_values(
    runs: Iterable[Run], values: Mapping[str, float]
) -> dict[str, float]:
    """Values by case averaged to values by patient."""
    patients = {row["case"]: row["patient"] for run in runs for row in run.cases}
    groups: dict[str, list[float]] = defaultdict(list)
    for case, value in values.items():
        groups[patients[case]].append(value)
    return {patient: float(np.mean(found)) for patient, found in groups.items()}
