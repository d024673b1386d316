"""A reader sits down at a session: there it is written, elsewhere looked at."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog

from annotation import seats
from annotation.access import access_session
from annotation.broadcast import session_tell
from annotation.leases import Unreachable
from annotation.models import User
from annotation.wire import malformed

log = structlog.get_logger(__name__)


def seat_ask(
    *,
    user: User,
    session_id: UUID | str,
    browser: UUID,
    page: str,
    take: Any,
    waits: Any,
) -> dict[str, Any]:
    """Sit down where the seat is free, or ``take`` it; return who has it.

    ``waits``: the page looks on already.

    While Valkey cannot be asked, everybody has it.

    Raises
    ------
    AccessRefused, MessageError.
    """
    if not isinstance(take, bool) or not isinstance(waits, bool):
        raise malformed("“take” or “waits” is neither true nor false")
    session = access_session(user=user, id=session_id, write=True)
    try:
        holder = seats.sit_down(
            session=session.pk, browser=browser, page=page, take=take, waits=waits
        )
    except Unreachable as error:
        log.warning("seat not asked for", session=str(session.pk), error=repr(error))
        holder = browser
    message = {"type": "seat", "holder": str(holder)}
    if take:
        # Whoever sat there learns it now, and not when it asks again.
        session_tell(session=session.pk, message=message)
    return message


def seat_leave(*, session_id: UUID | str, browser: UUID, page: str) -> None:
    """Give the seat back, unless another page has it."""
    try:
        seats.stand_up(session=session_id, browser=browser, page=page)
    except Unreachable as error:
        log.warning("seat not left", session=str(session_id), error=repr(error))
