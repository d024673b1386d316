"""What happened in the browser, kept as it came; times are derived when asked."""

from __future__ import annotations

import json
import math
from typing import Any
from uuid import UUID

from annotation.access import access_session
from annotation.models import Event, User
from annotation.wire import malformed, read_uuid

EVENTS_MAX = 2000
"""Events of one message."""

_KIND_MAX = Event._meta.get_field("kind").max_length or 0
_DATA_MAX = 4096
_SEQ_MAX = 2**31 - 1


def event_record(
    *, user: User, session_id: UUID | str, tab: Any, events: Any
) -> tuple[UUID, int]:
    """Store events once; return their tab and the number of the last one.

    All of a message or none: the browser keeps what is not acknowledged. Events may
    come after the session was submitted.
    """
    tab_id = read_uuid(tab, "tab")
    if not isinstance(events, list) or not 0 < len(events) <= EVENTS_MAX:
        raise malformed(f"“events” is not a list of 1 to {EVENTS_MAX} events")
    session = access_session(user=user, id=session_id, write=True)
    rows = [_event(event) for event in events]
    for row in rows:
        row.session, row.tab = session, tab_id
    # Sent again after a lost acknowledgement: known numbers stay as they are.
    Event.objects.bulk_create(rows, ignore_conflicts=True)
    return tab_id, max(row.seq for row in rows)


def _event(body: Any) -> Event:
    if not isinstance(body, dict):
        raise malformed("an event is not an object")
    seq, t, kind = body.get("seq"), body.get("t"), body.get("kind")
    data = body.get("data") or {}
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 < seq <= _SEQ_MAX:
        raise malformed("an event's “seq” does not count from 1")
    if isinstance(t, bool) or not isinstance(t, int | float) or not _is_time(t):
        raise malformed("an event's “t” is no time in ms")
    if not isinstance(kind, str) or not 0 < len(kind) <= _KIND_MAX:
        raise malformed(f"an event's “kind” is no name of {_KIND_MAX} characters")
    if not isinstance(data, dict) or len(json.dumps(data)) > _DATA_MAX:
        raise malformed(f"an event's “data” is no object of {_DATA_MAX} characters")
    return Event(seq=seq, t=float(t), kind=kind, data=data)


def _is_time(t: float) -> bool:
    return abs(t) < 1e15 and math.isfinite(t) and t >= 0
