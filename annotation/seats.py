"""Which of a reader's computers writes in a session, while the others look on.

A courtesy and no lock: the log takes a reader's marks from wherever they come, so that
none is lost. A seat must be asked for again before it runs out, and then whoever asks
next has it.
"""

from __future__ import annotations

from uuid import UUID

from annotation.leases import valkey_client

SEAT_S = 15
"""A browser asks every five seconds; one that cannot any more keeps nobody off."""
RETURN_S = 3
"""So long who waits leaves a seat to a page that is being loaded again."""

_LEFT = "left"


def sit_down(
    *, session: UUID | str, browser: UUID, page: str, take: bool, waits: bool
) -> UUID:
    """Sit down unless another browser sits there; ``take`` its seat. Return who sits.

    ``page``: of the browser's pages the one that asks. ``waits``: it was told of
    another before, and does not sit down the moment that one is gone.
    """
    valkey, key = valkey_client(), _key(session)
    value = f"{browser} {page}"
    held = valkey.set(key, value, nx=not take, get=True, ex=SEAT_S)
    if held is None or take:
        return browser
    sitting, at = held.decode().split(maxsplit=1)
    if UUID(sitting) == browser or (at == _LEFT and not waits):
        valkey.set(key, value, ex=SEAT_S)
        return browser
    return UUID(sitting)


def stand_up(*, session: UUID | str, browser: UUID, page: str) -> None:
    """Give the seat back, if it is still this page's."""
    valkey, key = valkey_client(), _key(session)
    # In two steps: who sits down between them asks again before it runs out.
    if valkey.get(key) == f"{browser} {page}".encode():
        valkey.set(key, f"{browser} {_LEFT}", ex=RETURN_S)


def _key(session: UUID | str) -> str:
    return f"seat:{session}"
