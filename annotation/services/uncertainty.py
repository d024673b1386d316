"""How unsure the engine is of a slice: asked for, told and stored nowhere.

It lies with the worker that answered the slice, as long as that keeps the session. So
there may be nothing to tell, and that is told as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from annotation import queue
from annotation.access import access_session
from annotation.broadcast import session_tell
from annotation.models import Session, User
from annotation.models.session import SessionState
from annotation.wire import malformed


def uncertainty_ask(
    *, user: User, session_id: UUID | str, wish: UUID, slice: Any
) -> None:
    """Have the worker that holds the session say it, if one does.

    Raises
    ------
    AccessRefused, MessageError.
    """
    session = access_session(user=user, id=session_id)
    if type(slice) is not int or not 0 <= slice < session.assignment.volume.shape[0]:
        raise malformed("“slice” is none of the volume's")

    def ask() -> None:
        if not queue.session_ask_uncertainty(
            session_id=session.pk, wish=wish, slice=slice
        ):
            _tell(session.pk, wish, slice, None)

    queue.later(ask)


def uncertainty_tell(*, report: Mapping[str, Any]) -> bool:
    """Tell the tabs what the worker said, unless somebody else has the session."""
    living = Session.objects.filter(
        pk=report["session"], fence=report["fence"], state=SessionState.OPEN
    )
    if not living.exists():
        return False
    _tell(report["session"], report["wish"], report["slice"], report["map"])
    return True


def _tell(
    session: UUID | str, wish: UUID | str, slice: int, map: Mapping[str, Any] | None
) -> None:
    body = {"id": str(wish), "slice": slice, "map": map}
    session_tell(session=session, message={"type": "uncertainty", **body})
