"""A browser tab as the server sees it: a socket, a log and the mask as told."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import numpy as np
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.db import connections

from annotation.models import Session, User
from annotation.routing import websocket_urlpatterns
from inference_worker.contract.wire import unpack_mask

PATIENCE_S = 15


def in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """``function`` in another thread, its connection closed after: none may linger."""

    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return sync_to_async(run, thread_sensitive=False)


class Tab:
    """One tab of ``session``, logged in as ``user``."""

    application = URLRouter(websocket_urlpatterns)

    def __init__(self, session: Session, user: User | AnonymousUser) -> None:
        path = f"/ws/sessions/{session.pk}/"
        self.socket = WebsocketCommunicator(self.application, path)
        self.socket.scope["user"] = user
        self.mask = np.zeros(tuple(session.assignment.volume.shape), np.uint8)
        self.version = 0
        self.heard: list[dict[str, Any]] = []

    async def open(self) -> dict[str, Any]:
        """Connect; the state the server tells."""
        accepted, _ = await self.socket.connect(timeout=PATIENCE_S)
        assert accepted
        return await self.hear("state")

    async def close(self) -> None:
        await self.socket.disconnect(timeout=PATIENCE_S)
        # The layer outlives this test's event loop; what it cleans up must not.
        await get_channel_layer().wait_received()

    async def say(self, **message: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(message))

    async def draw(self, *prompts: dict[str, Any], id: str | None = None) -> str:
        """Send a turn; its id."""
        turn = id or str(uuid.uuid4())
        await self.say(type="turn", id=turn, prompts=list(prompts))
        return turn

    async def hear(
        self, *kinds: str, until: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """The next message of a kind for which ``until`` holds; all are taken in."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                text = await self.socket.receive_from(timeout=PATIENCE_S)
                message = json.loads(text)
                self.heard.append(message)
                self._take_in(message)
                if message["type"] in kinds and until(message):
                    return message

    async def answered(self, turn: str) -> dict[str, Any]:
        """The final answer to ``turn``."""
        return await self.hear(
            "prediction", until=lambda m: m["turn"] == turn and m["final"]
        )

    def _take_in(self, message: dict[str, Any]) -> None:
        if message["type"] == "prediction":
            self.version = message["version"]
            self._write(message["slices"])
        elif message["type"] == "canvas":
            self.version = message["version"]
            self.mask[:] = 0
            self._write(message["slices"])

    def _write(self, slices: Iterable[dict[str, Any]]) -> None:
        for packed in slices:
            region, labels = unpack_mask(packed)
            self.mask[region.slices] = labels
