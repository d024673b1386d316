"""One line of time from the events of all tabs; what is odd is reported, not mended."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from annotation.timing.clocks import Recorded, tab_offset

SLEEP_S = 5.0
"""Arrival later than this after the event, with nothing between: the machine slept
or was offline; it is reported."""


@dataclass(frozen=True)
class Happening:
    """An event on the server's clock: ``at`` in epoch seconds."""

    at: float
    event: Recorded


@dataclass
class Timeline:
    """Happenings of one session in order, and what was odd about the record."""

    happenings: list[Happening] = field(default_factory=list)
    ends: dict[str, float] = field(default_factory=dict)
    oddities: list[str] = field(default_factory=list)


def timeline(events: Iterable[Recorded]) -> Timeline:
    """Put the events of all tabs on the server's clock.

    Events are ordered by their number within the tab; a clock that runs backwards,
    a missing number and a late arrival are named in ``oddities``, and nothing is
    invented in their place.
    """
    tabs: dict[str, list[Recorded]] = defaultdict(list)
    for event in events:
        tabs[event.tab].append(event)
    line = Timeline()
    for tab, recorded in tabs.items():
        recorded.sort(key=lambda event: event.seq)
        line.oddities += _oddities(tab, recorded)
        offset = tab_offset(recorded)
        placed = [Happening(offset + event.t / 1000, event) for event in recorded]
        line.happenings += placed
        line.ends[tab] = max(happening.at for happening in placed)
    line.happenings.sort(key=lambda happening: (happening.at, happening.event.seq))
    return line


def _oddities(tab: str, recorded: Sequence[Recorded]) -> list[str]:
    found = []
    name = tab[:8]
    if recorded[0].seq > 1:
        found.append(f"tab {name}: events before {recorded[0].seq} are missing")
    for before, after in itertools.pairwise(recorded):
        missing = after.seq - before.seq - 1
        if missing:
            found.append(f"tab {name}: {missing} missing after event {before.seq}")
        if after.t < before.t:
            found.append(f"tab {name}: event {after.seq} is before {before.seq}")
        late = (after.received - before.received) - (after.t - before.t) / 1000
        if late > SLEEP_S:
            found.append(
                f"tab {name}: {late:.0f} s passed outside the clock "
                f"before event {after.seq}"
            )
    return found
