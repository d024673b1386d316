"""The log of turns: the truth of a session."""

from __future__ import annotations

import uuid

from django.db import models

from annotation.models.session import Session


class TurnState(models.TextChoices):
    """Active turns, by ``seq``, are the log; the others are history.

    A discarded turn has an ``error`` where it left the log because an engine could
    not take it.
    """

    ACTIVE = "active"
    UNDONE = "undone"
    DISCARDED = "discarded"


class Turn(models.Model):
    """One interaction: the browser's id, the prompts as they came, and its answer.

    ``id`` is the idempotency key. ``stages`` holds seconds per stage of the final
    answer (queue, load, compute, store, …) with epoch stamps, for the time analysis,
    and in ``arrived`` the slices that were answered.
    ``log_digest`` names the log up to this turn while the turn is active; ``heard``
    counts the predictions that are stored of it under the session's fence.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="turns")
    seq = models.PositiveIntegerField()
    state = models.CharField(
        max_length=16, choices=TurnState.choices, default=TurnState.ACTIVE
    )
    only_visits = models.BooleanField(default=False)
    prompts = models.JSONField()
    log_digest = models.CharField(max_length=64, blank=True)
    taken_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    heard = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)
    stages = models.JSONField(default=dict)

    class Meta:
        ordering = ["session", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "seq"], name="turn_seq_once_per_session"
            )
        ]

    def __str__(self) -> str:
        return f"turn {self.seq} of {self.session_id}"


class LogChangeKind(models.TextChoices):
    """What can be done to a log besides adding a turn."""

    UNDO = "undo"
    REDO = "redo"
    REMOVE = "remove"
    CANCEL = "cancel"
    STOP = "stop"
    REFUSE = "refuse"


class LogChange(models.Model):
    """One undo, redo, …: with the turns' times, all that plays a session back.

    ``request`` is the browser's id of it, so that one sent twice is done once.
    ``last_seq`` is the number of the newest turn at that moment.
    """

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="log_changes"
    )
    request = models.UUIDField(default=uuid.uuid4)
    kind = models.CharField(max_length=8, choices=LogChangeKind.choices)
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="changes")
    last_seq = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["session", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "request", "kind"], name="log_change_done_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.turn_id}"
