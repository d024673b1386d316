"""Projects: their labels, the ways of working in them, and who belongs to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from annotation.models import Arm, Label, Membership, Project, Role, User
from annotation.models.assignment import CarryPolicy
from annotation.services.audit import audit_record
from inference_worker.contract.catalog import ENGINES
from inference_worker.contract.errors import ImportRefused, SessionRefused

# Told apart by readers with colour-blindness as well: Okabe and Ito, 2008.
COLORS = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
    "#bbbbbb",
)


@transaction.atomic
def project_create(
    *, name: str, labels: Mapping[str, int], actor: User | None = None
) -> Project:
    """Create a project with its label set.

    Parameters
    ----------
    name : str
        Not taken yet; its address is made from it.
    labels : name of each label with its number in every mask, 1 to 254.
    """
    project = Project.objects.create(name=name, slug=_free_slug(name))
    for label, value in labels.items():
        label_create(project=project, name=label, value=value)
    audit_record(
        actor=actor,
        action="project:created",
        subject=f"project:{project.pk}",
        data={"name": name, "labels": dict(labels)},
    )
    return project


@transaction.atomic
def project_drop_empty(*, name: str, actor: User | None = None) -> None:
    """Take back a project that holds no volume; nothing where it holds one."""
    project = Project.objects.select_for_update().filter(name=name).first()
    if project is None or project.volumes.exists():
        return
    audit_record(
        actor=actor,
        action="project:dropped",
        subject=f"project:{project.pk}",
        data={"name": project.name},
    )
    project.delete()


def label_create(*, project: Project, name: str, value: int) -> Label:
    """Add a label to a project; its colour is the palette's next."""
    label = Label(
        project=project,
        name=name,
        value=value,
        color=COLORS[(value - 1) % len(COLORS)],
    )
    label.full_clean()
    label.save()
    return label


@transaction.atomic
def project_blind(*, project: Project, actor: User | None = None) -> Project:
    """Show the readers of a project no names of cases or series from now on."""
    if not project.blinded:
        project.blinded = True
        project.save(update_fields=["blinded"])
        audit_record(
            actor=actor, action="project:blinded", subject=f"project:{project.pk}"
        )
    return project


@transaction.atomic
def project_open(
    *, name: str, labels: Mapping[str, int], actor: User | None = None
) -> Project:
    """Return the project of this name with these labels, made as far as it is missing.

    Raises
    ------
    ImportRefused
        ``import:label-conflict`` where a name or a number means something else there.
    """
    project = Project.objects.select_for_update().filter(name=name).first()
    if project is None:
        return project_create(name=name, labels=labels, actor=actor)
    known = dict(project.labels.values_list("name", "value"))
    names = {value: label for label, value in known.items()}
    for label, value in labels.items():
        if known.get(label, value) != value or names.get(value, label) != label:
            raise ImportRefused(
                "label-conflict",
                f"{label}={value} does not fit the labels that the project “{name}” "
                f"has: {known}. Use these, or another project.",
                labels=known,
            )
        if label not in known:
            label_create(project=project, name=label, value=value)
    return project


def arm_open(
    *,
    project: Project,
    engine: str,
    weights: str = "",
    name: str = "",
    config: Mapping[str, Any] | None = None,
    carry_policy: CarryPolicy = CarryPolicy.FRESH,
) -> Arm:
    """Return the arm of this name, made if it is missing.

    Raises
    ------
    ImportRefused
        ``import:unknown-engine``, ``import:engine-not-offered`` where the project keeps
        to others, ``import:weights-needed``, ``import:arm-conflict`` where the name
        stands for another engine or other weights.
    """
    spec = ENGINES.get(engine)
    if spec is None:
        raise ImportRefused(
            "unknown-engine",
            f"There is no engine “{engine}”; there are {', '.join(sorted(ENGINES))}.",
            engine=engine,
        )
    if not project.offers(engine):
        raise ImportRefused(
            "engine-not-offered",
            f"The project “{project.name}” does not offer the engine “{spec.title}”.",
            engine=engine,
        )
    weights = weights or spec.weights
    if spec.needs_weights and not weights:
        raise ImportRefused(
            "weights-needed", f"The engine “{engine}” needs weights: name them."
        )
    arm, _ = Arm.objects.get_or_create(
        project=project,
        name=name or " ".join(filter(None, [spec.title, weights])),
        defaults={
            "engine": engine,
            "weights": weights,
            "config": dict(config or {}),
            "carry_policy": carry_policy,
        },
    )
    if (arm.engine, arm.weights) != (engine, weights):
        raise ImportRefused(
            "arm-conflict",
            f"The arm “{arm.name}” already stands for {arm.engine} {arm.weights}.",
        )
    return arm


@transaction.atomic
def project_choose_engines(
    *, project: Project, engines: Collection[str], actor: User
) -> None:
    """Say which engines the project's readers may use; all, where none is named.

    Cases that are open go on as they are; no new one is opened with another engine.

    Raises
    ------
    SessionRefused
        ``session:unknown-engine`` for a name that the catalogue lacks.
    """
    unknown = sorted(set(engines) - set(ENGINES))
    if unknown:
        raise SessionRefused("unknown-engine", f"There is no engine “{unknown[0]}”.")
    project.engines = [name for name in ENGINES if name in engines]
    project.save(update_fields=["engines"])
    audit_record(
        actor=actor,
        action="project:engines-chosen",
        subject=f"project:{project.pk}",
        data={"engines": project.engines},
    )


def membership_open(*, project: Project, user: User, role: Role) -> Membership:
    """Give a person a role in a project; again, the same."""
    membership, _ = Membership.objects.get_or_create(
        project=project, user=user, role=role
    )
    return membership


def _free_slug(name: str) -> str:
    stem = slugify(name)[:100] or "project"
    taken = set(
        Project.objects.filter(slug__startswith=stem).values_list("slug", flat=True)
    )
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
