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
"""So long a seat is kept for a page that is being loaded again."""


def sit_down(*, session: UUID | str, browser: UUID, page: str, take: bool) -> UUID:
    """Sit down unless another browser sits there; ``take`` its seat. Return who sits.

    ``page``: of the browser's pages the one that asks.
    """
    valkey, key = valkey_client(), _key(session)
    value = f"{browser} {page}"
    held = valkey.set(key, value, nx=not take, get=True, ex=SEAT_S)
    holder = browser if held is None or take else UUID(held.decode().split()[0])
    if held is not None and holder == browser:
        valkey.set(key, value, ex=SEAT_S)
    return holder


def stand_up(*, session: UUID | str, browser: UUID, page: str) -> None:
    """Give the seat back, if it is still this page's."""
    valkey, key = valkey_client(), _key(session)
    # In two steps: who sits down between them asks again before it runs out.
    if valkey.get(key) == f"{browser} {page}".encode():
        valkey.expire(key, RETURN_S)


def _key(session: UUID | str) -> str:
    return f"seat:{session}"
