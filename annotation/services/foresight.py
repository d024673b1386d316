"""Seeing ahead: slices near the reader are predicted before they are visited.

A wish is no turn. It is not written to the log, a worker answers it only from a state
that is warm at exactly the session's log, and leaves the engine's step at its first
prediction, which by the engines' contract changes nothing: the log alone still says
what every mask is. A turn, or another wish, ends it at the worker's next look, and what
was foreseen is shown to the reader but never stored. Arriving, the reader visits the
slice in a turn as ever, whose answer takes the place of what was foreseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from annotation import queue
from annotation.access import access_session
from annotation.broadcast import session_tell, session_tell_stored
from annotation.models import Session, User
from annotation.models.session import SessionState
from annotation.services.log import session_check_open
from annotation.wire import malformed
from inference_worker.contract.catalog import ENGINES

SLICES_MAX = 4
"""More are not near the reader."""


def slices_foresee(
    *, user: User, session_id: UUID | str, wish: UUID, slices: Any
) -> None:
    """Have the session's worker see ahead, where there is one and it has time.

    Raises
    ------
    AccessRefused, SessionRefused (``session:submitted``), MessageError.
    """
    session = access_session(user=user, id=session_id, write=True)
    session_check_open(session=session)
    depth = session.assignment.volume.shape[0]
    if (
        not isinstance(slices, list)
        or len(slices) > SLICES_MAX
        or not all(type(z) is int and 0 <= z < depth for z in slices)
    ):
        raise malformed(f"“slices” are at most {SLICES_MAX} of the volume's")
    if "visit" not in ENGINES[session.assignment.arm.engine].prompts:
        return
    queue.later(
        lambda: queue.session_foresee(session_id=session.pk, wish=wish, slices=slices)
    )


def foreseen_tell(*, report: Mapping[str, Any]) -> bool:
    """Show the tabs what was foreseen, unless the log has gone on."""
    living = Session.objects.filter(
        pk=report["session"],
        fence=report["fence"],
        log_digest=report["log_digest"],
        state=SessionState.OPEN,
    )
    if not living.exists():
        return False
    session = report["session"]
    message = {"type": "foreseen", "id": report["wish"], "slices": report["slices"]}
    if key := report.get("answer_key"):
        session_tell_stored(session=session, message=message, key=key)
    else:
        session_tell(session=session, message=message)
    return True
