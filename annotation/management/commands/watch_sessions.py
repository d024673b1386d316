"""``manage.py watch_sessions``: until stopped, give on what dead workers left."""

from __future__ import annotations

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from annotation.leases import Unreachable
from annotation.services.watch import Watch

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    """Any number may run; whoever locks a session's row first looks after it."""

    help = "Send unanswered turns again when their worker is gone."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--every`` seconds."""
        parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS")

    def handle(self, *args: Any, **options: Any) -> None:
        """Round after round; one that fails is logged, and the next one tries again."""
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        watch = Watch()
        while not stopped.wait(options["every"]):
            try:
                watch.round()
            except (OperationalError, *Unreachable) as error:
                log.warning("round missed", error=repr(error))
            finally:
                close_old_connections()
