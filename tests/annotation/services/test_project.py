"""Projects, arms, members and assignments: made once, and never turned into another."""

import pytest

from annotation.models import Arm, Assignment, AuditEvent, Membership, Role, User
from annotation.services.assignment import assignment_open
from annotation.services.project import (
    arm_open,
    membership_open,
    project_create,
    project_open,
)
from inference_worker.contract.errors import ImportRefused
from tests.factories import VolumeFactory

pytestmark = pytest.mark.django_db


def test_a_project_is_opened_again_and_gains_labels() -> None:
    first = project_open(name="Livers", labels={"liver": 1})
    again = project_open(name="Livers", labels={"liver": 1, "tumour": 7})
    assert again == first
    assert dict(again.labels.values_list("name", "value")) == {"liver": 1, "tumour": 7}
    assert AuditEvent.objects.filter(action="project:created").count() == 1


@pytest.mark.parametrize("labels", [{"liver": 2}, {"kidney": 1}])
def test_a_label_cannot_come_to_mean_something_else(labels: dict[str, int]) -> None:
    project_open(name="Livers", labels={"liver": 1})
    with pytest.raises(ImportRefused) as refused:
        project_open(name="Livers", labels=labels)
    assert refused.value.code == "import:label-conflict"


def test_projects_of_like_names_have_their_own_addresses() -> None:
    slugs = [project_create(name=n, labels={}).slug for n in ("A b", "a-b", "…")]
    assert slugs == ["a-b", "a-b-2", "project"]


def test_neighbouring_labels_differ_in_colour() -> None:
    project = project_open(name="P", labels={f"l{n}": n for n in range(1, 9)})
    assert len(set(project.labels.values_list("color", flat=True))) == 8


def test_an_arm_is_opened_again_and_means_one_engine() -> None:
    project = project_open(name="P", labels={})
    arm = arm_open(project=project, engine="continual", weights="w")
    assert arm == arm_open(project=project, engine="continual", weights="w")
    assert arm.name == "Continual w"
    with pytest.raises(ImportRefused) as refused:
        arm_open(project=project, engine="geodesic", name="Continual w")
    assert refused.value.code == "import:arm-conflict"
    assert Arm.objects.count() == 1


@pytest.mark.parametrize(
    ("engine", "code"), [("magic", "unknown-engine"), ("continual", "weights-needed")]
)
def test_an_arm_needs_an_engine_there_is(engine: str, code: str) -> None:
    project = project_open(name="P", labels={})
    with pytest.raises(ImportRefused) as refused:
        arm_open(project=project, engine=engine)
    assert refused.value.code == f"import:{code}"


def test_an_assignment_is_made_once_at_the_end_of_the_list() -> None:
    volume = VolumeFactory()
    reader = User.objects.create_user(username="r")
    arms = [
        arm_open(project=volume.project, engine=engine)
        for engine in ("geodesic", "grabcut")
    ]
    made = [assignment_open(volume=volume, reader=reader, arm=arm) for arm in arms]
    again = assignment_open(volume=volume, reader=reader, arm=arms[0])
    assert again == made[0]
    assert [each.position for each in made] == [0, 1]
    assert Assignment.objects.count() == 2
    membership = Membership.objects.get(user=reader)
    assert (membership.project, membership.role) == (volume.project, Role.ANNOTATOR)
    membership_open(project=volume.project, user=reader, role=Role.ANNOTATOR)
    assert Membership.objects.filter(user=reader).count() == 1


def test_an_assignment_stays_within_its_project() -> None:
    arm = arm_open(project=project_open(name="Other", labels={}), engine="geodesic")
    with pytest.raises(ValueError, match="different projects"):
        assignment_open(
            volume=VolumeFactory(),
            reader=User.objects.create_user(username="r"),
            arm=arm,
        )
