"""The audit trail: append-only by database trigger, hash-chained."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from annotation.models.protect import unchanging


class AuditEvent(models.Model):
    """One thing somebody did; ``digest`` covers the row and ``previous``.

    ``number`` counts from 1 without gaps.
    """

    number = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True
    )
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=120)
    data = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["number"]
        triggers = unchanging("audit")

    def __str__(self) -> str:
        return f"{self.at} {self.action} {self.subject}"


class AuditHead(models.Model):
    """The end of the chain, one row: without it, a removed last event left no trace."""

    number = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.number} {self.digest}"
