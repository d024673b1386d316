"""The audit trail: every event carries the digest of the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from annotation.models import AuditEvent, AuditHead, User

GENESIS = ""
"""``previous`` of the first event."""

_CHAIN_LOCK = 0x511CE  # of pg_advisory_xact_lock; this chain's alone
_HEAD = 1


@dataclass(frozen=True)
class Fault:
    """Where the chain does not hold, and why."""

    number: int
    reason: str


def audit_record(
    *,
    actor: User | None,
    action: str,
    subject: str,
    data: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Append an event; it stands or falls with the surrounding transaction.

    Call it last in a transaction: from here to the commit all others wait.

    Parameters
    ----------
    actor: who did it; None for nobody known (a failed login).
    action: past of ``noun:verb``, like ``turn:taken``.
    subject: ``noun:id`` of what it was done to.
    data: strings, integers, booleans, lists and dicts of these. No floats: PostgreSQL
        does not promise to give their digits back.
    """
    # No savepoint: where this fails, nothing of the transaction may stay.
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
        head = AuditHead.objects.filter(pk=_HEAD).first()
        number, previous = (head.number, head.digest) if head else (0, GENESIS)
        event = AuditEvent(
            number=number + 1,
            at=timezone.now(),
            actor=actor,
            action=action,
            subject=subject,
            data=dict(data or {}),
            previous=previous,
        )
        _refuse_floats(event.data)
        event.digest = audit_digest(event=event)
        event.save(force_insert=True)
        end = AuditHead(pk=_HEAD, number=event.number, digest=event.digest)
        # All others wait for the lock: nobody else makes or moves the head.
        end.save(force_insert=head is None, force_update=head is not None)
    return event


def audit_digest(*, event: AuditEvent) -> str:
    """sha256 of the canonical JSON of everything else in the row."""
    at: datetime = event.at
    body = {
        "number": event.number,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": event.actor_id,
        "action": event.action,
        "subject": event.subject,
        "data": event.data,
        "previous": event.previous,
    }
    canonical = json.dumps(
        body, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def audit_faults() -> Iterator[Fault]:
    """Walk the whole chain and tell where it was changed, cut or added to."""
    number, previous = 0, GENESIS
    for event in AuditEvent.objects.order_by("number").iterator(chunk_size=2000):
        if event.number != number + 1:
            yield Fault(number + 1, f"missing up to {event.number - 1}")
        elif event.previous != previous:
            yield Fault(event.number, "does not follow from the event before it")
        if event.digest != audit_digest(event=event):
            yield Fault(event.number, "was changed: its digest does not fit")
        number, previous = event.number, event.digest
    head = AuditHead.objects.filter(pk=_HEAD).first()
    end = (head.number, head.digest) if head else (0, GENESIS)
    if end != (number, previous):
        verb = "removed from" if end[0] > number else "added to"
        yield Fault(max(number, end[0]), f"the end was {verb}, or changed")


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"audit data holds the float {value}; write it as text")
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            _refuse_floats(each)
