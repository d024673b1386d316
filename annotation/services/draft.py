"""The draft mask: stored with every answer, so that a reader comes back to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from annotation.models import DraftSlice, Session, Turn
from inference_worker.contract.geometry import Region
from inference_worker.contract.wire import pack_mask, unpack_mask

Packed = Mapping[str, Any]


def draft_merge(
    *,
    session: Session,
    turn: Turn,
    slices: Iterable[Packed],
    quality: Mapping[str, float] | None,
) -> None:
    """Write regions over the draft; the session must be locked and is saved after."""
    shape = session.assignment.volume.shape
    session.draft_version += 1
    changed = _by_slice(slices)
    held = {
        row.index: row
        for row in session.draft_slices.filter(index__in=changed).defer("turn")
    }
    rows = []
    for index, parts in changed.items():
        packed = parts[-1] if _fills(parts[-1], shape) else None
        if packed is None:
            under = held[index].packed if index in held else None
            packed = _written_over(under, parts, index, shape)
        rows.append(
            DraftSlice(
                session=session,
                index=index,
                packed=packed,
                version=session.draft_version,
                turn=turn,
                quality=(quality or {}).get(str(index)),
            )
        )
    _store(rows)


def draft_replace(*, session: Session, slices: Iterable[Packed]) -> None:
    """Put a whole label map in the draft's place; slices not named are empty."""
    shape = session.assignment.volume.shape
    session.draft_version += 1
    rows = [
        DraftSlice(
            session=session,
            index=index,
            packed=_written_over(None, parts, index, shape),
            version=session.draft_version,
        )
        for index, parts in _by_slice(slices).items()
    ]
    session.draft_slices.exclude(index__in=[row.index for row in rows]).delete()
    _store(rows)


def _store(rows: list[DraftSlice]) -> None:
    DraftSlice.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["session", "index"],
        update_fields=["packed", "version", "turn", "quality"],
        batch_size=200,
    )


def _by_slice(slices: Iterable[Packed]) -> dict[int, list[dict[str, Any]]]:
    """Packed regions of one slice each, in order; one of several slices is cut."""
    found: dict[int, list[dict[str, Any]]] = {}
    for packed in slices:
        first, stop = packed["start"][0], packed["stop"][0]
        if stop - first == 1:
            found.setdefault(first, []).append(dict(packed))
            continue
        region, labels = unpack_mask(packed)
        for offset, part in enumerate(region.each_slice()):
            one = pack_mask(part, labels[offset : offset + 1])
            found.setdefault(first + offset, []).append(one)
    return found


def _fills(packed: Packed, shape: list[int]) -> bool:
    return packed["start"][1:] == [0, 0] and packed["stop"][1:] == shape[1:]


def _written_over(
    under: Packed | None, parts: list[dict[str, Any]], index: int, shape: list[int]
) -> dict[str, Any]:
    """A whole packed slice: ``parts`` in order over what was there."""
    whole = Region.of_slice(index, shape)
    if under is not None:
        labels = unpack_mask(under)[1].copy()
    else:
        labels = np.zeros(whole.shape, dtype=np.uint8)
    for packed in parts:
        region, values = unpack_mask(packed)
        _, rows, columns = region.slices
        labels[:, rows, columns] = values
    return pack_mask(whole, labels)
