"""Keeps a set of processes alive, and stops them in order."""

import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from webapp.stack.child import Child
from webapp.stack.errors import StackError

DEATHS_ALLOWED = 5
DEATHS_WINDOW_S = 60
PAUSE_S = 0.1
PATIENCE_S = 8


@dataclass
class Post:
    """A place that must be filled: each time its child dies, a new one is made."""

    make: Callable[[], Child]
    child: Child = field(init=False)
    deaths: deque[float] = field(default_factory=deque)

    def fill(self) -> Child:
        self.child = self.make()
        self.child.start()
        return self.child

    def died(self) -> bool:
        """Note a death; whether the post may be filled again."""
        now = time.monotonic()
        self.deaths.append(now)
        while self.deaths[0] < now - DEATHS_WINDOW_S:
            self.deaths.popleft()
        return len(self.deaths) <= DEATHS_ALLOWED


class Supervisor:
    """Posts in the order they were filled; they are emptied in the opposite one."""

    def __init__(self) -> None:
        self.posts: list[Post] = []

    def add(self, make: Callable[[], Child]) -> Child:
        post = Post(make)
        child = post.fill()
        self.posts.append(post)
        return child

    def look_after(self) -> None:
        """Fill again the posts whose child is dead, or raise when one dies too often.

        A child that is killed may leave processes of its own behind; they go first.
        """
        for post in self.posts:
            if post.child.alive:
                continue
            dead = post.child
            dead.sweep()
            if not post.died():
                raise StackError(
                    f"{dead.name} died {len(post.deaths)} times in a minute (last exit "
                    f"code {dead.exit_code}). Its last words, from {dead.log}:\n"
                    f"{dead.tail()}"
                )
            sys.stdout.write(
                f"{dead.name} ended with {dead.exit_code}: starting it again\n"
            )
            sys.stdout.flush()
            post.fill()

    def watch(self) -> None:
        """Look after the posts until interrupted."""
        while True:
            self.look_after()
            time.sleep(PAUSE_S)

    def stop(self) -> None:
        """Stop the last started first; a second Ctrl-C kills the rest at once.

        What uses the services is asked to stop at the same moment, and the services
        (which were started first) only when nothing is left that needs them.
        """
        children = [post.child for post in self.posts]

        def kill_all(number: int, frame: object) -> None:
            for child in children:
                child.sweep()

        signal.signal(signal.SIGINT, kill_all)
        signal.signal(signal.SIGTERM, kill_all)
        services = [child for child in children if child.name in ("postgres", "valkey")]
        users = [child for child in reversed(children) if child not in services]
        for together in (users, services):
            for child in together:
                child.ask_to_stop()
            deadline = time.monotonic() + PATIENCE_S
            for child in together:
                child.wait_stopped(max(0, deadline - time.monotonic()))
