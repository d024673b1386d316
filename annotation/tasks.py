"""The desk: takes what the inference workers report and hands it to the services.

Every task may run twice: it is acknowledged after it is done, so that a desk that is
killed loses no report, and the services drop what they know already.
"""

from __future__ import annotations

import time
from typing import Any

from celery import shared_task

from annotation.services.answer import (
    Outcome,
    canvas_store,
    prediction_store,
    progress_tell,
    session_warm,
    turn_fail,
)
from annotation.services.foresight import foreseen_tell
from annotation.services.keepsake import carry_keep, snapshot_keep
from annotation.services.uncertainty import uncertainty_tell
from inference_worker.contract import names

PATIENCE_S = 0.5
"""So long an answer waits for the one before it, which another process may have."""

_LATE = {"acks_late": True, "acks_on_failure_or_timeout": True}


@shared_task(name=names.PREDICTION_ARRIVED, **_LATE)
def prediction_arrived(**report: Any) -> str:
    """Store one of a turn's predictions and show it."""
    received_at, waited_until = time.time(), time.monotonic() + PATIENCE_S
    outcome = prediction_store(report=report, received_at=received_at)
    while outcome is Outcome.EARLY:
        time.sleep(0.01)
        patient = time.monotonic() < waited_until
        outcome = prediction_store(
            report=report, received_at=received_at, patient=patient
        )
    return outcome.name


@shared_task(name=names.CANVAS_ARRIVED, **_LATE)
def canvas_arrived(**report: Any) -> str:
    """Store the whole mask of a changed log and show it."""
    return canvas_store(report=report, received_at=time.time()).name


@shared_task(name=names.TURN_FAILED, **_LATE)
def turn_failed(**report: Any) -> str:
    """Try a turn again, or set it aside."""
    return turn_fail(report=report).name


@shared_task(name=names.TURN_PROGRESS, **_LATE)
def turn_progress(**report: Any) -> str:
    """Show how far a turn is."""
    return progress_tell(report=report).name


@shared_task(name=names.FORESEEN)
def foreseen(**report: Any) -> bool:
    """Show what a slice would look like; nothing is stored."""
    return foreseen_tell(report=report)


@shared_task(name=names.UNCERTAINTY_TOLD)
def uncertainty_told(**report: Any) -> bool:
    """Show how unsure a slice is; nothing is stored."""
    return uncertainty_tell(report=report)


@shared_task(name=names.SESSION_COLD, **_LATE)
def session_cold(**report: Any) -> str:
    """Send a worker the whole log."""
    return session_warm(report=report).name


@shared_task(name=names.SNAPSHOT_SAVED, **_LATE)
def snapshot_saved(**report: Any) -> None:
    """Record a stored engine state."""
    snapshot_keep(report=report)


@shared_task(name=names.CARRY_SAVED, **_LATE)
def carry_saved(**report: Any) -> None:
    """Record what a session leaves to the next ones."""
    carry_keep(report=report)
