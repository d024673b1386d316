"""The way back: what a worker tells the web side, and how it passes a message on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from inference_worker.contract.names import (
    MESSAGE_EXPIRES_S,
    QUEUE_DESK,
    worker_queue,
)

log = structlog.get_logger(__name__)


class Desk(Protocol):
    """Takes what a worker reports; a report that cannot be sent is lost and logged."""

    def report(self, task: str, body: Mapping[str, Any]) -> None: ...

    def pass_on(self, task: str, body: Mapping[str, Any], worker: str) -> None: ...


class CeleryDesk:
    """Sends by task name over the broker; waits a few seconds for one that is away.

    A lost report costs time and no work: the web side sends a turn without an answer
    again, and the state that answers it is warm.
    """

    _PATIENCE = {"max_retries": 8, "interval_start": 0.1, "interval_max": 1.0}

    def __init__(self, app: Celery) -> None:
        self._app = app

    def report(self, task: str, body: Mapping[str, Any]) -> None:
        """Send ``body`` to the web side's ``task``."""
        self._send(task, body, queue=QUEUE_DESK)

    def pass_on(self, task: str, body: Mapping[str, Any], worker: str) -> None:
        """Send a message that came here by the shared queue to who should have it."""
        self._send(task, body, queue=worker_queue(worker), expires=MESSAGE_EXPIRES_S)

    def _send(self, task: str, body: Mapping[str, Any], **options: Any) -> None:
        try:
            self._app.send_task(
                task,
                kwargs=dict(body),
                ignore_result=True,
                retry=True,
                retry_policy=self._PATIENCE,
                **options,
            )
        except OperationalError as error:
            log.error("report lost", task=task, error=str(error))
