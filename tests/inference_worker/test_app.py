"""Real worker processes over a real Valkey, killed in the middle of a turn."""

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
from tests.inference_worker.webside import WebSide, store_volume

ROOT = Path(__file__).resolve().parents[2]
STROKE = Scribble(1, ((1, 2, 2), (1, 2, 7)), width=3)
PATIENCE_S = 40.0

pytestmark = pytest.mark.slow


class Worker:
    """A worker as the supervisor starts it."""

    def __init__(self, name: str, store: Path, log: Path) -> None:
        self.name = name
        environment = {
            **os.environ,
            "SLICEWISE_WORKER": name,
            "SLICEWISE_DATA": str(store),
            "SLICEWISE_THREADS": "1",
            "REDIS_URL": django_settings.REDIS_URL,
        }
        celery = (sys.executable, "-m", "celery", "-A", "tests.inference_worker.live")
        alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        self.log = log
        with log.open("ab") as file:
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


class Desk:
    """Sends messages through the broker and takes the reports in."""

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

    def send(self, message: dict, *, queue: str = names.QUEUE_SHARED) -> None:
        self.app.send_task(
            names.TAKE_TURNS,
            kwargs=message,
            queue=queue,
            expires=names.MESSAGE_EXPIRES_S,
            ignore_result=True,
        )

    def hear(self, *, answering: bool = True) -> tuple[str, dict]:
        """Wait for the next report; with ``answering``, reply as the web side does."""
        message = self.queue.get(timeout=PATIENCE_S)
        message.ack()
        task = message.headers["task"]
        body = json.loads(message.body)[1]
        self.reports.append((task, body))
        reply = self.web.report(task, body)
        if answering and reply is not None:
            self.send(reply)
        return task, body

    def hear_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, [task for task, _ in self.reports]
            self.hear()

    def all_answered(self) -> bool:
        return {turn["id"] for turn in self.web.log} <= self.web.answered


@pytest.fixture
def store(tmp_path: Path) -> Path:
    store_volume(tmp_path, "ct")
    return tmp_path


@pytest.fixture
def start(store: Path, valkey: Redis) -> Iterator[Callable[..., list[Worker]]]:
    """Start workers side by side and wait until they beat; none outlives the test."""
    started: list[Worker] = []

    def start_all(*workers: str) -> list[Worker]:
        fresh = [Worker(name, store, store / f"{name}.log") for name in workers]
        started.extend(fresh)
        deadline = time.monotonic() + PATIENCE_S
        for worker in fresh:
            while not valkey.get(names.heartbeat_key(worker.name)):
                assert worker.process.poll() is None, worker.log.read_text()
                assert time.monotonic() < deadline, worker.log.read_text()
                time.sleep(0.05)
        return fresh

    yield start_all
    for worker in started:
        if worker.process.poll() is None:
            worker.kill()


@pytest.fixture
def desk(store: Path, valkey: Redis) -> Iterator[Desk]:
    desk = Desk(WebSide(store, "ct", config={"delay_s": 0.15}))
    yield desk
    desk.close()


def undisturbed(desk: Desk, store: Path) -> np.ndarray:
    """What the same log shows when nothing happens to it."""
    from tests.inference_worker.webside import Outbox, Registry, make_runtime

    twin = WebSide(store, "ct", session="undisturbed")
    twin.turns = [dict(turn) for turn in desk.web.turns]
    twin.canvas_due = True
    outbox = Outbox()
    runtime = make_runtime(store, outbox=outbox, registry=Registry())
    twin.exchange(runtime, outbox, twin.tell_all())
    return twin.draft


def take(desk: Desk, *prompts: Prompt) -> str:
    """Send a turn to worker one; its id."""
    message = desk.web.take(*prompts)
    desk.send(message, queue=names.worker_queue("one"))
    return message["log"]["turns"][0]["id"]


def test_a_killed_pool_process_costs_no_turn(start, desk, store, valkey):
    (worker,) = start("one")
    take(desk, STROKE, Accept(1))
    desk.hear_until(desk.all_answered)
    take(desk, Click(3, (2, 5, 5)), Visit(3))
    while desk.hear()[0] != names.PREDICTION_ARRIVED:
        pass
    old = worker.pool_process()
    old.kill()
    killed_at = time.monotonic()
    desk.hear_until(desk.all_answered)
    assert time.monotonic() - killed_at < 30
    assert names.SESSION_COLD in [task for task, _ in desk.reports]
    assert worker.pool_process().pid != old.pid
    np.testing.assert_array_equal(desk.web.draft, undisturbed(desk, store))


def test_another_worker_takes_over_from_a_killed_one(start, desk, store, valkey):
    one, _ = start("one", "two")
    take(desk, STROKE, Accept(1))
    desk.hear_until(desk.all_answered)
    take(desk, Click(3, (2, 5, 5)), Visit(3))
    while desk.hear()[0] != names.PREDICTION_ARRIVED:
        pass
    one.kill()
    desk.web.fence += 1
    desk.send(desk.web.tell_all())
    desk.hear_until(desk.all_answered)
    assert desk.reports[-1][1]["worker"] == "two"
    assert valkey.get(names.lease_key(desk.web.session)) == b"2:two"
    np.testing.assert_array_equal(desk.web.draft, undisturbed(desk, store))


def test_a_frozen_worker_that_comes_back_speaks_under_its_old_fence(
    start, desk, store, valkey
):
    one, _ = start("one", "two")
    take(desk, STROKE, Visit(0), Visit(2))
    while desk.hear()[0] != names.PREDICTION_ARRIVED:
        pass
    frozen = one.pool_process()
    frozen.suspend()
    desk.web.fence += 1
    desk.send(desk.web.tell_all(), queue=names.worker_queue("two"))
    desk.hear_until(desk.all_answered)
    before, heard = desk.web.draft.copy(), len(desk.reports)
    frozen.resume()
    time.sleep(2)
    late = []
    while valkey.llen(names.QUEUE_DESK):
        late.append(desk.hear()[1])
    assert all(body["fence"] == 1 for body in late)
    assert all(body["fence"] == 2 for _, body in desk.reports[heard - 3 : heard])
    assert valkey.get(names.lease_key(desk.web.session)) == b"2:two"
    np.testing.assert_array_equal(desk.web.draft, before)
    np.testing.assert_array_equal(desk.web.draft, undisturbed(desk, store))


def test_a_worker_that_is_told_to_go_leaves_its_sessions_asleep(
    start, desk, store, valkey
):
    (worker,) = start("one")
    take(desk, STROKE)
    desk.hear_until(desk.all_answered)
    worker.stop()
    assert valkey.get(names.heartbeat_key("one")) is None
    assert valkey.get(names.lease_key(desk.web.session)) is None
    while valkey.llen(names.QUEUE_DESK):
        desk.hear()
    assert [snapshot["seq"] for snapshot in desk.web.snapshots] == [1]


def test_a_cancelled_turn_stops_between_two_predictions(start, desk, valkey):
    start("one")
    turn = take(desk, *(Visit(z) for z in range(4)), STROKE)
    while desk.hear()[0] != names.PREDICTION_ARRIVED:
        pass
    valkey.set(names.cancel_key(desk.web.session), turn)
    desk.hear_until(lambda: desk.reports[-1][0] == names.TURN_FAILED)
    assert desk.web.failed == {turn: "session:cancelled"}
    predictions = [b for task, b in desk.reports if task == names.PREDICTION_ARRIVED]
    assert len(predictions) < 4
