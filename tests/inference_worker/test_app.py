"""Real worker processes over a real Valkey, killed in the middle of a turn."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from celery import Celery
from django.conf import settings as django_settings
from kombu import Connection, Queue
from redis import Redis

from inference_worker.config import broker_url
from inference_worker.contract import names
from inference_worker.contract.prompts import Accept, Click, Prompt, Scribble, Visit
from tests.inference_worker.webside import (
    Outbox,
    Registry,
    WebSide,
    make_runtime,
    store_volume,
)

ROOT = Path(__file__).resolve().parents[2]
STROKE = Scribble(1, ((1, 2, 2), (1, 2, 7)), width=3)
PATIENCE_S = 90.0

pytestmark = pytest.mark.slow


class Worker:
    """A worker as the supervisor starts it."""

    def __init__(self, name: str, store: Path) -> None:
        self.name = name
        self.queue = names.worker_queue(name)
        self.log = store / f"{name}.log"
        environment = {
            **os.environ,
            "SLICEWISE_WORKER": name,
            "SLICEWISE_DATA": str(store),
            "SLICEWISE_THREADS": "1",
            "REDIS_URL": django_settings.REDIS_URL,
        }
        celery = (sys.executable, "-m", "celery", "-A", "tests.inference_worker.live")
        alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        with self.log.open("ab") as file:
            self.process = subprocess.Popen(
                [*celery, "worker", "-n", name, "-l", "INFO", *alone],
                cwd=ROOT,
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def pool_process(self) -> psutil.Process:
        """The process that computes."""
        (child,) = psutil.Process(self.process.pid).children()
        return child

    def kill(self) -> None:
        """Kill parent and pool process, as a power cut would."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        for child in children:
            child.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask the worker to go in good order."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=PATIENCE_S)


class Crew:
    """Workers that stay on duty from test to test, unless one was killed."""

    def __init__(self, store: Path, client: Redis) -> None:
        self.store, self.client = store, client
        self.workers: list[Worker] = []
        self._numbers = itertools.count(1)

    def on_duty(self, number: int) -> list[Worker]:
        """So many living workers, of which each beats."""
        living = [worker for worker in self.workers if worker.process.poll() is None]
        while len(living) < number:
            living.append(Worker(f"worker-{next(self._numbers)}", self.store))
        self.workers = living
        deadline = time.monotonic() + PATIENCE_S
        for worker in living[:number]:
            while not self.client.get(names.heartbeat_key(worker.name)):
                assert worker.process.poll() is None, worker.log.read_text()
                assert time.monotonic() < deadline, worker.log.read_text()
                time.sleep(0.05)
        return living[:number]


class Desk:
    """The web side of one session, over the broker."""

    def __init__(self, web: WebSide) -> None:
        url = broker_url(django_settings.REDIS_URL)
        self.web = web
        self.app = Celery("web", broker=url, set_as_current=False)
        self.connection = Connection(url)
        self.queue = self.connection.SimpleQueue(Queue(names.QUEUE_DESK))
        self.reports: list[tuple[str, dict]] = []

    def close(self) -> None:
        self.queue.close()
        self.connection.release()
        self.app.close()

    def send(self, message: dict, queue: str) -> None:
        self.app.send_task(
            names.TAKE_TURNS,
            kwargs=message,
            queue=queue,
            expires=names.MESSAGE_EXPIRES_S,
            ignore_result=True,
        )

    def take(self, worker: Worker, *prompts: Prompt) -> str:
        """Send a turn to ``worker``; its id."""
        message = self.web.take(*prompts)
        self.send(message, worker.queue)
        return message["log"]["turns"][0]["id"]

    def hear(self) -> str:
        """Take the next report of the session in, and reply as the web side does."""
        while True:
            message = self.queue.get(timeout=PATIENCE_S)
            message.ack()
            task, body = message.headers["task"], json.loads(message.body)[1]
            if body["session"] == self.web.session:
                break
        self.reports.append((task, body))
        reply = self.web.report(task, body)
        if reply is not None:
            self.send(reply, names.worker_queue(body["worker"]))
        return task

    def hear_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, [task for task, _ in self.reports]
            self.hear()

    def hear_out(self) -> None:
        """Take in what has been reported and not heard."""
        with self.connection.default_channel as channel:
            while channel.client.llen(names.QUEUE_DESK):
                self.hear()

    def bodies(self, task: str) -> list[dict]:
        return [body for name, body in self.reports if name == task]

    def answered(self) -> bool:
        return {turn["id"] for turn in self.web.log} <= self.web.answered


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    store = tmp_path_factory.mktemp("store")
    store_volume(store, "ct")
    return store


@pytest.fixture(scope="module")
def crew(store: Path) -> Iterator[Crew]:
    with Redis.from_url(django_settings.REDIS_URL) as client:
        client.flushdb()
        crew = Crew(store, client)
        yield crew
        for worker in crew.workers:
            if worker.process.poll() is None:
                worker.kill()


@pytest.fixture
def open_desk(store: Path) -> Iterator[Callable[..., Desk]]:
    opened: list[Desk] = []

    def open_one(**settings: float) -> Desk:
        opened.append(Desk(WebSide(store, "ct", config=settings)))
        return opened[-1]

    yield open_one
    for desk in opened:
        desk.close()


@pytest.fixture
def desk(open_desk) -> Desk:
    return open_desk(delay_s=0.15)


def undisturbed(desk: Desk, store: Path) -> np.ndarray:
    """What the same log shows when nothing happens to it."""
    twin = WebSide(store, "ct")
    twin.turns = [dict(turn) for turn in desk.web.turns]
    twin.canvas_due = True
    outbox = Outbox()
    runtime = make_runtime(store, outbox=outbox, registry=Registry())
    twin.exchange(runtime, outbox, twin.tell_all())
    return twin.draft


def test_a_killed_pool_process_costs_no_turn(crew, desk, store):
    (worker,) = crew.on_duty(1)
    desk.take(worker, STROKE, Accept(1))
    desk.hear_until(desk.answered)
    desk.take(worker, Click(3, (2, 5, 5)), Visit(3))
    while desk.hear() != names.PREDICTION_ARRIVED:
        pass
    old = worker.pool_process()
    old.kill()
    desk.hear_until(desk.answered)
    assert desk.bodies(names.SESSION_COLD)
    assert worker.pool_process().pid != old.pid
    np.testing.assert_array_equal(desk.web.draft, undisturbed(desk, store))


def test_another_worker_takes_over_from_a_killed_one(crew, desk, store):
    one, two = crew.on_duty(2)
    desk.take(one, STROKE, Accept(1))
    desk.hear_until(desk.answered)
    desk.take(one, Click(3, (2, 5, 5)), Visit(3))
    while desk.hear() != names.PREDICTION_ARRIVED:
        pass
    one.kill()
    desk.web.fence += 1
    desk.send(desk.web.tell_all(), names.QUEUE_SHARED)
    desk.hear_until(desk.answered)
    assert desk.bodies(names.PREDICTION_ARRIVED)[-1]["worker"] == two.name
    lease = crew.client.get(names.lease_key(desk.web.session))
    assert lease == f"2:{two.name}".encode()
    np.testing.assert_array_equal(desk.web.draft, undisturbed(desk, store))


def test_a_frozen_worker_that_comes_back_speaks_under_its_old_fence(crew, desk, store):
    one, two = crew.on_duty(2)
    desk.take(one, STROKE, Visit(0), Visit(2))
    while desk.hear() != names.PREDICTION_ARRIVED:
        pass
    frozen = one.pool_process()
    frozen.suspend()
    desk.web.fence += 1
    desk.send(desk.web.tell_all(), two.queue)
    desk.hear_until(desk.answered)
    before, heard = desk.web.draft.copy(), len(desk.reports)
    frozen.resume()
    time.sleep(2)
    desk.hear_out()
    assert all(body["fence"] == 1 for _, body in desk.reports[heard:])
    lease = crew.client.get(names.lease_key(desk.web.session))
    assert lease == f"2:{two.name}".encode()
    np.testing.assert_array_equal(desk.web.draft, before)
    np.testing.assert_array_equal(desk.web.draft, undisturbed(desk, store))


def test_a_worker_that_is_told_to_go_leaves_its_sessions_asleep(crew, desk):
    (worker,) = crew.on_duty(1)
    desk.take(worker, STROKE)
    desk.hear_until(desk.answered)
    worker.stop()
    assert crew.client.get(names.heartbeat_key(worker.name)) is None
    assert crew.client.get(names.lease_key(desk.web.session)) is None
    desk.hear_out()
    assert [snapshot["seq"] for snapshot in desk.web.snapshots] == [1]


def test_a_cancelled_turn_stops_between_two_predictions(crew, desk):
    (worker,) = crew.on_duty(1)
    turn = desk.take(worker, *(Visit(z) for z in range(4)), STROKE)
    while desk.hear() != names.PREDICTION_ARRIVED:
        pass
    crew.client.set(names.cancel_key(desk.web.session), turn)
    desk.hear_until(lambda: bool(desk.bodies(names.TURN_FAILED)))
    assert desk.web.failed == {turn: "session:cancelled"}
    assert len(desk.bodies(names.PREDICTION_ARRIVED)) < 8


def test_a_turn_that_kills_its_process_twice_fails(crew, open_desk):
    (worker,) = crew.on_duty(1)
    desk = open_desk(dies_on=2)
    turn = desk.take(worker, Visit(2))
    desk.hear_until(lambda: bool(desk.bodies(names.TURN_FAILED)))
    assert len(desk.bodies(names.SESSION_COLD)) == 1
    assert desk.web.failed == {turn: "engine:crashed"}
    desk.take(worker, STROKE)
    desk.hear_until(desk.answered)
