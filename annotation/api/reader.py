"""Who is logged in and what they have to do."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.refusals import answers
from annotation.api.schema import MeSerializer, WorklistSerializer
from annotation.models import Assignment, User
from annotation.models.session import SessionState
from annotation.selectors.progress import led_projects
from annotation.selectors.worklist import worklist_rows


class MeApi(GenericAPIView[Any]):
    """The account that is logged in."""

    serializer_class = MeSerializer

    @extend_schema(responses=answers(MeSerializer))
    def get(self, request: Request) -> Response:
        user = cast("User", request.user)
        return Response(
            {
                "id": user.pk,
                "username": user.username,
                "name": user.get_full_name(),
                "pseudonym": user.pseudonym,
                "administrator": user.is_superuser,
                "leads": [project.slug for project in led_projects(user=user)],
            }
        )


class WorklistApi(GenericAPIView[Any]):
    """The reader's own cases, by project."""

    serializer_class = WorklistSerializer

    @extend_schema(responses=answers(WorklistSerializer))
    def get(self, request: Request) -> Response:
        groups = [
            {
                "project": group.project.name,
                "slug": group.project.slug,
                "assignments": [_item(row) for row in group.assignments],
            }
            for group in worklist_rows(user=cast("User", request.user))
        ]
        return Response({"groups": groups})


def _item(assignment: Assignment) -> dict[str, Any]:
    opened = [
        session.pk
        for session in assignment.sessions.all()
        if session.state == SessionState.OPEN
    ]
    return {
        "id": assignment.pk,
        "state": assignment.state,
        "position": assignment.position,
        "repeat": assignment.repeat,
        "volume": assignment.volume.shown_name,
        "modality": assignment.volume.modality,
        "shape": assignment.volume.shape,
        "arm": assignment.arm.name,
        "engine": assignment.arm.engine,
        "session": opened[0] if opened else None,
    }
