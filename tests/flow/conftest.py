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
    names.FORESEEN: tasks.foreseen,
    names.UNCERTAINTY_TOLD: tasks.uncertainty_told,
}

Message = tuple[str, str, str, bytes]


def through_serializer(task: str, body: Mapping[str, Any]) -> Message:
    """What the broker would hold."""
    content_type, encoding, data = dumps(dict(body), serializer="json")
    return task, content_type, encoding, data


class Killed(BaseException):
    """What kill -9 is to a thread: nothing catches it."""


@dataclass
class Voice:
    """A worker's way back to the desk; it dies in the middle of a word if told to."""

    plant: Plant
    words_left: float = float("inf")
    free: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.free.set()

    def report(self, task: str, body: Mapping[str, Any]) -> None:
        if not self.free.is_set():
            self.stopped.set()
            self.free.wait(20)
        if self.words_left <= 0:
            raise Killed
        self.words_left -= 1
        self.plant.desk.send(task, body)

    def pass_on(self, task: str, body: Mapping[str, Any], worker: str) -> None:
        self.plant.workers[worker].post.send(task, body)


class Post(threading.Thread):
    """Delivers messages one after the other, as a process with one task would."""

    def __init__(self, name: str, deliver: Callable[[str, dict[str, Any]], None]):
        super().__init__(name=name, daemon=True)
        self.messages: queues.Queue[Message | threading.Event | None] = queues.Queue()
        self.failures: list[BaseException] = []
        self.deaf = False
        self._deliver = deliver

    def send(self, task: str, body: Mapping[str, Any]) -> None:
        if not self.deaf:
            self.messages.put(through_serializer(task, body))

    def run(self) -> None:
        while (message := self.messages.get()) is not None:
            if isinstance(message, threading.Event):
                message.set()
                continue
            task, content_type, encoding, data = message
            body = loads(data, content_type, encoding, accept={content_type})
            try:
                self._deliver(task, body)
            except Killed:
                break
            except BaseException as error:  # noqa: BLE001 - told by ``stop``
                self.failures.append(error)
        connections.close_all()

    def rest(self) -> None:
        """Wait until everything that was sent before is done."""
        done = threading.Event()
        self.messages.put(done)
        assert done.wait(20)

    def stop(self) -> None:
        self.messages.put(None)
        self.join(timeout=20)
        if self.failures:
            raise self.failures[0]


@dataclass
class Worker:
    """One inference worker in this process."""

    name: str
    post: Post
    voice: Voice


@dataclass
class Plant:
    """Workers, the desk, and what travels between them and the web side."""

    root: Any
    client: redis.Redis
    workers: dict[str, Worker] = field(default_factory=dict)
    broken: bool = False

    def __post_init__(self) -> None:
        self.desk = Post("desk", lambda task, body: DESK[task](**body))
        self.desk.start()

    def publish(
        self, task: str, message: dict[str, Any], holder: str, *, expires: bool = True
    ) -> None:
        """What ``annotation.queue`` sends: to its holder, or to whoever is first."""
        if self.broken:
            raise redis.exceptions.ConnectionError("the broker is down")
        idle = (each for each in self.workers.values() if each.voice.free.is_set())
        # A message to a dead worker's own queue is read by nobody.
        worker = self.workers.get(holder) if holder else next(idle, None)
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
        voice = Voice(self)
        runtime = Runtime(
            root=self.root,
            sessions=sessions,
            leases=Leases(self.client, name),
            desk=voice,
            policy=Policy(),
            activity=Activity(),
        )
        doors = {
            names.TAKE_TURNS: runtime.take_turns,
            names.FORESEE: runtime.foresee,
            names.TELL_UNCERTAINTY: runtime.tell_uncertainty,
            names.CLOSE_SESSION: runtime.close_session,
        }
        post = Post(name, lambda task, body: doors[task](body))
        post.start()
        worker = self.workers[name] = Worker(name, post, voice)
        self.client.set(names.heartbeat_key(name), "{}")
        return worker

    def bury(self, name: str) -> None:
        """The worker is dead and its heartbeat has run out."""
        worker = self.workers.pop(name)
        worker.voice.words_left = 0
        worker.post.stop()
        self.client.delete(names.heartbeat_key(name))

    def hold_back(self, name: str) -> threading.Event:
        """Stop the worker before its next word; the event is set when it stands."""
        self.workers[name].voice.free.clear()
        return self.workers[name].voice.stopped

    def let_go(self, name: str) -> None:
        """Let a worker that was held back go on."""
        self.workers[name].voice.free.set()

    def rest(self) -> None:
        """Wait until everybody has done what they were told before."""
        for post in [*(worker.post for worker in self.workers.values()), self.desk]:
            post.rest()

    def stop(self) -> None:
        for worker in self.workers.values():
            worker.post.stop()
        self.desk.stop()


def all_is_sent(then: Callable[[], object] = lambda: None) -> None:
    """Wait for the thread that sends, and let it do something at last."""
    done = threading.Event()
    queue.later(lambda: (then(), done.set()))
    assert done.wait(20)


@pytest.fixture
def plant(transactional_db, file_store, valkey, monkeypatch):
    """A plant with one worker."""
    running = Plant(file_store, valkey)
    monkeypatch.setattr(queue, "_publish", running.publish)
    running.hire("first")
    yield running
    running.stop()
    # The sending thread's connection would keep the database from being dropped.
    all_is_sent(connections.close_all)


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
