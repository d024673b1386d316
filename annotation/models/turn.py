"""The log of turns: the truth of a session."""

from __future__ import annotations

import uuid

from django.db import models

from annotation.models.session import Session


class TurnState(models.TextChoices):
    """Active turns, by ``seq``, are the log; the others are history."""

    ACTIVE = "active"
    UNDONE = "undone"
    DISCARDED = "discarded"


class Turn(models.Model):
    """One interaction: the browser's id, the prompts as they came, and its answer.

    ``id`` is the idempotency key. ``stages`` holds seconds per stage of the final
    answer (queue, load, compute, store, …) with epoch stamps, for the time analysis.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="turns")
    seq = models.PositiveIntegerField()
    state = models.CharField(
        max_length=16, choices=TurnState.choices, default=TurnState.ACTIVE
    )
    only_visits = models.BooleanField(default=False)
    prompts = models.JSONField()
    taken_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
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
