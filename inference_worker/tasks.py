"""The worker's Celery tasks: each hands its message to the runtime of this process."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from inference_worker.contract import names
from inference_worker.process import this_process


@shared_task(name=names.TAKE_TURNS)
def take_turns(**message: Any) -> None:
    """Answer turns; see ``messages.TakeTurns``."""
    this_process().runtime.take_turns(message)


@shared_task(name=names.FORESEE)
def foresee(**message: Any) -> None:
    """Look ahead of the reader; see ``messages.Foresee``."""
    this_process().runtime.foresee(message)


@shared_task(name=names.TELL_UNCERTAINTY)
def tell_uncertainty(**message: Any) -> None:
    """Say how unsure a slice is; see ``messages.TellUncertainty``."""
    this_process().runtime.tell_uncertainty(message)


@shared_task(name=names.CLOSE_SESSION)
def close_session(**message: Any) -> None:
    """Give up a session; see ``messages.CloseSession``."""
    this_process().runtime.close_session(message)
