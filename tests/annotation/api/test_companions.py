"""Other series of the patient, and who may see them; names where readers are blind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from annotation.models import Session, User, Volume
from annotation.services.assignment import assignment_open
from annotation.services.project import arm_open
from annotation.services.volume import volume_create
from annotation.standards.image import make_image
from annotation.standards.wado import series_uid, study_uid
from tests.factories import ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db


def series(project: Any, name: str, number: int, **source: str) -> Volume:
    voxels = np.full((2, 4, 5), number, dtype=np.int16)
    affine = np.diag([3.0, 0.7, 0.7, 1])[[2, 1, 0, 3]]
    image = make_image(voxels, affine, modality="CT", name=name, source=source)
    return volume_create(project=project, image=image)


@pytest.fixture
def opened(file_store: Path, client: Client) -> dict[str, Any]:
    project, elsewhere = ProjectFactory(), ProjectFactory()
    said = {"patient": "anna", "frame_of_reference": "1.2"}
    volumes = {
        "case": series(project, "case", 1, study_uid="1", **said),
        "prior": series(project, "prior", 2, study_uid="0", patient="anna"),
        "pet": series(project, "pet", 3, study_uid="1", **said),
        "stranger": series(project, "stranger", 4, study_uid="7", patient="berta"),
        "nobody": series(project, "nobody", 5),
        "elsewhere": series(elsewhere, "elsewhere", 6, study_uid="1", **said),
    }
    reader: User = UserFactory()
    assignment = assignment_open(
        volume=volumes["case"],
        reader=reader,
        arm=arm_open(project=project, engine="geodesic"),
    )
    client.force_login(reader)
    answer = client.post(
        f"/api/assignments/{assignment.pk}/session", "{}", "application/json"
    )
    assert answer.status_code == 200, answer.content
    return {"volumes": volumes, "session": answer.json()["id"], "reader": reader}


def metadata(client: Client, volume: Volume) -> int:
    return client.get(
        f"/wado/studies/{study_uid(volume.key)}/series/{series_uid(volume.key)}/metadata"
    ).status_code


def test_the_series_of_the_patient_in_the_project_are_told(
    client: Client, opened: dict[str, Any]
) -> None:
    rows = client.get(f"/api/sessions/{opened['session']}/companions").json()
    assert {row["name"]: row["same_frame"] for row in rows} == {
        "pet": True,
        "prior": False,
    }
    assert len(rows[0]["instances"]) == 2


def test_exactly_those_may_be_fetched(client: Client, opened: dict[str, Any]) -> None:
    seen = {
        name: metadata(client, volume) for name, volume in opened["volumes"].items()
    }
    assert seen == {
        "case": 200,
        "prior": 200,
        "pet": 200,
        "stranger": 404,
        "nobody": 404,
        "elsewhere": 404,
    }
    client.force_login(UserFactory())
    assert {metadata(client, volume) for volume in opened["volumes"].values()} == {404}
    answer = client.get(f"/api/sessions/{opened['session']}/companions")
    assert answer.status_code == 404
    client.logout()
    answer = client.get(f"/api/sessions/{opened['session']}/companions")
    assert answer.status_code in (401, 403)


def test_a_blinded_project_names_no_patient_and_no_series(
    client: Client, opened: dict[str, Any]
) -> None:
    session = Session.objects.get(pk=opened["session"])
    project = session.assignment.volume.project
    project.blinded = True
    project.save()
    for address in (
        "/",
        f"/cases/{session.assignment.pk}/",
        "/api/worklist",
        f"/api/sessions/{session.pk}",
        f"/api/sessions/{session.pk}/companions",
    ):
        text = client.get(address).content.decode()
        for told in (">case<", "case ·", '"case"', "prior", 'pet"', "anna"):
            assert told not in text, (address, told)
    detail = client.get(f"/api/sessions/{session.pk}").json()
    assert detail["volume"]["name"] == f"Case {opened['volumes']['case'].key[:6]}"
