"""People at the doors: the reader, a lead, a stranger, and nobody."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from annotation.models import User
from tests.factories import MembershipFactory, UserFactory


def client_of(user: User | None) -> APIClient:
    """A browser, logged in as ``user``; CSRF is checked as in real life."""
    client = APIClient(enforce_csrf_checks=True)
    if user is not None:
        client.force_login(user)
        client.cookies["csrftoken"] = "t" * 32
        client.credentials(HTTP_X_CSRFTOKEN="t" * 32)
    return client


@pytest.fixture
def lead(session) -> User:
    """Leads the project of ``session``."""
    return MembershipFactory(project=session.assignment.volume.project).user


@pytest.fixture
def people(session, reader, lead) -> dict[str, APIClient]:
    """A client each, by role."""
    project = session.assignment.volume.project
    return {
        "reader": client_of(reader),
        "lead": client_of(lead),
        "administrator": client_of(
            MembershipFactory(project=project, role="administrator").user
        ),
        "superuser": client_of(UserFactory(is_superuser=True)),
        "annotator": client_of(
            MembershipFactory(project=project, role="annotator").user
        ),
        "stranger": client_of(MembershipFactory().user),
        "nobody": client_of(None),
    }
