"""Children are started again when they die, and all are gone when we stop."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from webapp.stack import supervisor as supervision
from webapp.stack.child import Child, wait_until
from webapp.stack.errors import StackError
from webapp.stack.supervisor import Supervisor

WITH_CHILD = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("up", flush=True)
time.sleep(60)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def kept_signals():
    """Stopping takes over SIGINT and SIGTERM, which the test run needs back."""
    kept = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield
    for each, handler in kept.items():
        signal.signal(each, handler)


@pytest.fixture
def supervisor(kept_signals):
    supervisor = Supervisor()
    yield supervisor
    supervisor.stop()


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Callable[[], Child]]:
    def maker(source: str, name: str = "child") -> Callable[[], Child]:
        return lambda: Child(
            name,
            [sys.executable, "-c", source],
            log=tmp_path / f"{name}.log",
            environment={"PATH": os.environ["PATH"]},
        )

    return maker


def up(child: Child) -> bool:
    return wait_until(lambda: "up" in child.tail(), child=child, seconds=30)


def gone(process: psutil.Process) -> bool:
    try:
        process.wait(10)
    except psutil.TimeoutExpired:
        return False
    return True


def test_a_killed_child_is_started_again_and_its_own_children_are_gone(
    supervisor, script
):
    first = supervisor.add(script(WITH_CHILD))
    assert up(first)
    grandchild = psutil.Process(first.process.pid).children()[0]
    first.process.kill()
    first.process.wait()
    supervisor.look_after()
    second = supervisor.posts[0].child
    assert second.alive
    assert second.process.pid != first.process.pid
    assert gone(grandchild)


def test_a_child_that_keeps_dying_ends_the_stack_with_its_last_words(
    supervisor, script
):
    supervisor.add(script("import sys; sys.exit('no such model')", "worker-1"))
    post = supervisor.posts[0]
    for _ in range(supervision.DEATHS_ALLOWED):
        post.child.process.wait()
        supervisor.look_after()
    post.child.process.wait()
    with pytest.raises(StackError, match=r"worker-1 died(.|\n)*no such model"):
        supervisor.look_after()


def test_old_deaths_are_forgiven(supervisor, script, monkeypatch):
    supervisor.add(script("pass"))
    clock = iter(range(0, 10_000, supervision.DEATHS_WINDOW_S // 2))
    monkeypatch.setattr(supervision.time, "monotonic", lambda: next(clock))
    for _ in range(supervision.DEATHS_ALLOWED * 2):
        assert supervisor.posts[0].died()


def test_stopping_leaves_no_process_behind_not_even_a_deaf_one(
    script, kept_signals, monkeypatch
):
    monkeypatch.setattr(supervision, "PATIENCE_S", 1)
    supervisor = Supervisor()
    children = [supervisor.add(script(WITH_CHILD, "a"))]
    children.append(supervisor.add(script(DEAF, "b")))
    assert all(up(child) for child in children)
    family = [psutil.Process(child.process.pid) for child in children]
    family += [each for process in family for each in process.children()]
    assert len(family) == 3
    supervisor.stop()
    assert all(gone(process) for process in family)


def test_services_outlive_those_that_use_them(script, kept_signals, tmp_path):
    note = tmp_path / "order"
    noting = """
import signal, sys, time
def end(*_):
    with open({note!r}, "a") as file: file.write({name!r} + " ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
while True: time.sleep(1)
"""
    supervisor = Supervisor()
    for name in ("valkey", "web"):
        source = noting.format(note=str(note), name=name)
        assert up(supervisor.add(script(source, name)))
    supervisor.stop()
    assert note.read_text().split() == ["web", "valkey"]


def test_a_child_does_not_outlive_a_killed_supervisor(tmp_path):
    parent = f"""
import sys, time
from pathlib import Path
from webapp.stack.child import Child
child = Child("c", [sys.executable, "-c", "import time; time.sleep(60)"],
              log=Path({str(tmp_path / "log")!r}), environment={{}})
child.start()
print(child.process.pid, flush=True)
time.sleep(60)
"""
    supervisor = psutil.Popen(
        [sys.executable, "-c", parent], stdout=-1, cwd=Path(__file__).parents[3]
    )
    with supervisor.stdout:
        child = psutil.Process(int(supervisor.stdout.readline()))
    assert child.is_running()
    supervisor.kill()
    supervisor.wait()
    deadline = time.monotonic() + 10
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)
