"""The product as ``make run`` serves it, on a free port, with data of its own."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Product:
    """A running stack."""

    port: int
    reader_password: str
    environment: dict[str, str]
    process: psutil.Process

    def children(self, *words: str) -> list[psutil.Process]:
        """Living processes whose command line holds all ``words``."""
        found = []
        for child in self.process.children(recursive=True):
            try:
                line = " ".join(child.cmdline())
            except psutil.Error:
                continue
            if all(word in line for word in words):
                found.append(child)
        return found

    def resident_mb(self, *words: str) -> float:
        """Resident memory of those processes together, in MB."""
        return sum(child.memory_info().rss for child in self.children(*words)) / 1e6

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """Run a management command against the running services."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=True,
        ).stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def served(
    directory: Path,
    *,
    seconds: float = 120,
    surroundings: Mapping[str, str] | None = None,
) -> Iterator[Product]:
    """Start everything, with a further environment; stop it in order at the end."""
    port, password = _free_port(), secrets.token_urlsafe(12)
    if os.geteuid() == 0:
        directory.chmod(0o711)  # the embedded Postgres runs as another user
    environment = os.environ | {
        "PORT": str(port),
        "SLICEWISE_DATA": str(directory / "data"),
        "SLICEWISE_READER_PASSWORD": password,
        "SLICEWISE_ADMIN_PASSWORD": secrets.token_urlsafe(12),
        "DJANGO_SETTINGS_MODULE": "webapp.settings.local",
        **(surroundings or {}),
    }
    log = directory / "stack.log"
    with log.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "webapp.stack", "run"],
            cwd=CHECKOUT,
            env=environment,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + seconds
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"not served:\n{log.read_text()[-2000:]}")
                time.sleep(0.2)
            yield Product(port, password, environment, psutil.Process(process.pid))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
