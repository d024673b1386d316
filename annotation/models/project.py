"""Projects, their labels, and who may do what in them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import (
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
)
from django.db import models


class Project(models.Model):
    """A set of volumes with one label set, its members and its rules.

    ``engines`` names those that its readers may use; empty: every one.
    """

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    blinded = models.BooleanField(
        default=False, help_text="Readers see no patient or series text."
    )
    engines = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    def offers(self, engine: str) -> bool:
        """Whether readers of this project may use ``engine``."""
        return not self.engines or engine in self.engines


class Label(models.Model):
    """One class; ``value`` is its number in every mask, 0 being background."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="labels"
    )
    value = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(254)]
    )
    name = models.CharField(max_length=80)
    color = models.CharField(
        max_length=7, validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$")]
    )

    class Meta:
        ordering = ["project", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "value"], name="label_value_once_per_project"
            ),
            models.UniqueConstraint(
                fields=["project", "name"], name="label_name_once_per_project"
            ),
            models.CheckConstraint(
                condition=models.Q(value__gte=1, value__lte=254),
                name="label_value_in_uint8",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value} {self.name}"


class Role(models.TextChoices):
    """What a member may do; roles add up."""

    ADMINISTRATOR = "administrator"
    LEAD = "lead"
    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"


class Membership(models.Model):
    """One role of one person in one project."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=16, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user", "role"], name="role_once_per_member"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"
