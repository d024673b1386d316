"""Saved masks for the tests that hand them out."""

from __future__ import annotations

import numpy as np

from annotation import storage
from annotation.models import MaskRevision, Session, Volume
from annotation.models.session import SessionState
from tests.factories import ArmFactory, AssignmentFactory, SessionFactory, UserFactory


def session_of(volume: Volume, *, state: str = SessionState.OPEN) -> Session:
    """A session of a new reader under a new arm."""
    assignment = AssignmentFactory(
        volume=volume, arm=ArmFactory(project=volume.project), reader=UserFactory()
    )
    return SessionFactory(assignment=assignment, state=state)


def save(
    session: Session, labels: np.ndarray, *, submitted: bool = True
) -> MaskRevision:
    """Keep ``labels`` as the next revision of a session."""
    number = session.revisions.count() + 1
    key = storage.revision_key(session.pk, number)
    return MaskRevision.objects.create(
        session=session,
        number=number,
        key=key,
        digest=storage.write_arrays(key, {"labels": labels.astype(np.uint8)}),
        submitted=submitted,
        engine=session.engine,
        weights_digest="w" * 64,
        carry_digest="c" * 64,
        draft_version=3,
        log=[{"id": "x", "seq": 1, "prompts": []}],
        log_digest="d" * 64,
        saved_by=session.assignment.reader,
    )
