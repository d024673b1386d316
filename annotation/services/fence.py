"""Which worker is listened to: the one that reports under the session's present fence.

A worker that was taken for dead may still speak, under an older fence than the one that
its successor was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.models import Session
from annotation.models.session import SessionState


def session_reported(
    *, report: Mapping[str, Any], submitted: bool = False
) -> Session | None:
    """The session of a report, locked; None where another worker has it by now.

    ``submitted``: also one that is not open any more.

    It is looked up by its key alone and compared afterwards. Whoever sends under a new
    fence holds the row until that fence is committed, and a worker may answer before:
    asked for the row, PostgreSQL waits; asked for a row of that fence, it finds none.
    """
    rows = Session.objects.select_for_update(of=("self",))
    session = (
        rows.select_related("assignment__volume").filter(pk=report["session"]).first()
    )
    if session is None or session.fence != report["fence"]:
        return None
    if session.state != SessionState.OPEN and not submitted:
        return None
    return session
