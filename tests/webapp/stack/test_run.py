"""``run`` for real: what is killed comes back, and Ctrl-C leaves nothing."""

import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from webapp.settings import env

PATIENCE_S = 120


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if happened():
            return True
        time.sleep(0.1)
    return False


def alive(process: psutil.Process) -> bool:
    """Whether it runs; one that nobody has buried yet does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass
class Stack:
    process: psutil.Popen
    output: Path
    port: int

    def said(self) -> str:
        return self.output.read_text()

    def healthy(self) -> bool:
        address = f"http://127.0.0.1:{self.port}/healthz"
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return response.status == 200
        except OSError:
            return False

    def children(self, words: str) -> list[psutil.Process]:
        """Return the direct children whose command line matches ``words``."""
        return [
            child
            for child in self.process.children()
            if alive(child) and re.search(words, " ".join(child.cmdline()))
        ]


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A whole stack with services of its own, as an ordinary start has them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Not tmp_path: root's PostgreSQL runs as a user who could not get there.
    with tempfile.TemporaryDirectory(prefix="slicewise-") as directory:
        place = Path(directory)
        place.chmod(0o755)
        environment = env.inherited()
        for name in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"):
            environment.pop(name, None)
        environment |= {"SLICEWISE_DATA": str(place / "data"), "PORT": str(port)}
        with (place / "said").open("wb") as output:
            process = psutil.Popen(
                [sys.executable, "-m", "webapp.stack", "run"],
                cwd=env.CHECKOUT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Stack(process, place / "said", port)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(60)


@pytest.mark.slow
def test_what_is_killed_comes_back_and_an_interrupt_leaves_nothing(stack):
    assert within(PATIENCE_S, lambda: "is served at" in stack.said()), stack.said()
    assert stack.healthy()
    for words in ("webapp.celery", r"postgres -D", "valkey-server", "daphne"):
        [killed] = stack.children(words)
        killed.kill()
        assert within(PATIENCE_S, lambda: not alive(killed))  # noqa: B023
        assert within(PATIENCE_S, lambda: len(stack.children(words)) == 1)  # noqa: B023
    assert within(PATIENCE_S, stack.healthy), stack.said()
    family = stack.process.children(recursive=True)
    assert len(family) >= 6
    stack.process.send_signal(signal.SIGINT)
    assert stack.process.wait(60) == 0
    assert not [each for each in family if alive(each)]
    assert not stack.healthy()
