"""What a reader has to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import QuerySet

from annotation.models import Assignment, Project, User
from inference_worker.contract.catalog import ENGINES


@dataclass(frozen=True)
class WorklistGroup:
    """The cases of one project, in the order they are to be read."""

    project: Project
    assignments: Sequence[Assignment]

    @property
    def done(self) -> int:
        """How many are submitted."""
        return sum(assignment.state == "submitted" for assignment in self.assignments)


def worklist_assignments(*, user: User) -> QuerySet[Assignment]:
    """The user's own assignments, by project and position."""
    return (
        Assignment.objects.filter(reader=user)
        .select_related("volume__project", "arm", "reader")
        .prefetch_related("sessions")
        .order_by("volume__project__name", "position", "created_at")
    )


def worklist_rows(*, user: User) -> list[WorklistGroup]:
    """The worklist cut by project."""
    grouped = groupby(
        worklist_assignments(user=user), key=lambda row: row.volume.project
    )
    return [WorklistGroup(project, list(rows)) for project, rows in grouped]


def engine_title(*, name: str) -> str:
    """The engine's name for people; one that is no longer offered keeps its own."""
    spec = ENGINES.get(name)
    return spec.title if spec else name
