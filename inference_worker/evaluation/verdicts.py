"""What the intervals of differences say, in words."""

from __future__ import annotations

from collections.abc import Mapping

from inference_worker.evaluation.statistics import Estimate


def word_of(change: Estimate) -> str:
    """“lower” or “higher” where the interval is without zero; “–” without interval."""
    if change.low is None or change.high is None:
        return "–"
    if change.high < 0:
        return "lower"
    return "higher" if change.low > 0 else "no difference shown"


def in_words(changes: Mapping[str, Estimate]) -> str:
    """Arms by what is said of them; empty where no difference has an interval."""
    said: dict[str, list[str]] = {}
    for arm, change in changes.items():
        said.setdefault(word_of(change), []).append(f"“{arm}”")
    said.pop("–", None)
    return "; ".join(f"{word}: {', '.join(arms)}" for word, arms in said.items())
