"""Other series of a volume's patient: priors, other phases, other modalities."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from annotation.models import Session, Volume
from annotation.selectors.volume import volume_detail


def companion_volumes(*, volume: Volume) -> QuerySet[Volume]:
    """The other volumes of the same patient in the same project.

    The same patient is one whose headers name the same; the same study where they name
    nobody. A volume that says neither has no companions.
    """
    source = volume.source
    same = Q(pk__in=[])
    if patient := source.get("patient"):
        same |= Q(source__patient=patient)
    if study := source.get("study_uid"):
        same |= Q(source__study_uid=study)
    return Volume.objects.filter(same, project=volume.project).exclude(pk=volume.pk)


def companion_rows(*, session: Session) -> list[dict[str, Any]]:
    """What the viewer may show beside the volume of a session.

    ``same_frame``: both lie in one frame of reference, so that a point of the one is
    the same point of the other.
    """
    volume = session.assignment.volume
    frame = volume.source.get("frame_of_reference")
    return [
        {
            **volume_detail(volume=other),
            "same_frame": bool(frame)
            and other.source.get("frame_of_reference") == frame,
        }
        for other in companion_volumes(volume=volume).select_related("project")
    ]
