"""Assignments: who reads which volume under which arm."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max

from annotation.models import Arm, Assignment, Role, User, Volume
from annotation.services.audit import audit_record
from annotation.services.project import membership_open


@transaction.atomic
def assignment_open(
    *,
    volume: Volume,
    reader: User,
    arm: Arm,
    repeat: int = 1,
    actor: User | None = None,
) -> Assignment:
    """Give a volume to a reader, who becomes an annotator; again, the same.

    The assignment goes to the end of the reader's list.
    """
    if arm.project_id != volume.project_id:
        raise ValueError(f"{arm} and {volume} belong to different projects")
    known = Assignment.objects.filter(
        volume=volume, reader=reader, arm=arm, repeat=repeat
    ).first()
    if known is not None:
        return known
    membership_open(project=volume.project, user=reader, role=Role.ANNOTATOR)
    last = reader.assignments.aggregate(last=Max("position"))["last"]
    assignment = Assignment.objects.create(
        volume=volume,
        reader=reader,
        arm=arm,
        repeat=repeat,
        position=0 if last is None else last + 1,
    )
    audit_record(
        actor=actor,
        action="assignment:created",
        subject=f"assignment:{assignment.pk}",
        data={"volume": volume.key, "reader": reader.pk, "arm": arm.pk},
    )
    return assignment
