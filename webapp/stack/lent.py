"""Services lent to one command: thrown away after a test, or the kept ones."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from webapp.settings import env
from webapp.stack.child import die_with_parent
from webapp.stack.lock import alone, running
from webapp.stack.places import prepare, socket_directory
from webapp.stack.services import announced, embedded, start_services
from webapp.stack.supervisor import Supervisor


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command in our place: same terminal, same Ctrl-C; return its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen(
        command,
        env=dict(environment),
        preexec_fn=lambda: die_with_parent(signal.SIGTERM),
    )

    def pass_on(number: int, frame: object) -> None:
        with suppress(ProcessLookupError):
            process.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    code = process.wait()
    return 128 - code if code < 0 else code


def test(command: Sequence[str]) -> int:
    """Lend ``command`` an empty stack in a temporary directory."""
    root = Path(tempfile.mkdtemp(prefix="slicewise-"))
    if os.geteuid() == 0:
        root.chmod(0o711)
    supervisor = Supervisor()
    try:
        places = prepare(root / "stack", embedded=embedded())
        urls = start_services(supervisor, places, throw_away=True)
        environment = env.inherited() | urls
        environment["SLICEWISE_DATA"] = str(root / "data")
        environment["DJANGO_SETTINGS_MODULE"] = "webapp.settings.test"
        environment.setdefault("OMP_NUM_THREADS", "1")
        return run_command(command, environment)
    finally:
        supervisor.stop()
        shutil.rmtree(socket_directory(root / "stack"), ignore_errors=True)
        shutil.rmtree(root, ignore_errors=True)


def lend(command: Sequence[str]) -> int:
    """Lend ``command`` the kept services: of the stack that runs, or started for it."""
    environment = env.inherited()
    data = env.data_directory()
    if running(data):
        return run_command(command, environment)
    supervisor = Supervisor()
    with alone(data):
        try:
            places = prepare(data / "stack", embedded=embedded())
            urls = start_services(supervisor, places)
            with announced(urls):
                return run_command(command, environment | urls)
        finally:
            supervisor.stop()
