"""The demo: made once, and then only looked at."""

import io
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from annotation.management.commands import demo
from annotation.models import Assignment, Membership, Project, Role, User, Volume
from annotation.synthetic.abdomen import SyntheticCt, abdomen
from annotation.synthetic.nuclei import SyntheticMicrograph, micrograph
from inference_worker.contract.store import read_volume, reference_path

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_images(
    monkeypatch: pytest.MonkeyPatch, settings: object, file_store: Path
) -> None:
    def small(seed: int) -> SyntheticCt:
        return abdomen(seed, shape=(6, 64, 64), spacing=(30.0, 5.92, 5.92))

    def few(seed: int) -> SyntheticMicrograph:
        return micrograph(seed, side=64, nuclei=4)

    monkeypatch.setattr("annotation.synthetic.abdomen.abdomen", small)
    monkeypatch.setattr("annotation.synthetic.nuclei.micrograph", few)
    settings.DEMO_PASSWORDS = {"admin": "given-a", "reader": ""}  # type: ignore[attr-defined]


def run(*options: str) -> str:
    said = io.StringIO()
    call_command("demo", *options, stdout=said)
    return said.getvalue()


def test_it_makes_projects_people_and_cases(file_store: Path) -> None:
    said = run()
    ct = Volume.objects.get(project__name=demo.ABDOMEN)
    nuclei = Volume.objects.get(project__name=demo.NUCLEI)
    assert (ct.modality, ct.channels, ct.shape) == ("CT", 1, [6, 64, 64])
    assert (nuclei.channels, nuclei.dtype) == (3, "|u1")
    assert ct.source["kind"] == "dicom"
    labels = Project.objects.get(name=demo.ABDOMEN).labels
    assert dict(labels.values_list("name", "value")) == demo.ABDOMEN_LABELS
    arms = Project.objects.get(name=demo.ABDOMEN).arms
    assert set(arms.values_list("engine", "weights")) == {
        ("continual", "ct-abdomen"),
        ("geodesic", ""),
    }
    reader = User.objects.get(username="reader")
    assert Assignment.objects.filter(reader=reader).count() == 3
    admin = User.objects.get(username="admin")
    assert admin.is_superuser
    assert not reader.is_superuser
    assert Membership.objects.filter(user=admin, role=Role.ADMINISTRATOR).count() == 2
    assert "Account reader, password " in said


def test_the_stored_case_is_the_synthetic_one_with_its_truth(file_store: Path) -> None:
    run("--seed=4")
    made = abdomen(4, shape=(6, 64, 64), spacing=(30.0, 5.92, 5.92))
    key = Volume.objects.get(project__name=demo.ABDOMEN).key
    stored = read_volume(file_store, key)
    assert np.array_equal(stored.voxels, made.voxels)
    assert stored.geometry.affine == pytest.approx(made.affine, abs=1e-6)
    assert np.array_equal(np.load(reference_path(file_store, key)), made.labels)


def test_passwords_are_given_or_said_once() -> None:
    said = run()
    assert "given-a" not in said
    assert authenticate(username="admin", password="given-a") is not None
    (line,) = [line for line in said.splitlines() if "Account reader" in line]
    password = line.removeprefix("Account reader, password ")
    assert len(password) >= 12
    assert authenticate(username="reader", password=password) is not None


def test_again_it_does_nothing(file_store: Path) -> None:
    run()
    files = sorted(file_store.rglob("*"))
    assert run() == ""
    assert sorted(file_store.rglob("*")) == files
    assert Assignment.objects.count() == 3


def test_more_cases_may_be_asked_for() -> None:
    run()
    said = run("--cases=2")
    assert "Synthetic abdomen 2" in said
    assert Volume.objects.filter(project__name=demo.ABDOMEN).count() == 2
