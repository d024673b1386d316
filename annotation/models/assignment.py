"""Who reads which volume under which arm, and how often."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from annotation.models.project import Project
from annotation.models.volume import Volume


class CarryPolicy(models.TextChoices):
    """Whose last session a new session starts from."""

    FRESH = "fresh"
    PER_ANNOTATOR = "per-annotator"
    PER_PROJECT = "per-project"


class Arm(models.Model):
    """One way of working in a project: an engine, its weights and settings."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="arms")
    name = models.CharField(max_length=80)
    engine = models.CharField(max_length=40)
    weights = models.CharField(max_length=200, blank=True)
    config = models.JSONField(default=dict, blank=True)
    carry_policy = models.CharField(
        max_length=16, choices=CarryPolicy.choices, default=CarryPolicy.FRESH
    )

    class Meta:
        ordering = ["project", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], name="arm_name_once_per_project"
            )
        ]

    def __str__(self) -> str:
        return self.name


class AssignmentState(models.TextChoices):
    """Where an assignment is on its way."""

    OPEN = "open"
    SUBMITTED = "submitted"


class Assignment(models.Model):
    """volume x reader x arm x repeat: the unit of work and of every study."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    volume = models.ForeignKey(
        Volume, on_delete=models.CASCADE, related_name="assignments"
    )
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="assignments"
    )
    arm = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="assignments")
    repeat = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveIntegerField(default=0)
    state = models.CharField(
        max_length=16, choices=AssignmentState.choices, default=AssignmentState.OPEN
    )
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["volume", "reader", "arm", "repeat"],
                name="assignment_once_per_repeat",
            )
        ]

    def __str__(self) -> str:
        return f"{self.volume} by {self.reader} under {self.arm} #{self.repeat}"
