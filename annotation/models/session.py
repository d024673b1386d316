"""A session: one reader in one volume, its draft mask and its snapshots."""

from __future__ import annotations

import uuid

from django.db import models

from annotation.models.assignment import Assignment


class SessionState(models.TextChoices):
    """Whether turns are still taken."""

    OPEN = "open"
    SUBMITTED = "submitted"


class Session(models.Model):
    """What is pinned here makes replays exact: engine, weights, config, seed, carry.

    ``fence`` grows with every lease; answers under an older fence are dropped.
    ``draft_version`` grows with every stored change of the draft mask.
    ``last_seq`` is the number of the newest turn.
    ``log_digest`` names the active log, ``sent_digest`` what was sent of it under this
    fence, None when in doubt. ``heard_at`` is the last sign of life from a worker;
    ``attempts`` counts the workers that died or broke since the last answer.
    ``canvas_wanted`` while the draft waits for the whole mask of a changed log.
    ``left_key`` is the carry that this session left to the next ones.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assignment = models.ForeignKey(
        Assignment, on_delete=models.CASCADE, related_name="sessions"
    )
    state = models.CharField(
        max_length=16, choices=SessionState.choices, default=SessionState.OPEN
    )
    engine = models.CharField(max_length=40)
    weights = models.CharField(max_length=200, blank=True)
    weights_digest = models.CharField(max_length=64, blank=True)
    config = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=0)
    carry_key = models.CharField(max_length=200, blank=True)
    carry_digest = models.CharField(max_length=64, blank=True)
    fence = models.PositiveBigIntegerField(default=0)
    draft_version = models.PositiveBigIntegerField(default=0)
    last_seq = models.PositiveIntegerField(default=0)
    log_digest = models.CharField(max_length=64, blank=True)
    sent_digest = models.CharField(  # noqa: DJ001 - None is doubt, "" the empty log
        max_length=64, null=True
    )
    sent_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    canvas_wanted = models.BooleanField(default=False)
    carry_wanted = models.BooleanField(default=False)
    left_key = models.CharField(max_length=200, blank=True)
    left_digest = models.CharField(max_length=64, blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"],
                condition=models.Q(state="open"),
                name="one_open_session_per_assignment",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class DraftSlice(models.Model):
    """The newest mask of one slice as it was last stored; ``packed`` is wire JSON."""

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="draft_slices"
    )
    index = models.PositiveIntegerField()
    packed = models.JSONField()
    version = models.PositiveBigIntegerField()
    turn = models.ForeignKey("annotation.Turn", on_delete=models.SET_NULL, null=True)
    quality = models.FloatField(null=True)

    class Meta:
        ordering = ["session", "index"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "index"], name="one_draft_per_slice"
            )
        ]

    def __str__(self) -> str:
        return f"slice {self.index} of {self.session_id}"


class EngineSnapshot(models.Model):
    """A stored engine state after the log that ``log_digest`` names."""

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="snapshots"
    )
    log_digest = models.CharField(max_length=64)
    seq = models.PositiveIntegerField()
    key = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["session", "-seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "log_digest"], name="one_snapshot_per_log"
            )
        ]

    def __str__(self) -> str:
        return self.key
