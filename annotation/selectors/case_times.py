"""User time and machine time per case, derived from what was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.db.models import QuerySet

from annotation.models import Event, Project, Session
from annotation.timing.activity import Rules, seconds_by_activity
from annotation.timing.clocks import Recorded
from annotation.timing.machine import machine_seconds
from annotation.timing.timeline import Timeline, timeline
from annotation.timing.vocabulary import USER_TIME


@dataclass(frozen=True)
class CaseTimes:
    """One row per session; every ``*_s`` in seconds."""

    volume: str
    reader: str
    arm: str
    repeat: int
    session: str
    state: str
    turns: int
    undone: int
    user_s: float
    drawing_s: float
    navigating_s: float
    adjusting_s: float
    looking_s: float
    waiting_s: float
    idle_s: float
    hidden_s: float
    machine_s: float
    queue_s: float
    load_s: float
    compute_s: float
    store_s: float
    transfer_s: float
    render_s: float
    oddities: str

    def as_row(self) -> dict[str, str | int | float]:
        """For CSV and manifests: seconds to the millisecond."""
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def session_timeline(*, session: Session) -> Timeline:
    """The recorded events of a session on the server's clock."""
    rows: QuerySet[Event] = Event.objects.filter(session=session)
    return timeline(
        Recorded(
            tab=str(row.tab),
            seq=row.seq,
            t=row.t,
            kind=row.kind,
            received=row.received_at.timestamp(),
            data=row.data,
        )
        for row in rows.iterator()
    )


def session_times(*, session: Session, rules: Rules) -> CaseTimes:
    """Times of one session under ``rules``; its assignment's rows are fetched too."""
    line = session_timeline(session=session)
    turns = list(session.turns.values("stages", "state"))
    parts = seconds_by_activity(line, rules)
    machine = machine_seconds((turn["stages"] for turn in turns), line)
    assignment = session.assignment
    return CaseTimes(
        volume=assignment.volume.name,
        reader=assignment.reader.pseudonym,
        arm=assignment.arm.name,
        repeat=assignment.repeat,
        session=str(session.id),
        state=session.state,
        turns=sum(turn["state"] == "active" for turn in turns),
        undone=sum(turn["state"] != "active" for turn in turns),
        user_s=sum(parts[activity] for activity in USER_TIME),
        **{f"{activity}_s": seconds for activity, seconds in parts.items()},
        **{f"{stage}_s": seconds for stage, seconds in machine.items()},
        oddities="; ".join(line.oddities),
    )


def project_times(*, project: Project, rules: Rules) -> Iterator[CaseTimes]:
    """Times of every session of a project, in the order they were opened."""
    sessions = Session.objects.filter(
        assignment__volume__project=project
    ).select_related("assignment__volume", "assignment__reader", "assignment__arm")
    for session in sessions:
        yield session_times(session=session, rules=rules)
