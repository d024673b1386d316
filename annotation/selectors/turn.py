"""The log as it is shown and as it is sent."""

from __future__ import annotations

from typing import Any

from annotation.models import Session, Turn


def turn_row(*, turn: Turn) -> dict[str, Any]:
    """A turn as browsers see it."""
    first = turn.prompts[0]
    return {
        "id": str(turn.pk),
        "seq": turn.seq,
        "state": turn.state,
        "undone_at": turn.undone_at and turn.undone_at.timestamp() * 1000,
        "kind": first["kind"],
        "slice": _slice(first),
        "final": turn.answered_at is not None,
        "error": turn.error,
        "prompts": turn.prompts,
    }


def turn_rows(*, session: Session) -> list[dict[str, Any]]:
    """Every turn of a session in order, undone and discarded ones too."""
    return [turn_row(turn=turn) for turn in session.turns.order_by("seq")]


def _slice(prompt: dict[str, Any]) -> int:
    """As ``prompts.slice_of``, without reading a stroke or unpacking a mask."""
    match prompt:
        case {"voxel": [z, *_]} | {"voxels": [[z, *_], *_]} | {"start": [z, *_]}:
            return int(z)
        case {"region": {"start": [z, *_]}}:
            return int(z)
        case _:
            return int(prompt["slice"])
