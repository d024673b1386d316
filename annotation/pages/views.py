"""Log in, choose a case, open it; and for leads, how a project stands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from annotation.access import access_assignment, access_project
from annotation.models import Project, User, Volume
from annotation.pages.bundle import viewer_bundle
from annotation.selectors.progress import led_projects, project_rows
from annotation.selectors.worklist import worklist_rows
from annotation.services.project import project_choose_engines
from annotation.standards.wado import instance_uids, series_uid, study_uid
from inference_worker.contract.catalog import ENGINES
from inference_worker.contract.errors import AccessRefused, SessionRefused


@require_safe
@login_required
def worklist(request: HttpRequest) -> HttpResponse:
    """The reader's cases in their order, and the projects they lead."""
    user = _user(request)
    context = {
        "groups": worklist_rows(user=user),
        "projects": led_projects(user=user),
    }
    return render(request, "annotation/worklist.html", context)


@require_safe
@login_required
@ensure_csrf_cookie
def case(request: HttpRequest, assignment_id: UUID) -> HttpResponse:
    """The viewer page; what is not the user's does not exist for them."""
    try:
        assignment = access_assignment(user=_user(request), id=assignment_id)
    except AccessRefused as refused:
        raise Http404(refused.message) from refused
    context = {
        "assignment": assignment,
        "bundle": viewer_bundle(),
        "ahead": _frames_ahead(assignment.volume),
    }
    return render(request, "annotation/case.html", context)


def _frames_ahead(volume: Volume) -> list[str]:
    """What the viewer asks for first, to be on its way while its script still is."""
    series, count = series_uid(volume.key), int(volume.shape[0])
    names = {"study": study_uid(volume.key), "series": series}
    # Where a case is opened for the first time; one that is returned to may differ.
    middle = instance_uids(volume.key, count)[(count - 1) // 2]
    return [
        reverse("wado-metadata", kwargs=names),
        reverse("wado-frame", kwargs={**names, "instance": middle}),
    ]


@require_safe
@login_required
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """How the assignments of a project stand, for those who lead it."""
    found = _led_project(request, slug)
    context = {
        "project": found,
        "rows": project_rows(project=found),
        "engines": [
            {"spec": spec, "offered": found.offers(name)}
            for name, spec in ENGINES.items()
        ],
    }
    return render(request, "annotation/project.html", context)


@require_POST
@login_required
def project_engines(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose the engines that readers of a project may use."""
    found = _led_project(request, slug)
    try:
        project_choose_engines(
            project=found,
            engines=request.POST.getlist("engine"),
            actor=_user(request),
        )
    except SessionRefused as refused:
        return _problem(request, 400, refused.message)
    return redirect("project", slug=slug)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers; says nothing else to anybody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page for what does not exist; the API answers in its own shape."""
    sentence = gettext("This page does not exist, or is not yours to see.")
    return _problem(request, 404, sentence)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page for what may not be done."""
    sentence = gettext("You may not do this. Ask the project's lead.")
    return _problem(request, 403, sentence)


def broken(request: HttpRequest) -> HttpResponse:
    """A page for our own failures."""
    return _problem(
        request, 500, gettext("Something broke on our side; nothing you drew is lost.")
    )


def _led_project(request: HttpRequest, slug: str) -> Project:
    try:
        return access_project(user=_user(request), slug=slug)
    except AccessRefused as refused:
        raise Http404(refused.message) from refused


def _problem(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if request.path.startswith(("/api/", "/wado/")):
        body: dict[str, Any] = {
            "code": f"http:{status}",
            "message": sentence,
            "extra": {},
        }
        return JsonResponse(body, status=status)
    context = {"status": status, "sentence": sentence}
    # Who asks is a question to the database, which may be what is broken.
    asked = None if status >= 500 else request
    page = render_to_string("annotation/problem.html", context, request=asked)
    return HttpResponse(page, status=status)


def _user(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise TypeError("a page behind login_required was opened without a user")
    return user
