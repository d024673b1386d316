"""The one door to every object: what is not the user's does not exist for them.

A reader works in their own assignments; leads and administrators of a project, and
superusers, look at all of it. Missing and forbidden are refused in the same words, so
that nobody learns which ids exist.
"""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, Model, Q, QuerySet

from annotation.models import Assignment, Project, Role, Session, User, Volume
from annotation.selectors.companion import companion_volumes
from inference_worker.contract.errors import AccessRefused

LEADING = (Role.ADMINISTRATOR, Role.LEAD)

Entity = TypeVar("Entity", bound=Model)


def access_project(*, user: User | AnonymousUser, slug: str) -> Project:
    """The project, for those who lead it."""
    known = _known(user)
    rows = Project.objects.filter(slug=slug)
    if not known.is_superuser:
        rows = rows.filter(pk__in=_led_by(known))
    return _the_only(rows, "project")


def access_assignment(
    *, user: User | AnonymousUser, id: UUID | str, write: bool = False
) -> Assignment:
    """The assignment, for its reader and those who lead its project.

    Raises
    ------
    AccessRefused
        ``access:missing`` where it does not exist for this user, ``access:read-only``
        where they may look at it and asked to ``write``.
    """
    known = _known(user)
    rows = Assignment.objects.select_related("volume__project", "arm", "reader")
    found = _the_only(
        rows.filter(_visible(known, reader="reader", project="volume__project"), pk=id),
        "case",
    )
    if write:
        _check_reader(found, known)
    return found


def access_session(
    *,
    user: User | AnonymousUser,
    id: UUID | str,
    write: bool = False,
    lock: bool = False,
) -> Session:
    """The session, for the reader of its assignment and those who lead its project.

    ``lock`` holds its row until the transaction ends; the log is only changed so.
    """
    known = _known(user)
    rows = Session.objects.select_related(
        "assignment__volume__project", "assignment__arm", "assignment__reader"
    )
    if lock:
        rows = rows.select_for_update(of=("self",))
    visible = _visible(
        known, reader="assignment__reader", project="assignment__volume__project"
    )
    found = _the_only(rows.filter(visible, pk=id), "session")
    if write:
        _check_reader(found.assignment, known)
    return found


def access_volume(*, user: User | AnonymousUser, key: str) -> Volume:
    """The volume, for those assigned to it or to another volume of its patient in the
    same project, and for those who lead that project."""
    known = _known(user)
    rows = Volume.objects.select_related("project").filter(key=key)
    visible = _visible(known, reader="assignments__reader", project="project")
    # Asked for every slice: of the rows that a join repeats, the first is enough.
    seen = rows.filter(visible).order_by()[:1]
    found = next(iter(seen), None)
    if found is not None:
        return found
    other = rows.first()
    if other is not None and companion_volumes(volume=other).filter(visible).exists():
        return other
    raise _missing("volume")


def _visible(user: User, *, reader: str, project: str) -> Q:
    # Asked of the database: a socket's user may be hours old.
    active = Q(Exists(User.objects.filter(pk=user.pk, is_active=True)))
    if user.is_superuser:
        return active
    return active & Q(**{reader: user}) | (
        active & Q(**{f"{project}__in": _led_by(user)})
    )


def _led_by(user: User) -> QuerySet[Project, Any]:
    return Project.objects.filter(
        memberships__user=user, memberships__role__in=LEADING
    ).values("pk")


def _known(user: User | AnonymousUser) -> User:
    if not isinstance(user, User) or not user.is_active:
        raise AccessRefused("not-logged-in", "Log in first.")
    return user


def _the_only(rows: QuerySet[Entity], noun: str) -> Entity:
    found = rows.first()
    if found is None:
        raise _missing(noun)
    return found


def _missing(noun: str) -> AccessRefused:
    return AccessRefused(
        "missing", f"There is no such {noun}, or it is not yours to see."
    )


def _check_reader(assignment: Assignment, user: User) -> None:
    if assignment.reader_id != user.pk:
        raise AccessRefused(
            "read-only", "Only the reader of this case may change it; you may look."
        )
