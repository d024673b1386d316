"""The one place that sends work to the inference workers.

What has to be sent follows from what is stored: the session's log, how much of it was
sent under the present fence, and who holds the lease. So sending can be asked for any
number of times, by anybody; it sends what is missing and nothing twice.

It happens in a thread of its own, because a broker that is down blocks the publisher
for the better part of a second. What could not be sent stays unsent in the database;
``watch_sessions`` asks again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import current_app
from django.db import close_old_connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from annotation.leases import (
    Lease,
    Unreachable,
    lease_read,
    wish_drop,
    wish_make,
)
from annotation.models import Session, Turn
from annotation.models.session import SessionState
from annotation.models.turn import TurnState
from inference_worker.contract.log import EMPTY_LOG
from inference_worker.contract.names import (
    CLOSE_SESSION,
    FORESEE,
    LINE_WAIT_S,
    MESSAGE_EXPIRES_S,
    QUEUE_SHARED,
    TAKE_TURNS,
    TELL_UNCERTAINTY,
    worker_queue,
)

log = structlog.get_logger(__name__)

# Once more, at once: the first message after a restart meets a closed connection.
_RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0}


def session_send_on_commit(*, session_id: UUID) -> None:
    """Send what is missing once the surrounding transaction has committed."""
    transaction.on_commit(lambda: later(lambda: session_send(session_id=session_id)))


def session_send(
    *, session_id: UUID, lost: bool = False, worker: str | None = None
) -> bool:
    """Send what the worker of a session lacks.

    Parameters
    ----------
    lost: what was sent is gone, with the worker that had it; somebody else takes over
        under a new fence.
    worker: has asked for the whole log, being cold.

    Returns
    -------
    Whether something was sent. The session's row is locked meanwhile, so that messages
    leave in the order of the log.
    """
    with transaction.atomic():
        rows = Session.objects.select_for_update(of=("self",)).select_related(
            "assignment__volume__project", "assignment__arm"
        )
        session = rows.filter(pk=session_id).first()
        if session is None:
            return False
        try:
            lease = lease_read(session=session.pk)
            if session.state != SessionState.OPEN:
                return _send_close(session, lease)
            return _send_turns(session, lease, lost=lost, asking=worker)
        except (OperationalError, *Unreachable) as error:
            log.warning("not sent", session=str(session_id), error=repr(error))
            session.sent_digest = None
            session.save(update_fields=["sent_digest"])
            return False


def session_foresee(*, session_id: UUID, wish: UUID, slices: Sequence[int]) -> None:
    """Ask the worker that has the session to see ahead; nobody else, and once."""
    session = Session.objects.get(pk=session_id)
    lease = lease_read(session=session.pk)
    holder = _holder(session, lease)
    if not holder or session.sent_digest != session.log_digest:
        return
    wish_make(session=session.pk, wish=wish)
    message = {
        "session": str(session.pk),
        "fence": session.fence,
        "log_digest": session.log_digest,
        "wish": str(wish),
        "slices": list(slices),
    }
    _publish(FORESEE, message, holder)


def session_ask_uncertainty(*, session_id: UUID, wish: UUID, slice: int) -> bool:
    """Ask the worker that has the session how unsure it is; whether there is one."""
    session = Session.objects.get(pk=session_id)
    holder = _holder(session, lease_read(session=session.pk))
    if holder:
        message = {
            "session": str(session.pk),
            "fence": session.fence,
            "wish": str(wish),
            "slice": slice,
        }
        _publish(TELL_UNCERTAINTY, message, holder)
    return bool(holder)


def _send_turns(
    session: Session, lease: Lease | None, *, lost: bool, asking: str | None
) -> bool:
    if session.sent_digest == session.log_digest and not lost and not asking:
        return False
    holder = _holder(session, lease)
    if asking and not holder:
        holder = asking
    if not holder:
        if not lost and lease is None and _in_line(session):
            # Whoever takes that message gets the rest; a second would only race it.
            return False
        session.fence += 1
        session.sent_digest = None
    if asking or lost:
        session.sent_digest = None
    turns = _turns_to_send(session)
    now = timezone.now()
    message = _header(session) | {
        "log": _log(session, turns),
        "answer_from": _answer_from(session, turns),
    }
    # Before it is sent: a turn waits for no slice that nobody asked for.
    wish_drop(session=session.pk)
    _publish(TAKE_TURNS, message, holder)
    Turn.objects.filter(
        pk__in=[turn.pk for turn in turns if turn.sent_at is None]
    ).update(sent_at=now)
    session.sent_digest, session.sent_at = session.log_digest, now
    session.save(update_fields=["fence", "sent_digest", "sent_at"])
    return True


def _send_close(session: Session, lease: Lease | None) -> bool:
    """Give the session up; with the whole log where what it learned is to be kept."""
    holder = _holder(session, lease)
    if not session.carry_wanted and not holder:
        return False
    if not holder:
        session.fence += 1
    session.sent_digest = None
    whole = _log(session, _turns_to_send(session)) if session.carry_wanted else None
    message = _header(session) | {"carry": session.carry_wanted, "log": whole}
    _publish(CLOSE_SESSION, message, holder, expires=not session.carry_wanted)
    session.sent_digest, session.sent_at = session.log_digest, timezone.now()
    session.save(update_fields=["fence", "sent_digest", "sent_at"])
    return True


def _holder(session: Session, lease: Lease | None) -> str:
    """The living worker that has the session under its present fence, or ""."""
    if lease is None or not lease.alive or lease.fence != session.fence:
        return ""
    return lease.worker


def _in_line(session: Session) -> bool:
    """Whether a message of this fence may still be waiting for a worker."""
    if session.sent_at is None or session.sent_digest is None:
        return False
    waiting = (
        session.canvas_wanted
        or session.turns.filter(
            state=TurnState.ACTIVE, answered_at__isnull=True, sent_at__isnull=False
        ).exists()
    )
    recent = timezone.now() - session.sent_at < timedelta(seconds=LINE_WAIT_S)
    return waiting and recent


def _turns_to_send(session: Session) -> list[Turn]:
    """Active turns after what was sent; all of them when in doubt."""
    active = session.turns.filter(state=TurnState.ACTIVE).order_by("seq")
    if session.sent_digest:
        sent = active.filter(log_digest=session.sent_digest).values("seq")[:1]
        return list(active.filter(seq__gt=sent))
    return list(active)


def _log(session: Session, turns: list[Turn]) -> dict[str, Any]:
    return {
        "base": session.sent_digest or EMPTY_LOG,
        "turns": [
            {"id": str(turn.pk), "seq": turn.seq, "prompts": turn.prompts}
            for turn in turns
        ],
    }


def _answer_from(session: Session, turns: list[Turn]) -> int | str:
    """The first turn whose answer is missing; "" where the whole mask is wanted."""
    waiting = [turn.seq for turn in turns if turn.answered_at is None]
    if (session.canvas_wanted and session.sent_digest is None) or not waiting:
        return ""
    return waiting[0]


def _header(session: Session) -> dict[str, Any]:
    """What makes the session's replays exact, and when and under which fence."""
    volume = session.assignment.volume
    return {
        "session": str(session.pk),
        "fence": session.fence,
        "volume_key": volume.key,
        "labels": list(volume.project.labels.order_by("value").values("value", "name")),
        "engine": session.engine,
        "weights": session.weights,
        "config": session.config,
        "seed": session.seed,
        "carry_key": session.carry_key or None,
        "sent_at": time.time(),
    }


def _publish(
    task: str, message: dict[str, Any], holder: str, *, expires: bool = True
) -> None:
    current_app.send_task(
        task,
        kwargs=message,
        queue=worker_queue(holder) if holder else QUEUE_SHARED,
        expires=MESSAGE_EXPIRES_S if expires else None,
        ignore_result=True,
        retry=True,
        retry_policy=_RETRY,
    )


_lock = threading.Lock()
_owned: dict[int, ThreadPoolExecutor] = {}


def later(job: Callable[[], object]) -> None:
    """Run ``job`` in this process's sending thread, after those before it."""
    with _lock:
        own = _owned.get(os.getpid())
        if own is None:
            own = _owned[os.getpid()] = ThreadPoolExecutor(1, "sending")
    own.submit(_run, job)


def _run(job: Callable[[], object]) -> None:
    close_old_connections()
    try:
        job()
    except Unreachable as error:
        log.warning("not sent", error=repr(error))
    except Exception:
        # The thread must outlive one bad job; watch_sessions sends again.
        log.exception("sending failed")
        raise
    finally:
        close_old_connections()
