"""One child process: started to die with us, logged to a file, stopped whole."""

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)
TAIL_BYTES = 4000
FULL_LOG_BYTES = 16 * 1024**2
libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(number: int) -> None:
    """Runs in the child, after its change of user, which would clear the wish.

    SIGINT is reset because a shell's ``&`` hands it down as ignored, and a Daphne that
    ignores it goes on serving the port of a stack long gone.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def bare_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a server needs: no PGDATA, PGHOST… of the person's own."""
    kept = ("PATH", "TZ", "LD_LIBRARY_PATH")
    return {name: environment[name] for name in kept if name in environment} | {
        "LC_ALL": "C",
        "LANG": "C",
    }


class Child:
    """A process that leads its own session, and whose output goes to ``log``.

    Parameters
    ----------
    name : str
        What people call it.
    command : sequence of str
    log : Path
        Appended to; one file per child. A full one is kept once, as ``.1``.
    environment : mapping
        The child's whole environment.
    user : int, optional
        The user id to run as; only root may give one.
    stop_signal : int
        What asks the process to end; also sent by the kernel when we die.
    directory : Path, optional
        Where it runs.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        user: int | None = None,
        stop_signal: int = signal.SIGTERM,
        directory: Path | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.environment = dict(environment)
        self.user = user
        self.stop_signal = stop_signal
        self.directory = directory
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > FULL_LOG_BYTES:
            self.log.rename(f"{self.log}.1")
        group = None if self.user is None else pwd.getpwuid(self.user).pw_gid
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=self.directory,
                start_new_session=True,
                umask=0o077,
                user=self.user,
                group=group,
                extra_groups=None if self.user is None else [],
                preexec_fn=lambda: die_with_parent(self.stop_signal),
            )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.alive:
            self.process.send_signal(self.stop_signal)

    def wait_stopped(self, seconds: float) -> None:
        """Wait for the end; whatever of the group is then left is killed."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.sweep()
        self.process.wait()

    def sweep(self) -> None:
        """Kill what is left of the group, as a killed pool leader leaves its pool."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def tail(self) -> str:
        """Return the last lines of the log."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
                return file.read().decode(errors="replace").strip()
        except OSError:
            return ""


def wait_until(ready: Callable[[], bool], *, child: Child, seconds: float) -> bool:
    """Ask ``ready()`` until it is true, the child is dead, or the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not child.alive:
            return False
        if ready():
            return True
        time.sleep(0.02)
    return False
