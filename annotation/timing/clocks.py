"""From a tab's monotonic clock to the server's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from annotation.timing.vocabulary import CLOCK


@dataclass(frozen=True)
class Recorded:
    """One stored event: ``t`` ms of the tab's clock, ``received`` epoch seconds."""

    tab: str
    seq: int
    t: float
    kind: str
    received: float
    data: dict[str, Any] = field(default_factory=dict)


def tab_offset(events: Sequence[Recorded]) -> float:
    """Epoch seconds at which the tab's clock read zero.

    Clock samples (``clock`` events with ``rtt_ms`` and ``server_ms``, taken at ``t``
    when the reply came) give the best estimate: that of the shortest round trip, half
    of which is the way back (Cristian, Distributed Computing 3, 1989). Without any, no
    event can arrive before it happened, so the earliest arrival bounds the offset.
    """
    samples = [
        event
        for event in events
        if event.kind == CLOCK
        and isinstance(event.data.get("rtt_ms"), int | float)
        and isinstance(event.data.get("server_ms"), int | float)
    ]
    if samples:
        best = min(samples, key=lambda event: event.data["rtt_ms"])
        at_reply = best.data["server_ms"] + best.data["rtt_ms"] / 2
        return float(at_reply - best.t) / 1000
    return min(event.received - event.t / 1000 for event in events)
