"""A session as browsers see it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from annotation.models import Session
from annotation.models.session import SessionState
from annotation.selectors.turn import turn_rows
from annotation.selectors.volume import volume_detail
from inference_worker.contract.catalog import ENGINES
from inference_worker.contract.geometry import Geometry


def session_geometry(*, session: Session) -> Geometry:
    """Shape and position of the session's volume."""
    volume = session.assignment.volume
    return _geometry(tuple(volume.shape), tuple(tuple(row) for row in volume.affine))


@lru_cache(maxsize=64)
def _geometry(shape: tuple[int, int, int], affine: tuple[Any, ...]) -> Geometry:
    return Geometry(shape, np.asarray(affine, dtype=np.float64))


def session_detail(*, session: Session, writable: bool) -> dict[str, Any]:
    """Everything a viewer needs to begin; ``writable`` for the reader alone."""
    assignment = session.assignment
    project = assignment.volume.project
    return {
        **session_summary(session=session),
        "writable": writable and session.state == SessionState.OPEN,
        "project": {"name": project.name, "slug": project.slug},
        "assignment": {
            "id": str(assignment.pk),
            "state": assignment.state,
            "arm": assignment.arm.name,
            "repeat": assignment.repeat,
        },
        "volume": volume_detail(volume=assignment.volume),
        "labels": [
            {"value": label.value, "name": label.name, "color": label.color}
            for label in project.labels.order_by("value")
        ],
        "engine": engine_detail(name=session.engine),
    }


def engine_detail(*, name: str) -> dict[str, Any]:
    """What an engine takes and does; one no longer offered takes nothing."""
    spec = ENGINES.get(name)
    return {
        "name": name,
        "title": spec.title if spec else name,
        "prompts": sorted(spec.prompts) if spec else [],
        "planar": bool(spec and spec.planar),
        "any_plane": bool(spec and spec.any_plane),
        "learns": bool(spec and spec.learns),
    }


def session_summary(*, session: Session) -> dict[str, Any]:
    """Where a session stands."""
    return {
        "id": str(session.pk),
        "state": session.state,
        "draft_version": session.draft_version,
        "opened_at": session.opened_at.isoformat(),
        "revision": session.revisions.count(),
    }


def session_state(*, session: Session) -> dict[str, Any]:
    """What a tab is told when it connects: where the session stands, and its log.

    ``pending`` are turns whose final answer is still to come.
    """
    turns = turn_rows(session=session)
    return {
        "type": "state",
        "session": session_summary(session=session),
        "draft_version": session.draft_version,
        "turns": turns,
        "pending": [
            turn["id"]
            for turn in turns
            if turn["state"] == "active" and not turn["final"]
        ],
    }
