"""The whole way in one process: real services, Valkey and sockets, a worker in line.

Every message crosses the broker's own serializer. The worker's runtime and the desk run
in threads of their own, as they would run in processes.
"""

from __future__ import annotations

import queue as queues
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import redis
from django.db import connections
from kombu.serialization import dumps, loads

from annotation import queue, tasks
from annotation.models import Session
from inference_worker.contract import names
from inference_worker.heartbeat import Activity
from inference_worker.lease import Leases
from inference_worker.messages import SessionHeader
from inference_worker.runtime import Runtime
from inference_worker.sessions import Sessions
from inference_worker.snapshots import SnapshotStore
from inference_worker.work import Policy
from tests.factories import AssignmentFactory, SessionFactory, store_volume
from tests.inference_worker.engines import toy

DESK = {
    names.PREDICTION_ARRIVED: tasks.prediction_arrived,
    names.CANVAS_ARRIVED: tasks.canvas_arrived,
    names.TURN_FAILED: tasks.turn_failed,
    names.TURN_PROGRESS: tasks.turn_progress,
    names.SESSION_COLD: tasks.session_cold,
    names.SNAPSHOT_SAVED: tasks.snapshot_saved,
    names.CARRY_SAVED: tasks.carry_saved,
}

Message = tuple[str, str, str, bytes]


def through_serializer(task: str, body: Mapping[str, Any]) -> Message:
    """What the broker would hold."""
    content_type, encoding, data = dumps(dict(body), serializer="json")
    return task, content_type, encoding, data


class Post(threading.Thread):
    """Delivers messages one after the other, as a process with one task would."""

    def __init__(self, name: str, deliver: Callable[[str, dict[str, Any]], None]):
        super().__init__(name=name, daemon=True)
        self.messages: queues.Queue[Message | None] = queues.Queue()
        self.failures: list[BaseException] = []
        self.delivered: list[tuple[str, dict[str, Any]]] = []
        self._deliver = deliver

    def send(self, task: str, body: Mapping[str, Any]) -> None:
        self.messages.put(through_serializer(task, body))

    def run(self) -> None:
        while (message := self.messages.get()) is not None:
            task, content_type, encoding, data = message
            body = loads(data, content_type, encoding, accept={content_type})
            self.delivered.append((task, body))
            try:
                self._deliver(task, body)
            except BaseException as error:  # noqa: BLE001 - told by ``stop``
                self.failures.append(error)
        connections.close_all()

    def stop(self) -> None:
        self.messages.put(None)
        self.join(timeout=20)
        if self.failures:
            raise self.failures[0]


@dataclass
class Worker:
    """One inference worker in this process; ``kill`` makes it deaf and dumb at once."""

    name: str
    runtime: Runtime
    post: Post
    beating: bool = True


@dataclass
class Plant:
    """Workers, the desk, and what travels between them and the web side."""

    root: Any
    client: redis.Redis
    workers: dict[str, Worker] = field(default_factory=dict)
    published: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    broken: bool = False

    def __post_init__(self) -> None:
        self.desk = Post("desk", lambda task, body: DESK[task](**body))
        self.desk.start()

    def report(self, task: str, body: Mapping[str, Any]) -> None:
        """The workers' way back."""
        self.desk.send(task, body)

    def pass_on(self, task: str, body: Mapping[str, Any], worker: str) -> None:
        """A message that belongs to another worker."""
        self.workers[worker].post.send(task, body)

    def publish(
        self, task: str, message: dict[str, Any], holder: str, *, expires: bool = True
    ) -> None:
        """What ``annotation.queue`` sends: to its holder, or to whoever is first."""
        if self.broken:
            raise redis.exceptions.ConnectionError("the broker is down")
        self.published.append((task, message, holder))
        worker = self.workers.get(holder) or next(iter(self.workers.values()), None)
        if worker is not None:
            worker.post.send(task, message)

    def hire(self, name: str, **settings: Any) -> Worker:
        """Start a worker whose engines are toys."""

        def build(header: SessionHeader) -> toy.Toy:
            return toy.Toy(toy.Settings(**{**header.settings(), **settings}))

        sessions = Sessions(
            self.root,
            SnapshotStore(self.root, {"device": "cpu", "threads": 1}),
            build,
            sessions_max=4,
            bytes_max=1 << 30,
            check_volumes=True,
        )
        runtime = Runtime(
            root=self.root,
            sessions=sessions,
            leases=Leases(self.client, name),
            desk=self,
            policy=Policy(),
            activity=Activity(),
        )
        doors = {
            names.TAKE_TURNS: runtime.take_turns,
            names.CLOSE_SESSION: runtime.close_session,
        }
        post = Post(name, lambda task, body: doors[task](body))
        post.start()
        worker = self.workers[name] = Worker(name, runtime, post)
        self.client.set(names.heartbeat_key(name), "{}")
        return worker

    def stop(self) -> None:
        queue.later(lambda: None)
        for worker in self.workers.values():
            worker.post.stop()
        self.desk.stop()


@pytest.fixture
def plant(transactional_db, file_store, valkey, monkeypatch):
    """A plant with one worker."""
    running = Plant(file_store, valkey)
    monkeypatch.setattr(queue, "_publish", running.publish)
    running.hire("first")
    yield running
    running.stop()
    # The sending thread's connection would keep the database from being dropped.
    done = threading.Event()
    queue.later(lambda: (connections.close_all(), done.set()))
    assert done.wait(20)


@pytest.fixture
def make_session(plant) -> Callable[..., Session]:
    """Sessions of volumes that lie in the store."""

    def made(seed: int = 0, **given: Any) -> Session:
        draws = np.random.default_rng(seed)
        voxels = (draws.normal(size=(4, 24, 20)) * 100).astype("<i2")
        assignment = given.pop("assignment", None) or AssignmentFactory()
        if not (plant.root / "volumes" / assignment.volume.key).exists():
            store_volume(assignment.volume, voxels)
        return SessionFactory(assignment=assignment, seed=seed, **given)

    return made
