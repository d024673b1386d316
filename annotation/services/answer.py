"""What workers report: stored first, then told to the browser.

Reports may come late, twice, out of order or not at all. Each names the fence it was
made under and the log it belongs to; one that does not fit what is stored changes
nothing. Answers are stored in the order of the log.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from annotation import queue, storage
from annotation.broadcast import session_tell
from annotation.leases import turn_want
from annotation.models import Session, Turn
from annotation.models.turn import LogChangeKind, TurnState
from annotation.services.draft import draft_merge, draft_replace
from annotation.services.fence import session_reported
from annotation.services.log import log_drop, log_note, log_waiting
from annotation.services.turn import log_tell
from inference_worker.contract.log import EMPTY_LOG
from inference_worker.contract.names import ATTEMPTS_MAX

log = structlog.get_logger(__name__)


class Outcome(Enum):
    """What became of a report."""

    STORED = auto()
    DROPPED = auto()
    EARLY = auto()
    """An answer before it is still to be stored."""


def prediction_store(
    *, report: Mapping[str, Any], received_at: float, patient: bool = True
) -> Outcome:
    """Merge a prediction into the draft and tell the tabs.

    ``patient``: an answer whose predecessor is missing waits for it (``EARLY``). An
    impatient final answer says that the predecessor is lost, and has it sent again.
    """
    with transaction.atomic():
        session = session_reported(report=report)
        turn = _answered_turn(session, report) if session else None
        if session is None or turn is None:
            return Outcome.DROPPED
        earlier = log_waiting(session=session).filter(seq__lt=turn.seq)
        blocked = session.canvas_wanted or earlier.exists()
        if patient and (blocked or _skips_one(turn, report)):
            return Outcome.EARLY
        if blocked:
            queue_lost(session)
            return Outcome.DROPPED
        slices = _slices(report)
        draft_merge(
            session=session, turn=turn, slices=slices, quality=report["quality"]
        )
        times = _stamp(turn, report, slices, received_at)
        turn.save(update_fields=["heard", "answered_at", "stages"])
        _heard(session)
        _send_rest(session)
    told = {name: report[name] for name in ("turn", "seq", "stage", "final", "quality")}
    session_tell(
        session=session.pk,
        message={
            "type": "prediction",
            **told,
            "version": session.draft_version,
            "slices": slices,
            "times": times,
            "worker": report["worker"],
            "sent_at": time.time(),
        },
    )
    return Outcome.STORED


def canvas_store(*, report: Mapping[str, Any], received_at: float) -> Outcome:
    """Put the whole mask of a log in the draft's place and tell the tabs."""
    with transaction.atomic():
        session = session_reported(report=report)
        if session is None:
            return Outcome.DROPPED
        active = session.turns.filter(state=TurnState.ACTIVE)
        upto = 0
        if report["log_digest"] != EMPTY_LOG:
            last = active.filter(log_digest=report["log_digest"]).first()
            if last is None:
                return Outcome.DROPPED
            upto = last.seq
        if active.filter(seq__gt=upto, heard__gt=0).exists():
            # Older than what is shown.
            return Outcome.DROPPED
        slices = _slices(report)
        draft_replace(session=session, slices=slices)
        now = timezone.now()
        active.filter(seq__lte=upto, answered_at__isnull=True).update(answered_at=now)
        session.canvas_wanted = False
        _heard(session)
        _send_rest(session)
    times = dict(report.get("times") or {})
    times["store_s"] = round(time.time() - float(report["sent_at"]), 4)
    undone = session.turns.filter(state=TurnState.UNDONE).values_list("pk", flat=True)
    session_tell(
        session=session.pk,
        message={
            "type": "canvas",
            "version": session.draft_version,
            "slices": slices,
            "upto": upto,
            "undone": [str(pk) for pk in undone],
            "times": times,
        },
    )
    return Outcome.STORED


def turn_fail(*, report: Mapping[str, Any]) -> Outcome:
    """Try again, or take the turn out of the log and say why.

    What an engine refuses it will always refuse: that turn is discarded, because the
    log may hold nothing its engine would refuse. Where we are at fault, the turn is
    tried ``ATTEMPTS_MAX`` times and then undone, so that "redo" tries it once more.
    """
    error = dict(report["error"])
    with transaction.atomic():
        session = session_reported(report=report)
        turn = _failed_turn(session, report.get("turn")) if session else None
        if session is None or turn is None:
            return Outcome.DROPPED
        if error["code"] == "session:cancelled":
            # Of an older life of the turn: it was cancelled and then wanted again.
            turn_want(session=session.pk)
            queue_lost(session)
            return Outcome.DROPPED
        refused = str(error["code"]).partition(":")[0] in ("prompt", "message")
        if not refused:
            log.error(
                "turn failed", session=str(session.pk), turn=str(turn.pk), **error
            )
            session.attempts += 1
            session.save(update_fields=["attempts"])
        given_up = refused or session.attempts >= ATTEMPTS_MAX
        if given_up:
            turn_set_aside(session=session, turn=turn, error=error, again=not refused)
        else:
            queue_lost(session)
    if given_up:
        _tell_set_aside(session, turn, error)
    return Outcome.STORED


def turn_set_aside(
    *, session: Session, turn: Turn, error: Mapping[str, Any], again: bool
) -> None:
    """Take a turn that cannot be answered out of the log; the session is locked."""
    turn.error = dict(error)
    state = TurnState.UNDONE if again else TurnState.DISCARDED
    log_drop(session=session, turn=turn, state=state)
    log_note(session=session, turn=turn, kind=LogChangeKind.REFUSE)
    session.attempts = 0
    session.save(update_fields=["attempts"])
    queue.session_send_on_commit(session_id=session.pk)


def worker_lost(*, session: Session) -> bool:
    """A worker died over this session, which is locked; return whether to try again.

    A turn that kills every worker that takes it is taken out of the log in the end.
    """
    session.attempts += 1
    session.save(update_fields=["attempts"])
    turn = log_waiting(session=session).first()
    if session.attempts < ATTEMPTS_MAX or turn is None:
        return True
    error = {
        "code": "engine:worker-lost",
        "message": "The model could not be kept running on this mark; it was undone. "
        "Redo tries it again.",
        "extra": {},
    }
    turn_set_aside(session=session, turn=turn, error=error, again=True)
    transaction.on_commit(lambda: _tell_set_aside(session, turn, error))
    return False


def progress_tell(*, report: Mapping[str, Any]) -> Outcome:
    """Pass on how far a turn is; nothing of it is stored but the sign of life."""
    with transaction.atomic():
        session = session_reported(report=report)
        if session is None:
            return Outcome.DROPPED
        session.heard_at = timezone.now()
        session.save(update_fields=["heard_at"])
    body = {name: report[name] for name in ("turn", "fraction", "stage")}
    session_tell(session=report["session"], message={"type": "progress", **body})
    return Outcome.STORED


def session_warm(*, report: Mapping[str, Any]) -> Outcome:
    """Send the whole log to a worker that lacks what it was told to go on from."""
    with transaction.atomic():
        if session_reported(report=report, submitted=True) is None:
            return Outcome.DROPPED
    queue.session_send(session_id=UUID(report["session"]), worker=report["worker"])
    return Outcome.STORED


def queue_lost(session: Session) -> None:
    """Have everything sent again: now, or by the watch if that fails."""
    session.sent_digest = None
    session.save(update_fields=["sent_digest"])
    queue.session_send_on_commit(session_id=session.pk)


def _answered_turn(session: Session, report: Mapping[str, Any]) -> Turn | None:
    """The turn, if the answer belongs to the log as it is and is not known yet."""
    turn = session.turns.filter(pk=report["turn"], state=TurnState.ACTIVE).first()
    if turn is None or turn.log_digest != report["log_digest"]:
        return None
    known = turn.answered_at is not None or (
        report["number"] < turn.heard and not report["final"]
    )
    return None if known else turn


def _skips_one(turn: Turn, report: Mapping[str, Any]) -> bool:
    # A final answer holds all that its turn changed; the others build on each other.
    return report["number"] > turn.heard and not report["final"]


def _failed_turn(session: Session, turn_id: str | None) -> Turn | None:
    """The turn that failed; the first that waits, where none could be begun."""
    waiting = log_waiting(session=session)
    return waiting.filter(pk=turn_id).first() if turn_id else waiting.first()


def _slices(report: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The packed slices, from the message or from the file it names."""
    key = report.get("answer_key")
    if not key:
        return report["slices"]
    return json.loads(storage.read_bytes(key))["slices"]


def _stamp(
    turn: Turn,
    report: Mapping[str, Any],
    slices: Sequence[Mapping[str, Any]],
    received_at: float,
) -> dict[str, float]:
    """Note on the turn when and how long; return the seconds of this prediction."""
    now = time.time()
    sent_at = float(report["sent_at"])
    times = dict(report["times"]) | {"store_s": round(now - sent_at, 4)}
    stages = turn.stages
    stages.setdefault("answers", []).append(
        {
            "number": report["number"],
            "stage": report["stage"],
            "worker": report["worker"],
            "sent_at": sent_at,
            "received_at": received_at,
            "stored_at": now,
            **times,
        }
    )
    stages["arrived"] = sorted(
        {
            *stages.get("arrived", ()),
            *(packed["start"][0] for packed in slices),
            *map(int, report["quality"] or {}),
        }
    )
    # Seconds of the final answer; what was stored on the way was stored, too.
    stored = sum(answer["store_s"] for answer in stages["answers"])
    turn.stages = stages | times | {"store_s": round(stored, 4)}
    if turn.sent_at is not None:
        turn.stages["sent_at"] = turn.sent_at.timestamp()
    turn.heard = max(turn.heard, report["number"] + 1)
    if report["final"]:
        turn.answered_at = timezone.now()
    return times


def _heard(session: Session) -> None:
    session.heard_at = timezone.now()
    session.attempts = 0
    session.save(
        update_fields=["heard_at", "attempts", "draft_version", "canvas_wanted"]
    )


def _send_rest(session: Session) -> None:
    """Send what was held back while the first message stood in line."""
    if session.sent_digest != session.log_digest:
        queue.session_send_on_commit(session_id=session.pk)


def _tell_set_aside(session: Session, turn: Turn, error: Mapping[str, Any]) -> None:
    session_tell(
        session=session.pk,
        message={"type": "error", "turn": str(turn.pk), "error": dict(error)},
    )
    log_tell(session=session)
