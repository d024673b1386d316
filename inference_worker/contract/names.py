"""Names of queues, tasks and keys: work crosses the broker by these alone.

Every task takes its message as keyword arguments.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

QUEUE_SHARED: Final = "interactive"
QUEUE_DESK: Final = "desk"

# To the workers.
TAKE_TURNS: Final = "inference.take_turns"
CLOSE_SESSION: Final = "inference.close_session"
FORESEE: Final = "inference.foresee"
TELL_UNCERTAINTY: Final = "inference.tell_uncertainty"

# To the web side.
SESSION_COLD: Final = "annotation.session_cold"
PREDICTION_ARRIVED: Final = "annotation.prediction_arrived"
CANVAS_ARRIVED: Final = "annotation.canvas_arrived"
TURN_FAILED: Final = "annotation.turn_failed"
TURN_PROGRESS: Final = "annotation.turn_progress"
SNAPSHOT_SAVED: Final = "annotation.snapshot_saved"
CARRY_SAVED: Final = "annotation.carry_saved"
FORESEEN: Final = "annotation.foreseen"
UNCERTAINTY_TOLD: Final = "annotation.uncertainty_told"

HEARTBEAT_EVERY_S: Final = 2.0
HEARTBEAT_TTL_S: Final = 6
LEASE_TTL_S: Final = 30
# An interactive message to a dead worker's queue is dropped when it comes back.
MESSAGE_EXPIRES_S: Final = 60
# Without a lease, a message may be waiting in line for so long before it is sent again.
LINE_WAIT_S: Final = 20.0
# A living worker that says nothing of a session for so long is asked again: its answer
# may be lost, and if it is busy, asking costs it nothing.
ASK_AGAIN_S: Final = 10.0
# So many workers may die or break over one turn before it is taken out of the log.
ATTEMPTS_MAX: Final = 3
CANCEL_TTL_S: Final = 600
# A wish to see ahead is worth nothing once the reader may have gone on.
WISH_TTL_S: Final = 20
# Larger answers are stored and sent as a reference.
MESSAGE_BYTES_MAX: Final = 1_000_000


def worker_queue(worker: str) -> str:
    """The queue that only ``worker`` consumes."""
    return f"worker.{worker}"


def heartbeat_key(worker: str) -> str:
    """Present (with a TTL) while ``worker`` lives."""
    return f"worker:{worker}"


def lease_key(session: UUID | str) -> str:
    """Holds ``"<fence>:<worker>"`` while a worker keeps the session warm."""
    return f"lease:{session}"


def cancel_key(session: UUID | str) -> str:
    """Holds the id of the turn that the reader has cancelled."""
    return f"cancel:{session}"


def wish_key(session: UUID | str) -> str:
    """Holds the id of the last wish to see ahead; gone as soon as a turn is sent."""
    return f"wish:{session}"
