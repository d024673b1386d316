"""Services lent to one command: thrown away after a test, or the kept ones."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from webapp.settings import env
from webapp.stack.child import Child, die_with_parent
from webapp.stack.places import Places, prepare
from webapp.stack.services import (
    database_url,
    postgres_child,
    redis_url,
    valkey_child,
    wait_for_postgres,
    wait_for_valkey,
)


@contextmanager
def services(
    places: Places, environment: Mapping[str, str], *, throw_away: bool
) -> Iterator[dict[str, str]]:
    """Run what DATABASE_URL and REDIS_URL do not name; yield both addresses."""
    urls = {
        name: environment[name]
        for name in ("DATABASE_URL", "REDIS_URL")
        if environment.get(name)
    }
    started: list[Child] = []
    try:
        if "REDIS_URL" not in urls:
            valkey = valkey_child(places, environment, throw_away=throw_away)
            valkey.start()
            started.append(valkey)
        if "DATABASE_URL" not in urls:
            postgres = postgres_child(places, environment, throw_away=throw_away)
            postgres.start()
            started.append(postgres)
            wait_for_postgres(postgres, places)
            urls["DATABASE_URL"] = database_url(places)
        if "REDIS_URL" not in urls:
            wait_for_valkey(valkey, places)
            urls["REDIS_URL"] = redis_url(places)
        yield urls
    finally:
        for child in started:
            child.ask_to_stop()
        for child in started:
            child.wait_stopped(10)


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command in our place: same terminal, same Ctrl-C; return its exit code."""
    ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen(
        command,
        env=dict(environment),
        preexec_fn=lambda: die_with_parent(signal.SIGTERM),
    )

    def pass_on(number: int, frame: object) -> None:
        with suppress(ProcessLookupError):
            process.send_signal(number)

    ended = signal.signal(signal.SIGTERM, pass_on)
    try:
        code = process.wait()
    finally:
        signal.signal(signal.SIGINT, ignored)
        signal.signal(signal.SIGTERM, ended)
    return 128 - code if code < 0 else code


def test_command(command: Sequence[str]) -> int:
    """Lend ``command`` an empty stack in a temporary directory."""
    root = Path(tempfile.mkdtemp(prefix="slicewise-test-"))
    if os.geteuid() == 0:
        root.chmod(0o711)
    environment = env.inherited()
    try:
        places = prepare(root / "stack")
        with services(places, environment, throw_away=True) as urls:
            lent = environment | urls
            lent |= {
                "SLICEWISE_DATA": str(root / "data"),
                "DJANGO_SETTINGS_MODULE": "webapp.settings.test",
            }
            lent.setdefault("OMP_NUM_THREADS", "1")
            return run_command(command, lent)
    finally:
        shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(places.sockets, ignore_errors=True)
