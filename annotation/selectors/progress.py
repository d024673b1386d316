"""How a project stands, for those who lead it."""

from __future__ import annotations

from django.db.models import Count, Max, Q, QuerySet

from annotation.models import Assignment, Project, Role, User

LEADING = (Role.ADMINISTRATOR, Role.LEAD)


def led_projects(*, user: User) -> QuerySet[Project]:
    """Projects whose assignments the user may see; all of them for a superuser."""
    projects = Project.objects.order_by("name")
    if user.is_superuser:
        return projects
    return projects.filter(
        memberships__user=user, memberships__role__in=LEADING
    ).distinct()


def project_rows(*, project: Project) -> QuerySet[Assignment]:
    """The project's assignments with their turns counted and the last one's time."""
    active = Q(sessions__turns__state="active")
    return (
        Assignment.objects.filter(volume__project=project)
        .select_related("volume", "reader", "arm")
        .annotate(
            turn_count=Count("sessions__turns", filter=active),
            last_turn_at=Max("sessions__turns__taken_at"),
        )
        .order_by("volume__name", "position", "created_at")
    )
