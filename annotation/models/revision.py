"""Saved masks: immutable, and explained by the log they came from."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from annotation.models.protect import unchanging
from annotation.models.session import Session


class MaskRevision(models.Model):
    """One saved mask; the array lies under ``key`` in the file store.

    ``log`` is the active log at the time of saving: turn ids and prompts.
    """

    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, related_name="revisions"
    )
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    submitted = models.BooleanField(default=False)
    engine = models.CharField(max_length=40)
    weights_digest = models.CharField(max_length=64, blank=True)
    carry_digest = models.CharField(max_length=64, blank=True)
    draft_version = models.PositiveBigIntegerField()
    log = models.JSONField()
    log_digest = models.CharField(max_length=64)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    saved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["session", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "number"], name="revision_number_once_per_session"
            )
        ]
        triggers = unchanging("revision")

    def __str__(self) -> str:
        return f"revision {self.number} of {self.session_id}"
