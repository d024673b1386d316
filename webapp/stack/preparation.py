"""Bring the database up to date and see to the demo project: one start of Django.

Its output goes to the terminal, for it says the demo's passwords, which must not lie in
a log.
"""

import hashlib
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import django
from django.core.management import call_command

from webapp.settings import env
from webapp.stack.child import die_with_parent
from webapp.stack.errors import StackError


class Preparation:
    """The preparation of one database, in a process of its own.

    Parameters
    ----------
    environment : mapping
        The process's environment, DATABASE_URL in it.
    note : Path
        Remembers what was last prepared.
    """

    def __init__(self, environment: Mapping[str, str], note: Path) -> None:
        self.environment = dict(environment)
        self.note = note

    def digest(self) -> str:
        """Return what stands for this database and these migrations."""
        found = hashlib.sha256(self.environment["DATABASE_URL"].encode())
        for path in sorted((env.CHECKOUT / "migrations").glob("*.py")):
            found.update(path.read_bytes())
        return found.hexdigest()

    def done_before(self) -> bool:
        """Whether nothing is likely to be left to do."""
        return self.note.exists() and self.note.read_text() == self.digest()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "webapp.stack.preparation"],
            cwd=env.CHECKOUT,
            env=self.environment,
            umask=0o077,
            preexec_fn=lambda: die_with_parent(signal.SIGTERM),
        )

    def finish(self) -> None:
        """Wait for the end, or make one when interrupted."""
        try:
            code = self.process.wait()
        finally:
            self.process.kill()
            self.process.wait()
        if code != 0:
            raise StackError("The database could not be prepared: see above.")
        self.note.write_text(self.digest())


def main() -> None:
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("demo")


if __name__ == "__main__":
    main()
