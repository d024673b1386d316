"""The web side as a worker sees it: a log, a draft mask, and messages both ways.

Every message goes through JSON. ``WebSide.report`` does what the desk does with
answers: it drops those of an old fence, writes regions into the draft, replaces it
wholesale, and tells the whole log to a worker that asks for it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inference_worker.contract import names
from inference_worker.contract.geometry import Geometry
from inference_worker.contract.log import EMPTY_LOG, prefix_digests
from inference_worker.contract.prompts import Prompt, Visit
from inference_worker.contract.store import header_path, voxels_path
from inference_worker.contract.wire import prompt_to_json, unpack_mask
from inference_worker.heartbeat import Activity
from inference_worker.lease import Claim, Standing
from inference_worker.messages import SessionHeader
from inference_worker.runtime import Runtime
from inference_worker.sessions import Sessions
from inference_worker.snapshots import SnapshotStore
from inference_worker.work import Policy
from tests.inference_worker.engines import toy

LABELS = [{"value": 1, "name": "liver"}, {"value": 3, "name": "pancreas"}]


def store_volume(
    root: Path, key: str, *, shape: tuple[int, ...] = (4, 12, 10), seed: int = 0
) -> str:
    """Put a random volume into the file store, as an importer would."""
    import hashlib

    values = np.random.default_rng(seed).normal(size=shape) * 100
    voxels = values.astype("<i2") if len(shape) == 3 else values.astype(np.uint8)
    path = voxels_path(root, key)
    path.parent.mkdir(parents=True)
    np.save(path, voxels)
    header = {
        "name": key,
        "shape": list(shape[:3]),
        "channels": 3 if len(shape) == 4 else 1,
        "dtype": voxels.dtype.str,
        "affine": Geometry(shape[:3], np.diag([2.0, 1.0, 1.0, 1.0])).affine.tolist(),
        "modality": "CT",
        "window": [0, 400],
        "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    header_path(root, key).write_text(json.dumps(header))
    return key


class Registry:
    """Leases and cancellations as Valkey would keep them, without Valkey."""

    def __init__(self) -> None:
        self.leases: dict[str, tuple[int, str]] = {}
        self.cancelled: dict[str, str] = {}
        self.wished: dict[str, str] = {}
        self.living: set[str] = set()

    def of(self, worker: str) -> RegistryLeases:
        """The registry as ``worker`` uses it."""
        self.living.add(worker)
        return RegistryLeases(self, worker)


class RegistryLeases:
    """What ``lease.Leases`` does, on a ``Registry``."""

    def __init__(self, registry: Registry, worker: str) -> None:
        self.worker = worker
        self._registry = registry

    def claim(self, session: str, fence: int) -> Claim:
        held, holder = self._registry.leases.get(session, (0, self.worker))
        if held > fence:
            return Claim("stale", holder)
        elsewhere = holder != self.worker and holder in self._registry.living
        if held == fence and elsewhere:
            return Claim("elsewhere", holder)
        self._registry.leases[session] = (fence, self.worker)
        return Claim("taken", self.worker)

    def release(self, session: str) -> None:
        if self._registry.leases.get(session, (0, ""))[1] == self.worker:
            del self._registry.leases[session]

    def standing(self, session: str, fence: int) -> Standing:
        held, _ = self._registry.leases.get(session, (0, ""))
        return Standing(
            held > fence,
            self._registry.cancelled.get(session, ""),
            self._registry.wished.get(session, ""),
        )


class Outbox:
    """A desk that keeps what it is told, in order."""

    def __init__(self) -> None:
        self.reports: deque[tuple[str, dict[str, Any]]] = deque()
        self.passed_on: list[tuple[str, dict[str, Any], str]] = []

    def report(self, task: str, body: Mapping[str, Any]) -> None:
        self.reports.append((task, json.loads(json.dumps(body))))

    def pass_on(self, task: str, body: Mapping[str, Any], worker: str) -> None:
        self.passed_on.append((task, json.loads(json.dumps(body)), worker))

    def named(self, task: str) -> list[dict[str, Any]]:
        """Bodies of the reports named ``task``."""
        return [body for name, body in self.reports if name == task]

    def take(self, task: str) -> list[dict[str, Any]]:
        """Like ``named``, and forget every report."""
        found = self.named(task)
        self.reports.clear()
        return found


def build_toy(header: SessionHeader) -> toy.Toy:
    """The engine of every session here."""
    settings = header.settings()
    return toy.build("toy", weights=None, config=settings, device="cpu")


def make_runtime(
    root: Path,
    *,
    outbox: Outbox,
    registry: Registry,
    worker: str = "one",
    policy: Policy | None = None,
    sessions_max: int = 4,
    bytes_max: int = 1 << 30,
) -> Runtime:
    """A worker without processes: messages are calls."""
    snapshots = SnapshotStore(root, {"device": "cpu", "threads": 1})
    sessions = Sessions(
        root,
        snapshots,
        build_toy,
        sessions_max=sessions_max,
        bytes_max=bytes_max,
        check_volumes=True,
    )
    return Runtime(
        root=root,
        sessions=sessions,
        leases=registry.of(worker),
        desk=outbox,
        policy=policy or Policy(),
        activity=Activity(),
    )


class WebSide:
    """One session of one reader: the log is the truth, the draft is what is shown."""

    def __init__(
        self,
        root: Path,
        volume_key: str,
        *,
        session: str | None = None,
        seed: int = 7,
        config: Mapping[str, Any] | None = None,
        carry_key: str | None = None,
        shape: tuple[int, int, int] = (4, 12, 10),
    ) -> None:
        self.root = root
        self.session = session or str(uuid.uuid4())
        self.fence = 1
        self.header = {
            "session": self.session,
            "volume_key": volume_key,
            "labels": LABELS,
            "engine": "toy",
            "weights": None,
            "config": dict(config or {}),
            "seed": seed,
            "carry_key": carry_key,
        }
        self.turns: list[dict[str, Any]] = []  # id, seq, prompts, state
        self.answered: set[str] = set()
        self.failed: dict[str | None, str] = {}
        self.snapshots: list[dict[str, Any]] = []
        self.carry: dict[str, Any] | None = None
        self.draft = np.zeros(shape, np.uint8)
        self.canvas_due = False

    @property
    def log(self) -> list[dict[str, Any]]:
        """The active turns, as they travel."""
        return [
            {name: turn[name] for name in ("id", "seq", "prompts")}
            for turn in self.turns
            if turn["state"] == "active"
        ]

    @property
    def digest(self) -> str:
        """Digest of the active log."""
        return [EMPTY_LOG, *prefix_digests(self.log)][-1]

    def take(self, *prompts: Prompt) -> dict[str, Any]:
        """Append a turn; the message that asks for its answer."""
        if any(not isinstance(prompt, Visit) for prompt in prompts):
            for turn in self.turns:
                if turn["state"] == "undone":
                    turn["state"] = "discarded"
        base = self.digest
        turn = {
            "id": str(
                uuid.uuid5(uuid.NAMESPACE_OID, f"{self.session}{len(self.turns)}")
            ),
            "seq": len(self.turns) + 1,
            "prompts": [prompt_to_json(prompt) for prompt in prompts],
            "state": "active",
        }
        self.turns.append(turn)
        return self.message(base, self.log[-1:], turn["seq"])

    def undo(self) -> dict[str, Any] | None:
        """Take the last turn back; the message that asks for the canvas."""
        for turn in reversed(self.turns):
            visits = all(prompt["kind"] == "visit" for prompt in turn["prompts"])
            if turn["state"] == "active" and not visits:
                turn["state"] = "undone"
                return self.ask_canvas()
        return None

    def redo(self) -> dict[str, Any] | None:
        """Bring the last undone turn back; the message that asks for the canvas."""
        for turn in self.turns:
            if turn["state"] == "undone":
                turn["state"] = "active"
                return self.ask_canvas()
        return None

    def ask_canvas(self) -> dict[str, Any]:
        """The message that asks what the present log shows."""
        self.canvas_due = True
        return self.message(self.digest, [], "")

    def tell_all(self) -> dict[str, Any]:
        """The whole log, with what is still wanted of it."""
        wanted = [turn["seq"] for turn in self.log if turn["id"] not in self.answered]
        first = "" if self.canvas_due or not wanted else wanted[0]
        return self.message(EMPTY_LOG, self.log, first)

    def message(
        self, base: str, turns: list[dict[str, Any]], answer_from: int | str
    ) -> dict[str, Any]:
        """A message for ``inference.take_turns``."""
        body = {
            **self.header,
            "fence": self.fence,
            "sent_at": time.time(),
            "log": {"base": base, "turns": turns},
            "answer_from": answer_from,
            "snapshots": self.snapshots,
        }
        return json.loads(json.dumps(body))

    def report(self, task: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Take one report in; the message it calls for, if any."""
        if body["session"] != self.session or body["fence"] != self.fence:
            return None
        match task:
            case names.SESSION_COLD:
                return self.tell_all()
            case names.PREDICTION_ARRIVED:
                self._write(body)
                if body["final"]:
                    self.answered.add(body["turn"])
            case names.CANVAS_ARRIVED if body["log_digest"] == self.digest:
                self.draft = np.zeros_like(self.draft)
                self._write(body)
                self.canvas_due = False
                self.answered |= {turn["id"] for turn in self.log}
            case names.TURN_FAILED:
                self.failed[body["turn"]] = body["error"]["code"]
                self._discard(body["turn"])
            case names.SNAPSHOT_SAVED:
                self.snapshots.append(
                    {name: body[name] for name in ("seq", "key")}
                    | {"digest": body["log_digest"]}
                )
            case names.CARRY_SAVED:
                self.carry = dict(body)
        return None

    def _discard(self, turn_id: str | None) -> None:
        for turn in self.turns:
            if turn["id"] == turn_id:
                turn["state"] = "discarded"

    def exchange(self, runtime: Runtime, outbox: Outbox, message: Any) -> None:
        """Send a message and go on until nobody has anything to say."""
        waiting = deque([message])
        while waiting:
            if (body := waiting.popleft()) is not None:
                runtime.take_turns(body)
            while outbox.reports:
                task, report = outbox.reports.popleft()
                waiting.append(self.report(task, report))

    def _write(self, body: Mapping[str, Any]) -> None:
        slices = body["slices"]
        if "answer_key" in body:
            slices = json.loads((self.root / body["answer_key"]).read_text())["slices"]
        for packed in slices:
            region, labels = unpack_mask(packed)
            self.draft[region.slices] = labels
