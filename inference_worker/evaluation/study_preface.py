"""What a study's report says before its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from inference_worker.evaluation.results import Run
from inference_worker.evaluation.study_plan import ARMS, Amount

_REPEATS = (
    "Slices of MR whose truth is, voxel for voxel, that of the slice before are left "
    "out: nobody drew them, the masks having been stored at another spacing than the "
    "images. "
)
_VOLUMES = (
    "Engines of volumes are corrected so many times a volume, each time on the slice "
    "through the largest error: their interactions are not those of a slice. "
)


class Told(Protocol):
    """What of a study its preface needs (``study.Study``)."""

    amount: Amount
    commit: str | None
    generated: bool
    processes: int
    left_out: list[str]
    only_arms: Sequence[str] | None


def preface(study: Told, flag: str, runs: Sequence[Run]) -> list[str]:
    """Lines of Markdown.

    Parameters
    ----------
    flag: how the command was called. runs: everything that the report shows.
    """
    amount = study.amount
    repeats = all(found.meta.get("repeats", True) for found in runs)
    volumes = any(not found.meta["planar"] for found in runs)
    lines = [
        f"Written by `python -m inference_worker.evaluation study {flag}` at commit "
        f"{_commits(runs) or study.commit}; do not edit. A simulated reader "
        f"(docs/calibration) corrects the middle {amount.slices} labelled slices of up "
        f"to {amount.cases} patients a set. For Dice against interaction, "
        f"{amount.rounds} times a slice or until no error can be seen. For times, to "
        f"Dice {amount.until_dice}: up to {amount.rounds} times a slice, then by "
        "brush; by brush also after a correction that took longer than the brushing "
        "it saved, and where to mark would take longer than to mend. "
        f"{_VOLUMES if volumes else ''}{'' if repeats else _REPEATS}"
        "No patient was seen by any arm's weights or is one that the splits leave to "
        f"development. Marks, one for each label of the set a turn: {_marks(runs)}. "
        f"Every run had one thread, {study.processes} ran at a time; seconds of the "
        "machine are those of that thread, whatever else the machine was doing.",
    ]
    if study.generated:
        lines += [
            "",
            "**The data sets are not on this machine. These are generated phantoms: "
            "the figures show that everything runs and say nothing of patients.**",
        ]
    if not_run := [*study.left_out, *_not_asked_for(study.only_arms, runs)]:
        lines += ["", "Not run:", "", *(f"- {item}" for item in not_run)]
    return lines


def _marks(runs: Sequence[Run]) -> str:
    """Which arms were given which marks."""
    arms: dict[str, dict[str, None]] = {}
    for found in runs:
        arms.setdefault(str(found.meta["annotator"]), {})[found.arm] = None
    return "; ".join(f"{mark} to {', '.join(given)}" for mark, given in arms.items())


def _commits(runs: Sequence[Run]) -> str:
    """Which commits made the runs; where there are several, which of them."""
    made: dict[str, dict[str, None]] = {}
    for found in runs:
        reader = "times" if found.has_target else "Dice"
        which = made.setdefault(str(found.meta["commit"]), {})
        which[f"{reader} of {found.set_name}"] = None
    if len(made) < 2:
        return "".join(made)
    return "; ".join(f"{name} ({', '.join(which)})" for name, which in made.items())


def _not_asked_for(only_arms: Sequence[str] | None, runs: Sequence[Run]) -> list[str]:
    """Arms of the full study that neither this command nor an earlier one ran."""
    if not only_arms:
        return []
    there = {found.arm for found in runs} | set(only_arms)
    titles = [arm.title for arm in ARMS if arm.title not in there]
    return [f"{title}: not asked for" for title in titles]
