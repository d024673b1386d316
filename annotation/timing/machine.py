"""Machine time of a session, from the stamps of its turns and the browser's events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from annotation.timing.timeline import Timeline
from annotation.timing.vocabulary import ANSWER_RECEIVED, ANSWER_SHOWN

SERVER_STAGES = ("queue", "load", "compute", "store")
BROWSER_STAGES = ("transfer", "render")


def server_seconds(stages: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Sum of ``<stage>_s`` over the turns' stamps; undone turns were computed too."""
    totals = dict.fromkeys(SERVER_STAGES, 0.0)
    for stamps in stages:
        for stage in SERVER_STAGES:
            totals[stage] += float(stamps.get(f"{stage}_s", 0.0))
    return totals


def browser_seconds(line: Timeline) -> dict[str, float]:
    """Seconds in which answers travelled and were drawn, in any tab.

    An answer that several tabs received counts once: by the tab that had it first.
    """
    travelled: dict[tuple[str, Any], float] = {}
    received: dict[tuple[str, str, Any], float] = {}
    drawn: dict[tuple[str, Any], float] = {}
    for happening in line.happenings:
        event = happening.event
        answer = (str(event.data.get("turn", "")), event.data.get("version"))
        if event.kind == ANSWER_RECEIVED:
            received[(event.tab, *answer)] = happening.at
            sent = event.data.get("sent_at")
            if isinstance(sent, int | float):
                travelled.setdefault(answer, max(happening.at - sent, 0.0))
        elif event.kind == ANSWER_SHOWN and (event.tab, *answer) in received:
            drawn.setdefault(answer, happening.at - received[(event.tab, *answer)])
    return {"transfer": sum(travelled.values()), "render": sum(drawn.values())}


def machine_seconds(
    stages: Iterable[Mapping[str, Any]], line: Timeline
) -> dict[str, float]:
    """All stages, and ``machine`` as their sum."""
    totals: dict[str, float] = defaultdict(float)
    totals |= server_seconds(stages) | browser_seconds(line)
    return {**totals, "machine": sum(totals.values())}
