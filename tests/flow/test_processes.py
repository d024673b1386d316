"""Real processes, killed: worker, Valkey and Daphne cost time, never a voxel."""

from __future__ import annotations

import json
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import WebSocketException

from tests.bench.product import Product, served
from tests.bench.reader import Case, Reader

pytestmark = pytest.mark.slow

PATIENCE_S = 120
IDLE_S = 31

VISIT = {"kind": "visit", "slice": 20}


def stroke(*places: tuple[int, int]) -> dict[str, Any]:
    """A scribble on the visited slice."""
    voxels = [[20, y, x] for y, x in places]
    return {"kind": "scribble", "label": 1, "voxels": voxels, "width": 5}


FIRST = stroke((230, 180), (240, 200), (255, 210))
SECOND = stroke((260, 170), (262, 190))

# Pairs of cases of one volume that differ in nothing that a mask depends on.
PREPARE = """
import json
from annotation.models import Assignment, Session
from annotation.services.session import session_open
made = {"continual": [], "geodesic": []}
for engine, pairs in (("continual", 1), ("geodesic", 4)):
    first = Assignment.objects.filter(arm__engine=engine, volume__channels=1).first()
    for repeat in range(2, 2 + 2 * pairs):
        each = Assignment.objects.create(
            volume=first.volume, reader=first.reader, arm=first.arm, repeat=repeat
        )
        session = session_open(user=first.reader, assignment_id=each.pk)
        Session.objects.filter(pk=session.pk).update(seed=7)
        made[engine].append(str(each.pk))
print(json.dumps(made))
"""


class LostContact(Exception):
    """The server did not come back in time."""


class Desk:
    """A reader who connects again whenever the socket is gone, and resends."""

    def __init__(self, reader: Reader, assignment: str) -> None:
        self.reader, self.assignment = reader, assignment
        self.case = self._open(time.monotonic() + PATIENCE_S)
        self.session = self.case.session["id"]

    def draw(self, prompt: dict[str, Any]) -> str:
        """Send a turn; its id."""
        return self.case.send(prompt)[0]

    def answered(self, turn: str, prompt: dict[str, Any]) -> None:
        """Wait for the final answer, by socket or, after a reconnection, by state."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                self.case.await_final(turn, 0.0)
            except (WebSocketException, OSError, TimeoutError):
                if self._come_back(turn, prompt, deadline):
                    return
            else:
                return
        raise LostContact(turn)

    def _come_back(self, turn: str, prompt: dict[str, Any], deadline: float) -> bool:
        """Connect, send again what may not have arrived; whether it is answered."""
        while time.monotonic() < deadline:
            try:
                self.case.socket.close()
                self.case = self._open(deadline)
                rows = self.get("turns")
                known = {row["id"]: row["final"] for row in rows}
                if turn not in known:
                    message = {"type": "turn", "id": turn, "prompts": [prompt]}
                    self.case.socket.send(json.dumps(message))
                return bool(known.get(turn))
            except (WebSocketException, OSError):
                time.sleep(0.3)
        raise LostContact(turn)

    def _open(self, deadline: float) -> Case:
        """Connect; what was killed for another reader may still be away."""
        while time.monotonic() < deadline:
            try:
                return self.reader.open_case(self.assignment)
            except (WebSocketException, OSError):
                time.sleep(0.3)
        raise LostContact(self.assignment)

    def get(self, what: str) -> Any:
        """One of the session's documents."""
        return json.loads(self.reader.get(f"/api/sessions/{self.session}/{what}"))

    def mask(self) -> list[dict[str, Any]]:
        """The stored mask, packed: equal masks are equal texts."""
        return list(self.get("draft")["slices"])


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """The product as ``make run`` serves it, on services of its own."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        # Those lent to the suite are not ours to kill.
        for lent in ("DATABASE_URL", "REDIS_URL", "PYTEST_XDIST_WORKER"):
            patch.delenv(lent, raising=False)
        # Not below pytest's folder, which the services' user may not enter.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="slicewise-"))
        yield stack.enter_context(served(Path(folder), seconds=300))


@pytest.fixture(scope="module")
def reader(product: Product) -> Reader:
    return Reader(product.port, "reader", product.reader_password)


@pytest.fixture(scope="module")
def cases(product: Product) -> dict[str, list[str]]:
    """Assignments by engine, each used once."""
    text = product.manage("shell", "-v", "0", "-c", PREPARE)
    return dict(json.loads(text.splitlines()[-1]))


@pytest.fixture
def sit_down(
    reader: Reader, cases: dict[str, list[str]]
) -> Iterator[Callable[[str], Desk]]:
    """Open a case; all of one engine are of one volume, and of one seed."""
    opened: list[Desk] = []

    def down(engine: str) -> Desk:
        opened.append(Desk(reader, cases[engine].pop()))
        return opened[-1]

    yield down
    for desk in opened:
        desk.case.socket.close()


def kill(product: Product, *words: str) -> None:
    """kill -9 every process whose command line holds ``words``."""
    processes = product.children(*words)
    assert processes, words
    for process in processes:
        process.send_signal(signal.SIGKILL)


def take(desk: Desk, *prompts: dict[str, Any]) -> None:
    for prompt in prompts:
        desk.answered(desk.draw(prompt), prompt)


def test_a_worker_killed_in_a_turn_leaves_the_same_mask(product, sit_down):
    disturbed = sit_down("continual")
    idle = disturbed.reader.open_case(disturbed.assignment)
    idle_since = time.monotonic()
    take(disturbed, VISIT)
    turn = disturbed.draw(FIRST)
    wait_for(disturbed.case, "turn_taken")
    time.sleep(0.2)
    kill(product, "inference_worker.app")
    disturbed.answered(turn, FIRST)
    undisturbed = sit_down("continual")
    take(undisturbed, VISIT, FIRST)
    assert disturbed.mask() == undisturbed.mask()
    # A socket on which nothing was sent all the while is still there.
    time.sleep(max(0.0, idle_since + IDLE_S - time.monotonic()))
    assert idle.echo() < PATIENCE_S
    idle.socket.close()


def test_valkey_killed_in_a_turn_leaves_the_same_mask(product, sit_down):
    disturbed = sit_down("geodesic")
    take(disturbed, VISIT, FIRST)
    turn = disturbed.draw(SECOND)
    kill(product, "valkey-server")
    disturbed.answered(turn, SECOND)
    undisturbed = sit_down("geodesic")
    take(undisturbed, VISIT, FIRST, SECOND)
    assert disturbed.mask() == undisturbed.mask()


def test_daphne_killed_in_a_turn_leaves_the_same_mask_and_log(product, sit_down):
    disturbed = sit_down("geodesic")
    take(disturbed, VISIT, FIRST)
    turn = disturbed.draw(SECOND)
    kill(product, "daphne")
    disturbed.answered(turn, SECOND)
    undisturbed = sit_down("geodesic")
    take(undisturbed, VISIT, FIRST, SECOND)
    assert disturbed.mask() == undisturbed.mask()
    logs = [
        [(row["seq"], row["state"], row["prompts"]) for row in desk.get("turns")]
        for desk in (disturbed, undisturbed)
    ]
    assert logs[0] == logs[1]


def test_a_desk_killed_with_answers_in_hand_loses_none(product, sit_down):
    disturbed = sit_down("geodesic")
    take(disturbed, VISIT)
    turn = disturbed.draw(FIRST)
    wait_for(disturbed.case, "turn_taken")
    kill(product, "webapp.celery")
    disturbed.answered(turn, FIRST)
    undisturbed = sit_down("geodesic")
    take(undisturbed, VISIT, FIRST)
    assert disturbed.mask() == undisturbed.mask()


def test_a_message_of_10_mb_is_refused_and_the_connection_kept(sit_down):
    desk = sit_down("geodesic")
    desk.case.socket.send(json.dumps({"type": "turn", "x": "x" * (10 << 20)}))
    error = wait_for(desk.case, "error")
    assert error["error"]["code"] == "message:too-large"
    assert desk.case.echo() < PATIENCE_S


def wait_for(case: Case, kind: str) -> dict[str, Any]:
    """The next message of a kind."""
    while True:
        message = json.loads(case.socket.recv(timeout=PATIENCE_S))
        if message["type"] == kind:
            return dict(message)
