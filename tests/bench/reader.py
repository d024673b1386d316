"""A reader without a browser: logs in, opens a case, draws, and takes the time."""

from __future__ import annotations

import http.cookiejar
import json
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from websockets.sync.client import ClientConnection, connect


@dataclass
class Answered:
    """One turn as its reader saw it; seconds from sending."""

    first_s: float = 0.0
    final_s: float = 0.0
    first_platform_s: float = 0.0
    final_platform_s: float = 0.0
    sent_bytes: int = 0
    received_bytes: int = 0
    stages: list[str] = field(default_factory=list)


class Reader:
    """A logged-in person."""

    def __init__(self, port: int, username: str, password: str) -> None:
        self.port = port
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies)
        )
        self.get("/login/")
        self.post_form("/login/", username=username, password=password)

    def cookie(self, name: str) -> str:
        """Value of a cookie, or nothing."""
        return next((c.value or "" for c in self.cookies if c.name == name), "")

    def get(self, path: str) -> bytes:
        """The body behind an address."""
        with self.opener.open(f"http://127.0.0.1:{self.port}{path}") as answer:
            return bytes(answer.read())

    def post_form(self, path: str, **fields: str) -> bytes:
        """Send a page's form."""
        fields["csrfmiddlewaretoken"] = self.cookie("csrftoken")
        return self._post(path, urllib.parse.urlencode(fields).encode(), None)

    def post_json(self, path: str, body: Any) -> Any:
        """Call the API."""
        raw = self._post(path, json.dumps(body).encode(), "application/json")
        return json.loads(raw)

    def _post(self, path: str, body: bytes, kind: str | None) -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=body, method="POST"
        )
        request.add_header("X-CSRFToken", self.cookie("csrftoken"))
        if kind:
            request.add_header("Content-Type", kind)
        with self.opener.open(request) as answer:
            return bytes(answer.read())

    def open_case(self, assignment: str) -> Case:
        """Open an assignment's session and its socket."""
        session = self.post_json(f"/api/assignments/{assignment}/session", {})
        socket = connect(
            f"ws://127.0.0.1:{self.port}/ws/sessions/{session['id']}/",
            origin=f"http://127.0.0.1:{self.port}",  # type: ignore[arg-type]
            additional_headers={
                "Cookie": "; ".join(f"{c.name}={c.value}" for c in self.cookies)
            },
            max_size=None,
            compression=None,
            legacy=True,  # connected until told otherwise: no block to be in
        )
        return Case(session, socket)


class Case:
    """One open session."""

    def __init__(self, session: dict[str, Any], socket: ClientConnection) -> None:
        self.session = session
        self.socket = socket
        self._wait_for("state")

    def _wait_for(self, kind: str) -> dict[str, Any]:
        while True:
            message = json.loads(self.socket.recv(timeout=60))
            if message["type"] == kind:
                return dict(message)

    def echo(self) -> float:
        """Seconds of a clock sample: the socket alone, no queue, no worker."""
        began = time.perf_counter()
        self.socket.send(json.dumps({"type": "clock", "t": 0}))
        self._wait_for("clock")
        return time.perf_counter() - began

    def send(self, *prompts: dict[str, Any]) -> tuple[str, int]:
        """Send a turn; its id and its bytes."""
        turn = str(uuid4())
        text = json.dumps({"type": "turn", "id": turn, "prompts": prompts})
        self.socket.send(text)
        return turn, len(text)

    def take(self, *prompts: dict[str, Any]) -> Answered:
        """Send a turn and wait for its final answer.

        The platform's share is what the engine did not compute: the time to the first
        (final) answer, less the compute seconds of that answer.
        """
        began = time.perf_counter()
        turn, sent = self.send(*prompts)
        return self.await_final(turn, began, sent)

    def await_final(self, turn: str, began: float, sent: int = 0) -> Answered:
        """Read until the final answer of ``turn``."""
        answered = Answered(sent_bytes=sent)
        while True:
            text = self.socket.recv(timeout=120)
            now = time.perf_counter() - began
            message = json.loads(text)
            if message["type"] == "error" and message.get("turn") == turn:
                raise RuntimeError(message["error"])
            if message["type"] != "prediction" or message["turn"] != turn:
                continue
            answered.received_bytes += len(text)
            answered.stages.append(message["stage"])
            platform = now - message["times"]["compute_s"]
            if len(answered.stages) == 1:
                answered.first_s, answered.first_platform_s = now, platform
            if message["final"]:
                answered.final_s, answered.final_platform_s = now, platform
                return answered
