"""A lead says which engines the project's readers may use; the server keeps to it."""

import pytest
from django.urls import reverse

from annotation.models import AuditEvent, Role
from annotation.services.project import arm_open
from annotation.services.session import session_open
from inference_worker.contract.errors import ImportRefused, SessionRefused
from tests.factories import AssignmentFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def assignment():
    return AssignmentFactory()


@pytest.fixture
def project(assignment):
    return assignment.volume.project


def choose(client, user, project, *engines):
    client.force_login(user)
    address = reverse("project-engines", args=[project.slug])
    answer = client.post(address, {"engine": engines})
    project.refresh_from_db()
    return answer.status_code


def lead_of(project):
    return MembershipFactory(project=project, role=Role.LEAD).user


def test_a_case_whose_engine_is_not_offered_is_not_opened(client, assignment, project):
    assert choose(client, lead_of(project), project, "manual", "grabcut") == 302
    assert project.engines == ["manual", "grabcut"]
    with pytest.raises(SessionRefused, match="no longer offers") as refusal:
        session_open(user=assignment.reader, assignment_id=assignment.pk)
    assert refusal.value.code == "session:engine-not-offered"
    with pytest.raises(ImportRefused) as refusal:
        arm_open(project=project, engine="geodesic")
    assert refusal.value.code == "import:engine-not-offered"
    assert AuditEvent.objects.filter(action="project:engines-chosen").count() == 1


def test_an_open_case_goes_on_and_none_chosen_means_all(client, assignment, project):
    session = session_open(user=assignment.reader, assignment_id=assignment.pk)
    choose(client, lead_of(project), project, "manual")
    assert session == session_open(user=assignment.reader, assignment_id=assignment.pk)
    choose(client, lead_of(project), project)
    assert project.offers("geodesic")


def test_only_those_who_lead_choose_and_only_engines_there_are(
    client, assignment, project
):
    for user in (assignment.reader, UserFactory()):
        assert choose(client, user, project, "manual") == 404
    assert choose(client, lead_of(project), project, "crystal-ball") == 400
    assert project.engines == []


def test_the_page_shows_what_is_chosen(client, project):
    lead = lead_of(project)
    choose(client, lead, project, "manual")
    page = client.get(reverse("project", args=[project.slug])).content.decode()
    assert 'value="manual" checked' in page
    assert 'value="geodesic">' in page
