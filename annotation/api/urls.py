"""Addresses of the API."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import IsAuthenticated

from annotation.api import reader, session
from annotation.api.nowhere import NowhereApi

urlpatterns = [
    path(
        "schema",
        SpectacularJSONAPIView.as_view(permission_classes=[IsAuthenticated]),
        name="schema",
    ),
    path("me", reader.MeApi.as_view(), name="me"),
    path("worklist", reader.WorklistApi.as_view(), name="api-worklist"),
    path(
        "assignments/<uuid:assignment_id>/session",
        session.SessionOpenApi.as_view(),
        name="session-open",
    ),
    path(
        "sessions/<uuid:session_id>",
        session.SessionDetailApi.as_view(),
        name="session",
    ),
    path(
        "sessions/<uuid:session_id>/companions",
        session.SessionCompanionsApi.as_view(),
        name="session-companions",
    ),
    path(
        "sessions/<uuid:session_id>/draft",
        session.SessionDraftApi.as_view(),
        name="session-draft",
    ),
    path(
        "sessions/<uuid:session_id>/digests",
        session.SessionDigestsApi.as_view(),
        name="session-digests",
    ),
    path(
        "sessions/<uuid:session_id>/turns",
        session.SessionTurnsApi.as_view(),
        name="session-turns",
    ),
    path(
        "sessions/<uuid:session_id>/events",
        session.SessionEventsApi.as_view(),
        name="session-events",
    ),
    path(
        "sessions/<uuid:session_id>/interpolation",
        session.SessionInterpolationApi.as_view(),
        name="session-interpolation",
    ),
    path(
        "sessions/<uuid:session_id>/save",
        session.SessionSaveApi.as_view(),
        name="session-save",
    ),
    path(
        "sessions/<uuid:session_id>/submit",
        session.SessionSubmitApi.as_view(),
        name="session-submit",
    ),
    re_path(r"^.*$", NowhereApi.as_view()),
]
