"""A session's doors beside its socket."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.access import access_session
from annotation.api.parsers import FORM_PARSERS
from annotation.api.refusals import answers
from annotation.api.schema import (
    CompanionSerializer,
    DigestsSerializer,
    DraftSerializer,
    EventsSerializer,
    EventsTakenSerializer,
    InterpolatedSerializer,
    InterpolationSerializer,
    RevisionSerializer,
    SessionOpenSerializer,
    SessionSerializer,
    SinceSerializer,
    TurnSerializer,
)
from annotation.models import MaskRevision, User
from annotation.selectors.companion import companion_rows
from annotation.selectors.draft import draft_digests, draft_read
from annotation.selectors.session import session_detail
from annotation.selectors.turn import turn_rows
from annotation.services.event import event_record
from annotation.services.interpolation import interpolation_make
from annotation.services.session import session_open, session_save, session_submit
from annotation.wire import malformed, read_json


class SessionOpenApi(GenericAPIView[Any]):
    """Open the session of an assignment, or come back to it."""

    serializer_class = SessionOpenSerializer

    @extend_schema(
        request=SessionOpenSerializer,
        responses=answers(SessionSerializer, 400, 403, 404, 409),
    )
    def post(self, request: Request, assignment_id: UUID) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        session = session_open(
            user=_user(request),
            assignment_id=assignment_id,
            resume=given.validated_data["resume"],
        )
        return Response(session_detail(session=session, writable=True))


class SessionDetailApi(GenericAPIView[Any]):
    """A session, to its reader and to those who may look at it."""

    serializer_class = SessionSerializer

    @extend_schema(responses=answers(SessionSerializer, 404))
    def get(self, request: Request, session_id: UUID) -> Response:
        session = access_session(user=_user(request), id=session_id)
        writable = session.assignment.reader_id == request.user.pk
        return Response(session_detail(session=session, writable=writable))


class SessionCompanionsApi(GenericAPIView[Any]):
    """Other series of the patient, to look at beside the case."""

    serializer_class = CompanionSerializer

    @extend_schema(responses=answers(CompanionSerializer(many=True), 404))
    def get(self, request: Request, session_id: UUID) -> Response:
        session = access_session(user=_user(request), id=session_id)
        return Response(companion_rows(session=session))


class SessionDraftApi(GenericAPIView[Any]):
    """The whole stored mask: what mends a lost message."""

    serializer_class = DraftSerializer

    @extend_schema(responses=answers(DraftSerializer, 404))
    def get(self, request: Request, session_id: UUID) -> Response:
        session = access_session(user=_user(request), id=session_id)
        return Response(draft_read(session=session))


class SessionDigestsApi(GenericAPIView[Any]):
    """What a browser compares its mask with."""

    serializer_class = DigestsSerializer

    @extend_schema(
        parameters=[SinceSerializer], responses=answers(DigestsSerializer, 400, 404)
    )
    def get(self, request: Request, session_id: UUID) -> Response:
        asked = SinceSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        session = access_session(user=_user(request), id=session_id)
        return Response(
            draft_digests(session=session, since=asked.validated_data["since"])
        )


class SessionTurnsApi(GenericAPIView[Any]):
    """The log, with what was undone."""

    serializer_class = TurnSerializer

    @extend_schema(responses=answers(TurnSerializer(many=True), 404))
    def get(self, request: Request, session_id: UUID) -> Response:
        session = access_session(user=_user(request), id=session_id)
        return Response(turn_rows(session=session))


class SessionEventsApi(GenericAPIView[Any]):
    """Events of a page that is closing, when its socket may be gone already."""

    serializer_class = EventsSerializer
    parser_classes = FORM_PARSERS

    @extend_schema(
        request=EventsSerializer,
        responses=answers(EventsTakenSerializer, 400, 403, 404, 413),
    )
    def post(self, request: Request, session_id: UUID) -> Response:
        events = request.data.get("events") if hasattr(request.data, "get") else None
        if isinstance(events, str):
            events = read_json(events)
        elif not isinstance(request.data, dict):
            raise malformed("it is not an object")
        tab, seq = event_record(
            user=_user(request),
            session_id=session_id,
            tab=request.data.get("tab"),
            events=events,
        )
        return Response({"tab": tab, "seq": seq})


class SessionInterpolationApi(GenericAPIView[Any]):
    """The shape of a label between two slices."""

    serializer_class = InterpolationSerializer

    @extend_schema(
        request=InterpolationSerializer,
        responses=answers(InterpolatedSerializer, 400, 403, 404, 409),
    )
    def post(self, request: Request, session_id: UUID) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        slices = interpolation_make(
            user=_user(request), session_id=session_id, **given.validated_data
        )
        return Response({"slices": slices})


class SessionSaveApi(GenericAPIView[Any]):
    """Keep the mask as it is now."""

    serializer_class = RevisionSerializer

    @extend_schema(request=None, responses=answers(RevisionSerializer, 403, 404, 409))
    def post(self, request: Request, session_id: UUID) -> Response:
        return _revision(session_save(user=_user(request), session_id=session_id))


class SessionSubmitApi(GenericAPIView[Any]):
    """Hand the case in."""

    serializer_class = RevisionSerializer

    @extend_schema(request=None, responses=answers(RevisionSerializer, 403, 404, 409))
    def post(self, request: Request, session_id: UUID) -> Response:
        return _revision(session_submit(user=_user(request), session_id=session_id))


def _user(request: Request) -> User:
    return cast("User", request.user)


def _revision(revision: MaskRevision) -> Response:
    return Response(RevisionSerializer(revision).data)
