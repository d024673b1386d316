"""The draft mask of a session as it is stored."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from annotation.models import Session
from inference_worker.contract.wire import unpack_mask


def draft_read(*, session: Session) -> dict[str, Any]:
    """Version, packed slices and their estimated quality, of one moment."""
    with transaction.atomic():
        # A shared lock: no answer is stored between the version and the slices.
        held = Session.objects.select_for_update(no_key=True).get(pk=session.pk)
        rows = list(
            held.draft_slices.order_by("index").only("index", "packed", "quality")
        )
        return {
            "version": held.draft_version,
            "slices": [row.packed for row in rows],
            "quality": {
                str(row.index): row.quality for row in rows if row.quality is not None
            },
        }


def draft_digests(*, session: Session, since: int = 0) -> dict[str, Any]:
    """Version, and sha256 of the labels (C order) of slices stored after ``since``."""
    with transaction.atomic():
        held = Session.objects.select_for_update(no_key=True).get(pk=session.pk)
        rows = list(
            held.draft_slices.filter(version__gt=since)
            .order_by("index")
            .values_list("index", "packed")
        )
    return {
        "version": held.draft_version,
        "digests": {
            str(index): hashlib.sha256(unpack_mask(packed)[1].tobytes()).hexdigest()
            for index, packed in rows
        },
    }


def draft_labels(*, session: Session) -> NDArray[np.uint8]:
    """The whole label map: uint8 (z, y, x)."""
    labels = np.zeros(tuple(session.assignment.volume.shape), dtype=np.uint8)
    for packed in session.draft_slices.values_list("packed", flat=True).iterator():
        region, values = unpack_mask(packed)
        labels[region.slices] = values
    return labels
