"""The log of a session, kept linked: each active turn names the log up to itself."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotation.models import LogChange, Session, Turn
from annotation.models.session import SessionState
from annotation.models.turn import LogChangeKind, TurnState
from inference_worker.contract.errors import SessionRefused
from inference_worker.contract.log import EMPTY_LOG, extend_digest


def session_check_open(*, session: Session) -> None:
    """Refuse (``session:submitted``) to change what has been handed in."""
    if session.state != SessionState.OPEN:
        raise SessionRefused(
            "submitted",
            "This case has been submitted; ask the lead to assign it again.",
        )


def log_append(*, session: Session, turn: Turn) -> None:
    """Add ``turn`` at the end; the session must be locked and is saved."""
    session.last_seq += 1
    session.log_digest = extend_digest(session.log_digest, str(turn.id), turn.prompts)
    turn.seq, turn.log_digest = session.last_seq, session.log_digest
    if not turn.only_visits:
        session.turns.filter(state=TurnState.UNDONE).update(state=TurnState.DISCARDED)
    turn.save(force_insert=True)
    session.save(update_fields=["last_seq", "log_digest"])


def log_drop(*, session: Session, turn: Turn, state: TurnState) -> None:
    """Take ``turn`` out of the log; the draft waits for the mask without it."""
    untouched = turn.heard == 0 and turn.answered_at is None
    turn.state = state
    turn.undone_at = timezone.now()
    turn.log_digest = EMPTY_LOG
    turn.save(update_fields=["state", "undone_at", "log_digest", "error"])
    session.canvas_wanted |= not (untouched and _is_last(session, turn))
    _relink(session, turn.seq)


def log_exchange(*, session: Session, turn: Turn, shorter: Turn) -> None:
    """Put ``shorter``, which does a part of ``turn``, in its place in the log.

    What is stored of ``turn`` must be what ``shorter`` will have done: the draft stays
    as it is, and only the worker has still to come to the same.
    """
    session.last_seq += 1
    shorter.seq, turn.seq = turn.seq, session.last_seq
    turn.state, turn.undone_at = TurnState.DISCARDED, timezone.now()
    turn.log_digest = EMPTY_LOG
    turn.save(update_fields=["seq", "state", "undone_at", "log_digest"])
    shorter.heard = turn.heard
    shorter.stages = {"arrived": turn.stages.get("arrived", [])}
    shorter.save(force_insert=True)
    session.draft_slices.filter(turn=turn).update(turn=shorter)
    session.save(update_fields=["last_seq"])
    _relink(session, shorter.seq)


def log_restore(*, session: Session, turn: Turn) -> None:
    """Put ``turn`` back where it was; it is answered anew."""
    turn.state = TurnState.ACTIVE
    turn.undone_at = turn.answered_at = turn.error = None
    turn.heard = 0
    turn.save(update_fields=["state", "undone_at", "answered_at", "error", "heard"])
    session.canvas_wanted |= not _is_last(session, turn)
    _relink(session, turn.seq)


def log_note(
    *, session: Session, turn: Turn, kind: LogChangeKind, request: UUID | None = None
) -> None:
    """Write down a change of the log, for playback and against doing it twice."""
    change = LogChange(session=session, turn=turn, kind=kind, last_seq=session.last_seq)
    if request is not None:
        change.request = request
    change.save(force_insert=True)


def log_waiting(*, session: Session) -> Iterable[Turn]:
    """Active turns without their final answer, in order."""
    return session.turns.filter(
        state=TurnState.ACTIVE, answered_at__isnull=True
    ).order_by("seq")


def _is_last(session: Session, turn: Turn) -> bool:
    later = session.turns.filter(state=TurnState.ACTIVE, seq__gt=turn.seq)
    return not later.exists()


@transaction.atomic
def _relink(session: Session, since: int) -> None:
    """Name the log anew from turn number ``since`` on; what was sent is in doubt."""
    active = session.turns.filter(state=TurnState.ACTIVE).order_by("seq")
    before = active.filter(seq__lt=since).last()
    digest = before.log_digest if before else EMPTY_LOG
    later = list(active.filter(seq__gte=since))
    for turn in later:
        digest = extend_digest(digest, str(turn.id), turn.prompts)
        turn.log_digest = digest
    Turn.objects.bulk_update(later, ["log_digest"], batch_size=500)
    session.log_digest = digest
    session.sent_digest = None
    session.save(update_fields=["log_digest", "sent_digest", "canvas_wanted"])
