"""One stack at a time on one data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.stack.errors import StackError
from webapp.stack.places import passable


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold the data directory; two stacks on the same data would ruin it."""
    stack = data / "stack"
    passable(data)
    passable(stack)
    with (stack / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StackError(
                f"Another stack (process {lock.read().strip()}) runs on {data}. Stop "
                "it, or set SLICEWISE_DATA to another place."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def running(data: Path) -> bool:
    """Whether a stack holds the directory now."""
    try:
        with alone(data):
            return False
    except StackError:
        return True
