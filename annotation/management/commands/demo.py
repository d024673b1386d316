"""``manage.py demo``: two people and their first cases, all made by the project."""

from __future__ import annotations

import secrets
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand
from numpy.typing import NDArray

from annotation.models import Arm, Project, Role, User, Volume
from annotation.services.assignment import assignment_open
from annotation.services.project import arm_open, membership_open, project_open
from annotation.services.volume import volume_create
from annotation.standards.image import Image

ABDOMEN = "Demo: abdominal CT"
NUCLEI = "Demo: nuclei"
ABDOMEN_LABELS = {"liver": 1, "pancreas": 2, "spleen": 3, "kidneys": 4}
NUCLEI_LABELS = {"nucleus": 1}


class Command(BaseCommand):
    """Create what is missing of the demo, and say what was made."""

    help = "Create the demo's projects, accounts and cases; again, do nothing."
    # They load every view, which a start that finds all in place need not wait for.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="of the first CT")
        parser.add_argument("--cases", type=int, default=1, help="CT cases to have")

    def handle(self, *args: Any, **options: Any) -> None:
        administrator = self.account("admin", superuser=True)
        reader = self.account("reader", superuser=False)
        for project, arms, cases in (
            self.abdomen(options["seed"], options["cases"]),
            self.nuclei(options["seed"]),
        ):
            membership_open(
                project=project, user=administrator, role=Role.ADMINISTRATOR
            )
            for arm in arms:
                for volume in cases:
                    assignment_open(volume=volume, reader=reader, arm=arm)

    def account(self, username: str, *, superuser: bool) -> User:
        """Return the account; a new one's password is the settings', or is said."""
        known = User.objects.filter(username=username).first()
        if known is not None:
            return known
        given = settings.DEMO_PASSWORDS.get(username)
        password = given or secrets.token_urlsafe(9)
        user = User.objects.create_user(username=username, password=password)
        user.is_superuser = user.is_staff = superuser
        user.save(update_fields=["is_superuser", "is_staff"])
        said = "as given by the environment" if given else password
        self.stdout.write(f"Account {username}, password {said}")
        return user

    def abdomen(self, seed: int, cases: int) -> tuple[Project, list[Arm], list[Volume]]:
        """The CT project: the learning engine, and a baseline that does not learn."""
        project = project_open(name=ABDOMEN, labels=ABDOMEN_LABELS)
        arms = [
            arm_open(project=project, engine="continual", weights="ct-abdomen"),
            arm_open(project=project, engine="geodesic"),
        ]
        volumes = []
        for number in range(seed, seed + cases):
            name = f"Synthetic abdomen {number}"
            volume = project.volumes.filter(name=name).first()
            if volume is None:
                self.stdout.write(f"Making {name} (some seconds) …")
                volume = self.store(project, name, *synthetic_ct(number, name))
            volumes.append(volume)
        return project, arms, volumes

    def nuclei(self, seed: int) -> tuple[Project, list[Arm], list[Volume]]:
        """The microscopy project."""
        project = project_open(name=NUCLEI, labels=NUCLEI_LABELS)
        arms = [arm_open(project=project, engine="continual", weights="nuclei")]
        name = f"Synthetic micrograph {seed}"
        volume = project.volumes.filter(name=name).first()
        if volume is None:
            volume = self.store(project, name, *synthetic_micrograph(seed, name))
        return project, arms, [volume]

    def store(
        self, project: Project, name: str, image: Image, labels: NDArray[np.uint8]
    ) -> Volume:
        volume = volume_create(
            project=project, image=image, name=name, reference=labels
        )
        self.stdout.write(f"Case {name} in {project}")
        return volume


def synthetic_ct(seed: int, name: str) -> tuple[Image, NDArray[np.uint8]]:
    """Make an abdomen, write it as a DICOM series, and read that as anybody's."""
    # Making images costs half a second of imports that a second start need not pay.
    from annotation.standards.dicom import group_series, read_series
    from annotation.standards.dicom_file import read_header
    from annotation.standards.limits import Limits
    from annotation.synthetic.abdomen import abdomen
    from annotation.synthetic.ct_series import write_ct_series

    ct = abdomen(seed)
    limits = Limits()
    with tempfile.TemporaryDirectory() as folder:
        paths = write_ct_series(Path(folder), ct.voxels, ct.affine, name=name)
        headers = [(path, read_header(path, limits)) for path in paths]
        (series,) = group_series(headers)
        return read_series(series, limits), ct.labels


def synthetic_micrograph(seed: int, name: str) -> tuple[Image, NDArray[np.uint8]]:
    """Make a micrograph; half a micrometre per pixel."""
    from annotation.standards.image import make_image
    from annotation.synthetic.nuclei import micrograph

    made = micrograph(seed)
    affine = np.zeros((4, 4))
    affine[[0, 1, 2, 3], [2, 1, 0, 3]] = [0.0005, 0.0005, 0.0005, 1]
    image = make_image(
        made.voxels, affine, modality="SM", name=name, source={"kind": "synthetic"}
    )
    return image, made.labels
