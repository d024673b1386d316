"""The session's socket: hands every message to a service and decides nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import structlog
from asgiref.sync import sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, close_old_connections

from annotation import storage
from annotation.access import access_session
from annotation.broadcast import session_group
from annotation.leases import Unreachable
from annotation.models import User
from annotation.selectors.draft import draft_read
from annotation.selectors.session import session_state
from annotation.services.event import event_record
from annotation.services.foresight import slices_foresee
from annotation.services.seat import seat_ask, seat_leave
from annotation.services.turn import (
    turn_back,
    turn_cancel,
    turn_redo,
    turn_remove,
    turn_stop,
    turn_take,
    turn_undo,
)
from annotation.services.uncertainty import uncertainty_ask
from annotation.wire import malformed, read_object, read_uuid
from inference_worker.contract.errors import (
    AccessRefused,
    MessageError,
    ServiceError,
    SlicewiseError,
    StoreFailed,
)

log = structlog.get_logger(__name__)

CLOSE_TRY_AGAIN = 1011
CLOSE_NOT_LOGGED_IN = 4401
CLOSE_NOT_YOURS = 4403
CLOSE_NOWHERE = 4404

_HEAD = re.compile(
    r'\s*\{\s*"type"\s*:\s*"turn"\s*,\s*"id"\s*:\s*"(?P<id>[0-9a-fA-F-]{36})"'
)

Message = Mapping[str, Any]


class SessionConsumer(AsyncWebsocketConsumer):
    """One tab of one session. A refused message is answered; the connection stays."""

    session_id: str
    user: User
    seated: UUID | None = None
    """The browser that sat down by this socket."""

    async def connect(self) -> None:
        """Let in those who may look, and tell them where the session stands."""
        self.session_id = str(self.scope["url_route"]["kwargs"]["session_id"])
        self.user = self.scope["user"]
        # Accepted first: a refused handshake tells a browser no reason.
        await self.accept()
        try:
            # In the group before the state is read, so that nothing falls between.
            await _in_thread(access_session)(user=self.user, id=self.session_id)
            await self.channel_layer.group_add(
                session_group(self.session_id), self.channel_name
            )
            await self.say(await _in_thread(_state)(self.user, self.session_id))
        except AccessRefused as refused:
            unknown = refused.code == "access:not-logged-in"
            await self.close(CLOSE_NOT_LOGGED_IN if unknown else CLOSE_NOT_YOURS)
        except (DatabaseError, *Unreachable) as error:
            # The browser comes back by itself, as soon as they do.
            log.warning("not let in", session=self.session_id, error=repr(error))
            await self.close(CLOSE_TRY_AGAIN)

    async def disconnect(self, code: int) -> None:
        """Leave the group, and the seat."""
        if self.channel_layer is not None:
            try:
                await self.channel_layer.group_discard(
                    session_group(self.session_id), self.channel_name
                )
            except Unreachable as error:
                # Gone with what it was kept in, or by itself in the end.
                log.warning("not left", session=self.session_id, error=repr(error))
        if self.seated is not None:
            await _in_thread(seat_leave)(
                session_id=self.session_id,
                browser=self.seated,
                page=self.channel_name,
            )

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        """Hand a message to its service; answer what it refuses."""
        turn: str | None = None
        try:
            if text_data is None:
                raise malformed("it is not text")
            # Named first: one that is too large is never read.
            turn = _turn_at_the_head(text_data)
            message = read_object(text_data)
            turn = _turn_of(message)
            answer = await self._act(message)
            if answer is not None:
                await self.say(answer)
        except SlicewiseError as error:
            if isinstance(error, ServiceError):
                log.error("message failed", session=self.session_id, **error.as_json())
            await self.say({"type": "error", "turn": turn, "error": error.as_json()})
        except DatabaseError:
            # Not a refusal: the browser keeps the mark, connects again and resends it.
            log.exception("message not stored", session=self.session_id)
            await self.close(CLOSE_TRY_AGAIN)

    async def _act(self, message: Message) -> Message | None:
        """The one table of what a browser may say."""
        services: dict[str, Callable[[Message], Awaitable[Message | None]]] = {
            "turn": self._turn,
            "undo": self._undo,
            "back": self._back,
            "redo": self._redo,
            "remove": self._remove,
            "cancel": self._cancel,
            "stop": self._stop,
            "foresee": self._foresee,
            "uncertainty": self._uncertainty,
            "events": self._events,
            "sit": self._sit,
            "clock": self._clock,
        }
        kind = message.get("type")
        if not isinstance(kind, str) or kind not in services:
            raise MessageError(
                "unknown-type",
                f"“{str(kind)[:40]}” is no message of a session; reload the page.",
            )
        return await services[kind](message)

    async def _turn(self, message: Message) -> Message:
        turn = await _in_thread(turn_take)(
            user=self.user,
            session_id=self.session_id,
            id=read_uuid(message.get("id"), "id"),
            prompts=message.get("prompts"),
        )
        return {"type": "turn_taken", "turn": str(turn.pk), "seq": turn.seq}

    async def _undo(self, message: Message) -> None:
        request = read_uuid(message.get("id"), "id")
        await _in_thread(turn_undo)(
            user=self.user, session_id=self.session_id, request=request
        )

    async def _back(self, message: Message) -> None:
        await _in_thread(turn_back)(
            user=self.user,
            session_id=self.session_id,
            turn_id=read_uuid(message.get("turn"), "turn"),
            request=read_uuid(message.get("id"), "id"),
        )

    async def _redo(self, message: Message) -> None:
        request = read_uuid(message.get("id"), "id")
        await _in_thread(turn_redo)(
            user=self.user, session_id=self.session_id, request=request
        )

    async def _remove(self, message: Message) -> None:
        await _in_thread(turn_remove)(
            user=self.user,
            session_id=self.session_id,
            turn_id=read_uuid(message.get("turn"), "turn"),
            request=read_uuid(message.get("id"), "id"),
        )

    async def _cancel(self, message: Message) -> None:
        turn_id = read_uuid(message.get("turn"), "turn")
        await _in_thread(turn_cancel)(
            user=self.user, session_id=self.session_id, turn_id=turn_id
        )

    async def _stop(self, message: Message) -> None:
        await _in_thread(turn_stop)(
            user=self.user,
            session_id=self.session_id,
            turn_id=read_uuid(message.get("turn"), "turn"),
            request=read_uuid(message.get("id"), "id"),
        )

    async def _foresee(self, message: Message) -> None:
        await _in_thread(slices_foresee)(
            user=self.user,
            session_id=self.session_id,
            wish=read_uuid(message.get("id"), "id"),
            slices=message.get("slices"),
        )

    async def _uncertainty(self, message: Message) -> None:
        await _in_thread(uncertainty_ask)(
            user=self.user,
            session_id=self.session_id,
            wish=read_uuid(message.get("id"), "id"),
            slice=message.get("slice"),
        )

    async def _events(self, message: Message) -> Message:
        tab, seq = await _in_thread(event_record)(
            user=self.user,
            session_id=self.session_id,
            tab=message.get("tab"),
            events=message.get("events"),
        )
        return {"type": "events_taken", "tab": str(tab), "seq": seq}

    async def _sit(self, message: Message) -> Message:
        browser = read_uuid(message.get("browser"), "browser")
        told: Message = await _in_thread(seat_ask)(
            user=self.user,
            session_id=self.session_id,
            browser=browser,
            page=self.channel_name,
            take=message.get("take"),
            waits=message.get("waits"),
        )
        self.seated = browser
        return told

    async def _clock(self, message: Message) -> Message:
        server_ms = time.time() * 1000
        t = message.get("t")
        if isinstance(t, bool) or not isinstance(t, int | float):
            raise malformed("“t” is no time in ms")
        return {"type": "clock", "t": t, "server_ms": server_ms}

    async def session_tell(self, event: Message) -> None:
        """Pass on what was said to all tabs."""
        await self.send(text_data=event["text"])

    async def session_redraw(self, event: Message) -> None:
        """Show the stored draft: what changed is too large for the channel layer."""
        try:
            draft = await _in_thread(_draft)(self.user, self.session_id)
        except AccessRefused:
            await self.close(CLOSE_NOT_YOURS)
            return
        heading = event["heading"]
        whole = heading["type"] == "canvas"
        upto = heading["upto"] if whole else 0
        canvas = {"type": "canvas", **draft, "upto": upto, "undone": [], "times": {}}
        await self.say(canvas)
        if not whole:
            await self.say(heading)

    async def session_fetch(self, event: Message) -> None:
        """Pass on slices from where they are stored; gone with a session that ended,
        nobody waits for them."""
        try:
            stored = await _in_thread(storage.read_bytes)(event["key"])
        except StoreFailed as error:
            log.warning("answer not told", session=self.session_id, **error.as_json())
            return
        await self.say({**event["heading"], "slices": json.loads(stored)["slices"]})

    async def say(self, message: Message) -> None:
        """Send one message to this tab."""
        await self.send(text_data=json.dumps(message, separators=(",", ":")))


class NowhereConsumer(AsyncWebsocketConsumer):
    """What an address without a session answers."""

    async def connect(self) -> None:
        """Say so with a code that a browser can read."""
        await self.accept()
        await self.close(CLOSE_NOWHERE)
        raise StopConsumer


def _in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """``function`` in any free thread, its database connection given back after."""

    def run(*args: Any, **kwargs: Any) -> Any:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    # Not the one thread that all consumers share: readers must not wait for readers.
    return sync_to_async(run, thread_sensitive=False)


def _state(user: User, session_id: str) -> dict[str, Any]:
    return session_state(session=access_session(user=user, id=session_id))


def _draft(user: User, session_id: str) -> dict[str, Any]:
    return draft_read(session=access_session(user=user, id=session_id))


def _turn_at_the_head(text: str) -> str | None:
    """The turn that a browser's message begins with, however long the message is."""
    head = _HEAD.match(text)
    return head["id"] if head else None


def _turn_of(message: Message) -> str | None:
    """The turn an error speaks of, for messages that name one."""
    name = {"turn": "id", "cancel": "turn", "remove": "turn"}.get(
        str(message.get("type"))
    )
    value = message.get(name) if name else None
    return value if isinstance(value, str) else None
