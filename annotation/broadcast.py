"""Tell every open tab of a session, from any thread, in order.

One event loop in one thread per process keeps its connections: a loop made per message
(``async_to_sync``) more than doubles the time of a message. The thread is started at
the first message, so after a fork it is the child's own.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Mapping
from concurrent.futures import TimeoutError as WaitedTooLong
from typing import Any
from uuid import UUID

import structlog
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from inference_worker.contract.names import MESSAGE_BYTES_MAX

log = structlog.get_logger(__name__)

WAIT_S = 2.0
"""A tab that is told nothing for so long reads the state when it next connects."""


def session_group(session: UUID | str) -> str:
    """Channel-layer group of all tabs that show a session."""
    return f"session_{session}"


def session_tell(*, session: UUID | str, message: Mapping[str, Any]) -> None:
    """Send ``message`` to every tab of the session.

    One that is too large for the channel layer is replaced by the word to read the
    stored draft, so it must be stored before. A lost one is mended by the browser,
    which sees a gap in the versions; so a dead Valkey is logged and nothing more.
    """
    text = json.dumps(message, separators=(",", ":"))
    if len(text) > MESSAGE_BYTES_MAX:
        heading = {**message, "slices": []}
        _send(session, {"type": "session.redraw", "heading": heading})
    else:
        _send(session, {"type": "session.tell", "text": text})


def session_tell_stored(
    *, session: UUID | str, message: Mapping[str, Any], key: str
) -> None:
    """Send ``message`` with the slices of a stored answer, which every tab's socket
    reads for itself: they are too large for the channel layer."""
    _send(session, {"type": "session.fetch", "heading": dict(message), "key": key})


def _send(session: UUID | str, event: Mapping[str, Any]) -> None:
    layer = get_channel_layer()
    sending = asyncio.run_coroutine_threadsafe(
        layer.group_send(session_group(session), dict(event)), _loop()
    )
    try:
        sending.result(timeout=WAIT_S)
    except (RedisError, OSError, WaitedTooLong) as error:
        sending.cancel()
        log.warning("session not told", session=str(session), error=repr(error))


_lock = threading.Lock()
_owned: dict[int, asyncio.AbstractEventLoop] = {}


def _loop() -> asyncio.AbstractEventLoop:
    """This process's own loop, running."""
    with _lock:
        own = _owned.get(os.getpid())
        if own is None:
            own = _owned[os.getpid()] = asyncio.new_event_loop()
            threading.Thread(
                target=own.run_forever, name="broadcast", daemon=True
            ).start()
        return own
