"""Nothing waits forever: what a dead worker left unanswered is given to another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from annotation import queue
from annotation.leases import lease_read, valkey_identity, workers_alive
from annotation.models import Session, Turn
from annotation.models.session import SessionState
from annotation.models.turn import TurnState
from annotation.services.answer import worker_lost
from inference_worker.contract.names import ASK_AGAIN_S, ATTEMPTS_MAX, LINE_WAIT_S

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=1)
"""What was stored so lately is being sent by whoever stored it."""


@dataclass
class Watch:
    """One watcher; several do not disturb each other.

    It remembers when it last saw Valkey restart and a worker vanish: a message sent
    before that, and with no sign of life since, may be gone and need not be waited for.
    """

    _valkey: str = ""
    _workers: frozenset[str] = field(default_factory=frozenset)
    _restarted_at: datetime = field(default_factory=timezone.now)
    _vanished_at: datetime = field(default_factory=timezone.now)

    def round(self) -> int:
        """Look once at every session that waits; return how many were sent again."""
        valkey, workers = valkey_identity(), workers_alive()
        if valkey != self._valkey:
            self._restarted_at = timezone.now()
        if self._workers - workers:
            self._vanished_at = timezone.now()
        self._valkey, self._workers = valkey, workers
        waiting = list(sessions_waiting().values_list("pk", flat=True))
        return sum(self._sent_again(pk) for pk in waiting)

    def _sent_again(self, session_id: UUID) -> bool:
        """Send what a session waits for, if nobody is at it any more."""
        with transaction.atomic():
            rows = Session.objects.select_for_update(of=("self",), skip_locked=True)
            # Locked: somebody is sending or storing for it this moment.
            session = (
                rows.select_related("assignment__volume").filter(pk=session_id).first()
            )
            if session is None or not sessions_waiting().filter(pk=session_id).exists():
                return False
            lost = self._lost(session)
            if lost is None:
                return False
        sent = queue.session_send(session_id=session_id, lost=lost)
        if sent:
            log.info("sent again", session=str(session_id), lost=lost)
        return sent

    def _lost(self, session: Session) -> bool | None:
        """True: what was sent is lost; False: something was never sent; None: wait."""
        signs = [at for at in (session.sent_at, session.heard_at) if at is not None]
        if session.sent_digest is None or not signs:
            return None if _is_fresh(session) else False
        silence = timezone.now() - max(signs)
        lease = lease_read(session=session.pk)
        held = lease is not None and lease.fence == session.fence
        if lease is not None and held and not lease.alive:
            return _worker_died(session)
        shaken = max(signs) < (
            self._restarted_at if held else max(self._restarted_at, self._vanished_at)
        )
        longest = timedelta(seconds=ASK_AGAIN_S if held else LINE_WAIT_S)
        if shaken or silence > longest:
            return True if session.state == SessionState.OPEN else _carry_late(session)
        behind = session.sent_digest != session.log_digest
        return False if held and behind else None


def sessions_waiting() -> QuerySet[Session]:
    """Sessions with a mark, a mask or a carry that is still to come."""
    unanswered = Turn.objects.filter(
        session=OuterRef("pk"), state=TurnState.ACTIVE, answered_at__isnull=True
    )
    is_open = Q(state=SessionState.OPEN)
    return Session.objects.filter(
        (is_open & (Q(canvas_wanted=True) | Exists(unanswered)))
        | (~is_open & Q(carry_wanted=True))
    ).order_by("sent_at")


def _is_fresh(session: Session) -> bool:
    newest = session.turns.order_by("-seq").first()
    return newest is not None and timezone.now() - newest.taken_at < GRACE


def _worker_died(session: Session) -> bool | None:
    log.warning("worker lost", session=str(session.pk), attempts=session.attempts + 1)
    if session.state != SessionState.OPEN:
        return _carry_late(session)
    return True if worker_lost(session=session) else None


def _carry_late(session: Session) -> bool | None:
    """Ask a few times: an engine may have nothing to leave, and nobody waits for it."""
    session.attempts += 1
    session.carry_wanted = session.attempts < ATTEMPTS_MAX
    session.save(update_fields=["attempts", "carry_wanted"])
    return True if session.carry_wanted else None
