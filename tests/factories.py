"""Rows for tests, as small as the tables allow; volumes get files where asked."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import factory
import numpy as np
from factory.django import DjangoModelFactory
from numpy.typing import NDArray

from annotation.models import (
    Arm,
    Assignment,
    Label,
    Membership,
    Project,
    Role,
    Session,
    Turn,
    User,
    Volume,
)
from annotation.storage import write_array, write_json
from inference_worker.contract.engine import Volume as StoredVolume
from inference_worker.contract.geometry import Geometry
from inference_worker.contract.store import header_of

SHAPE = (4, 32, 48)
AFFINE = [
    [0.0, 0.0, 0.8, -20.0],
    [0.0, 0.8, 0.0, -10.0],
    [2.5, 0.0, 0.0, 100.0],
    [0.0, 0.0, 0.0, 1.0],
]


class UserFactory(DjangoModelFactory[User]):
    """An account with the password ``password``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")

    @factory.post_generation
    def password(self, create: bool, extracted: str | None, **_: Any) -> None:
        self.set_password(extracted or "password")
        self.save()


class ProjectFactory(DjangoModelFactory[Project]):
    """A project with the labels 1 liver and 2 pancreas."""

    class Meta:
        model = Project
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Project {n}")
    slug = factory.Sequence(lambda n: f"project-{n}")

    @factory.post_generation
    def labels(self, create: bool, extracted: Any, **_: Any) -> None:
        for value, (name, color) in enumerate(
            extracted or [("liver", "#d55e00"), ("pancreas", "#56b4e9")], start=1
        ):
            Label.objects.create(project=self, value=value, name=name, color=color)


class MembershipFactory(DjangoModelFactory[Membership]):
    """A lead, unless told otherwise."""

    class Meta:
        model = Membership

    project = factory.SubFactory(ProjectFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.LEAD


class VolumeFactory(DjangoModelFactory[Volume]):
    """A CT of ``SHAPE`` voxels; its row alone (``store_volume`` writes the files)."""

    class Meta:
        model = Volume

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"volume {n}")
    key = factory.LazyFunction(lambda: uuid.uuid4().hex)
    digest = "0" * 64
    shape = factory.LazyFunction(lambda: list(SHAPE))
    affine = factory.LazyFunction(lambda: [list(row) for row in AFFINE])
    dtype = "<i2"
    modality = "CT"
    window = factory.LazyFunction(lambda: [40.0, 400.0])


class ArmFactory(DjangoModelFactory[Arm]):
    """An engine that needs no weights."""

    class Meta:
        model = Arm

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"arm {n}")
    engine = "geodesic"


class AssignmentFactory(DjangoModelFactory[Assignment]):
    """A volume for a reader; ``project=`` sets the volume's and the arm's."""

    class Meta:
        model = Assignment

    class Params:
        project = factory.SubFactory(ProjectFactory)

    volume = factory.SubFactory(
        VolumeFactory, project=factory.SelfAttribute("..project")
    )
    reader = factory.SubFactory(UserFactory)
    arm = factory.SubFactory(ArmFactory, project=factory.SelfAttribute("..project"))


class SessionFactory(DjangoModelFactory[Session]):
    """An open session of an assignment of its own."""

    class Meta:
        model = Session

    assignment = factory.SubFactory(AssignmentFactory)
    engine = factory.SelfAttribute("assignment.arm.engine")


class TurnFactory(DjangoModelFactory[Turn]):
    """One click, not linked into the log; services link."""

    class Meta:
        model = Turn

    session = factory.SubFactory(SessionFactory)
    seq = factory.Sequence(lambda n: n + 1)
    prompts = factory.LazyFunction(
        lambda: [{"kind": "click", "label": 1, "voxel": [0, 1, 1]}]
    )


def store_volume(volume: Volume, voxels: NDArray[Any]) -> Volume:
    """Write ``voxels`` into the file store under the volume's key, and its row."""
    geometry = Geometry(voxels.shape[:3], np.asarray(volume.affine, dtype=np.float64))
    digest = write_array(f"volumes/{volume.key}/voxels.npy", voxels)
    window = (float(volume.window[0]), float(volume.window[1]))
    stored = StoredVolume(voxels, geometry, volume.modality, window, digest)
    write_json(
        str(Path("volumes") / volume.key / "volume.json"),
        header_of(stored, volume.name),
    )
    volume.digest, volume.shape = digest, list(voxels.shape[:3])
    volume.dtype = voxels.dtype.str
    volume.save()
    return volume
