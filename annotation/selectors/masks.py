"""The masks of a project that may be handed out, each with all that explains it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from annotation import storage
from annotation.models import MaskRevision, Project, Session
from annotation.selectors.draft import draft_labels

SELECTIONS = {
    "submitted": "the last submitted mask of every assignment",
    "saved": "the last saved mask of every assignment, submitted or not",
    "drafts": "the last saved mask, or the draft where nothing was saved",
    "all": "every saved mask",
}


@dataclass(frozen=True)
class Mask:
    """A saved mask, or the draft of a session that has none (``revision`` is None)."""

    session: Session
    revision: MaskRevision | None

    def labels(self) -> NDArray[np.uint8]:
        """Return uint8 (z, y, x), checked against its digest.

        Raises
        ------
        StoreFailed
            ``store:missing``, ``store:altered``.
        """
        if self.revision is None:
            return draft_labels(session=self.session)
        arrays = storage.read_arrays(self.revision.key, self.revision.digest)
        return np.asarray(arrays["labels"], dtype=np.uint8)


def project_masks(*, project: Project, selection: str) -> Iterator[Mask]:
    """Return the masks of one of ``SELECTIONS``, by volume, reader, arm and repeat."""
    sessions: QuerySet[Session] = (
        Session.objects.filter(assignment__volume__project=project)
        .select_related("assignment__volume", "assignment__reader", "assignment__arm")
        .order_by(
            "assignment__volume__name",
            "assignment__reader__pseudonym",
            "assignment__arm__name",
            "assignment__repeat",
            "opened_at",
        )
    )
    by_assignment: dict[object, list[Session]] = {}
    for session in sessions:
        by_assignment.setdefault(session.assignment_id, []).append(session)
    for group in by_assignment.values():
        yield from _masks_of(group, selection)


def _masks_of(sessions: list[Session], selection: str) -> Iterator[Mask]:
    """Choose among the sessions of one assignment, which come in order of time."""
    saved = [
        Mask(session, revision)
        for session in sessions
        for revision in session.revisions.order_by("number")
    ]
    if selection == "all":
        yield from saved
        return
    if selection == "submitted":
        saved = [mask for mask in saved if mask.revision and mask.revision.submitted]
    if saved:
        yield saved[-1]
    elif selection == "drafts" and sessions[-1].draft_slices.exists():
        yield Mask(sessions[-1], None)
