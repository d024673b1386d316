"""Turns: taken once and never lost; undone, redone, and unlearnt by the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from annotation import leases, queue
from annotation.access import access_session
from annotation.broadcast import session_tell
from annotation.models import Session, Turn, User
from annotation.models.turn import LogChangeKind, TurnState
from annotation.selectors.session import session_geometry
from annotation.selectors.turn import turn_rows
from annotation.services.audit import audit_record
from annotation.services.log import (
    log_append,
    log_drop,
    log_exchange,
    log_note,
    log_restore,
    session_check_open,
)
from annotation.wire import malformed
from inference_worker.contract.catalog import ENGINES
from inference_worker.contract.errors import (
    EngineFailed,
    MessageError,
    SessionRefused,
)
from inference_worker.contract.geometry import Geometry
from inference_worker.contract.prompts import Prompt, Visit
from inference_worker.contract.shortening import shortened
from inference_worker.contract.validation import check_prompts
from inference_worker.contract.wire import prompt_from_json, prompt_to_json

PROMPTS_MAX = 1000
"""Prompts of one turn; more is a broken client, not a reader."""


@transaction.atomic
def turn_take(*, user: User, session_id: UUID | str, id: UUID, prompts: Any) -> Turn:
    """Append a turn to the log; returned means committed once the caller's atomic ends.

    Everything is checked before anything is written, because the log is replayed whole.
    The same id again answers the same.

    Raises
    ------
    AccessRefused, SessionRefused (``session:submitted``), PromptError, MessageError
        (``message:malformed``, ``message:turn-id-reused``).
    """
    if not isinstance(prompts, list) or len(prompts) > PROMPTS_MAX:
        raise malformed(f"a turn holds a list of at most {PROMPTS_MAX} prompts")
    session = access_session(user=user, id=session_id, write=True, lock=True)
    geometry = session_geometry(session=session)
    parsed = _read_prompts(prompts, geometry)
    body = [prompt_to_json(prompt) for prompt in parsed]
    if (known := Turn.objects.filter(pk=id).first()) is not None:
        return _the_same(known, session, body)
    session_check_open(session=session)
    _check_prompts(session, geometry, parsed)
    turn = Turn(
        id=id,
        session=session,
        prompts=body,
        only_visits=all(isinstance(prompt, Visit) for prompt in parsed),
    )
    log_append(session=session, turn=turn)
    queue.session_send_on_commit(session_id=session.pk)
    audit_record(
        actor=user,
        action="turn:taken",
        subject=f"turn:{turn.pk}",
        data={
            "session": str(session.pk),
            "seq": turn.seq,
            "prompts_sha256": _sha256(body),
            "log_digest": turn.log_digest,
        },
    )
    return turn


def turn_undo(*, user: User, session_id: UUID | str, request: UUID) -> None:
    """Take the latest active turn that is not only a look out of the log."""
    _change(user, session_id, LogChangeKind.UNDO, request)


def turn_back(
    *, user: User, session_id: UUID | str, turn_id: UUID, request: UUID
) -> None:
    """Undo every mark after a turn, the newest first: redo brings them back in order.

    They are undone together or not at all; with none after it, nothing happens.
    """
    with transaction.atomic():
        session = access_session(user=user, id=session_id, write=True, lock=True)
        undo = LogChangeKind.UNDO
        if not session.log_changes.filter(request=request, kind=undo).exists():
            _undo_after(session, _turn_of(session, turn_id), user, request)
    log_tell(session=session, request=request)


def _undo_after(session: Session, turn: Turn, user: User, request: UUID) -> None:
    session_check_open(session=session)
    marks = session.turns.filter(state=TurnState.ACTIVE, only_visits=False)
    later = list(marks.filter(seq__gt=turn.seq).order_by("-seq"))
    for place, mark in enumerate(later):
        # The first one stands for all of them: sent twice, none is undone twice.
        named = request if place == 0 else None
        _change_and_note(session, mark, LogChangeKind.UNDO, user, named)
    if later:
        queue.session_send_on_commit(session_id=session.pk)


def turn_redo(*, user: User, session_id: UUID | str, request: UUID) -> None:
    """Bring back what was undone last."""
    _change(user, session_id, LogChangeKind.REDO, request)


def turn_remove(
    *, user: User, session_id: UUID | str, turn_id: UUID, request: UUID
) -> None:
    """Take one turn out of the log, wherever it stands: the model unlearns it."""
    _change(user, session_id, LogChangeKind.REMOVE, request, turn_id)


def turn_cancel(*, user: User, session_id: UUID | str, turn_id: UUID) -> None:
    """Give up a turn that is being answered; one that is answered stays."""
    _change(user, session_id, LogChangeKind.CANCEL, turn_id, turn_id)


def turn_stop(
    *, user: User, session_id: UUID | str, turn_id: UUID, request: UUID
) -> None:
    """End a propagation where it is, and keep the slices that have arrived.

    A step is done whole or not at all, and the log must bring back what is shown. So
    a turn with the id ``request``, which propagates just so far, takes the place of
    the one that is given up; where nothing has arrived, none does.
    """
    _once(
        user,
        session_id,
        LogChangeKind.STOP,
        request,
        turn_id,
        lambda session, turn: _stop(session, turn, user, request),
    )


def _stop(session: Session, turn: Turn, user: User, request: UUID) -> None:
    prompts = shortened(turn.prompts, turn.stages.get("arrived", ()))
    if prompts == turn.prompts:
        return
    _later(lambda: leases.turn_abandon(session=session.pk, turn=turn.pk))
    if prompts:
        shorter = Turn(id=request, session=session, prompts=prompts)
        log_exchange(session=session, turn=turn, shorter=shorter)
    else:
        log_drop(session=session, turn=turn, state=TurnState.DISCARDED)
    kind = LogChangeKind.STOP
    log_note(session=session, turn=turn, kind=kind, request=request)
    queue.session_send_on_commit(session_id=session.pk)
    audit_record(
        actor=user,
        action=f"turn:{kind}",
        subject=f"turn:{turn.pk}",
        data={
            "session": str(session.pk),
            "instead": str(request) if prompts else None,
            "prompts_sha256": _sha256(prompts),
            "log_digest": session.log_digest,
        },
    )


def _change(
    user: User,
    session_id: UUID | str,
    kind: LogChangeKind,
    request: UUID,
    turn_id: UUID | None = None,
) -> None:
    def change(session: Session, turn: Turn) -> None:
        _change_and_note(session, turn, kind, user, request)
        queue.session_send_on_commit(session_id=session.pk)

    _once(user, session_id, kind, request, turn_id, change)


def _change_and_note(
    session: Session, turn: Turn, kind: LogChangeKind, user: User, request: UUID | None
) -> None:
    _change_turn(session, turn, kind)
    log_note(session=session, turn=turn, kind=kind, request=request)
    audit_record(
        actor=user,
        action=f"turn:{kind}",
        subject=f"turn:{turn.pk}",
        data={"session": str(session.pk), "log_digest": session.log_digest},
    )


def _once(
    user: User,
    session_id: UUID | str,
    kind: LogChangeKind,
    request: UUID,
    turn_id: UUID | None,
    change: Callable[[Session, Turn], None],
) -> None:
    """Do it once, then tell all tabs the log as it is, whether or not it changed."""
    with transaction.atomic():
        session = access_session(user=user, id=session_id, write=True, lock=True)
        done = session.log_changes.filter(request=request, kind=kind).exists()
        turn = None if done else _turn_to_change(session, kind, turn_id)
        if turn is not None:
            change(session, turn)
    log_tell(session=session, request=request)


def _turn_to_change(
    session: Session, kind: LogChangeKind, turn_id: UUID | None
) -> Turn | None:
    session_check_open(session=session)
    turns = session.turns.all()
    match kind:
        case LogChangeKind.UNDO:
            marks = turns.filter(state=TurnState.ACTIVE, only_visits=False)
            return marks.order_by("seq").last() or _refuse_nothing("undo")
        case LogChangeKind.REDO:
            undone = turns.filter(state=TurnState.UNDONE)
            return undone.order_by("undone_at").last() or _refuse_nothing("redo")
        case _:
            turn = _turn_of(session, turn_id)
            given_up = kind in (LogChangeKind.CANCEL, LogChangeKind.STOP)
            over = given_up and turn.answered_at is not None
            return None if over or turn.state != TurnState.ACTIVE else turn


def _turn_of(session: Session, id: UUID | None) -> Turn:
    turn = session.turns.filter(pk=id).first()
    if turn is None:
        raise SessionRefused(
            "no-such-turn", "This mark is not in this case.", turn=str(id)
        )
    return turn


def _change_turn(session: Session, turn: Turn, kind: LogChangeKind) -> None:
    if kind == LogChangeKind.REDO:
        log_restore(session=session, turn=turn)
        _later(lambda: leases.turn_want(session=session.pk))
        return
    if turn.answered_at is None:
        _later(lambda: leases.turn_abandon(session=session.pk, turn=turn.pk))
    gone = kind == LogChangeKind.CANCEL
    log_drop(
        session=session,
        turn=turn,
        state=TurnState.DISCARDED if gone else TurnState.UNDONE,
    )


def _later(job: Callable[[], None]) -> None:
    """After the commit, before anything is sent to the workers."""
    transaction.on_commit(lambda: queue.later(job))


def log_tell(*, session: Session, request: UUID | None = None) -> None:
    """Tell all tabs the log as it is stored, and which ``request`` that answers."""
    turns = turn_rows(session=session)
    answered = None if request is None else str(request)
    session_tell(
        session=session.pk,
        message={"type": "log", "turns": turns, "request": answered},
    )


def _read_prompts(prompts: Sequence[Any], geometry: Geometry) -> list[Prompt]:
    for prompt in prompts:
        if isinstance(prompt, Mapping) and prompt.get("kind") == "paint":
            # Before it is unpacked: its size is the sender's claim.
            for name in ("region", "where"):
                _check_extent(prompt.get(name), geometry)
    return [prompt_from_json(prompt) for prompt in prompts]


def _check_extent(packed: Any, geometry: Geometry) -> None:
    stop = packed.get("stop") if isinstance(packed, Mapping) else None
    if (
        isinstance(stop, list)
        and len(stop) == 3
        and all(isinstance(i, int) for i in stop)
    ):
        geometry.check_voxels([max(i - 1, 0) for i in stop])


def _check_prompts(
    session: Session, geometry: Geometry, prompts: Sequence[Prompt]
) -> None:
    spec = ENGINES.get(session.engine)
    if spec is None:
        raise EngineFailed(
            "unknown", f"The engine “{session.engine}” is no longer offered."
        )
    project = session.assignment.volume.project
    labels = project.labels.values_list("value", flat=True)
    check_prompts(prompts, spec=spec, geometry=geometry, labels=labels)


def _the_same(turn: Turn, session: Session, body: list[dict[str, Any]]) -> Turn:
    if turn.session_id != session.pk or turn.prompts != body:
        raise MessageError(
            "turn-id-reused",
            "This id belongs to another turn; give each turn an id of its own.",
            turn=str(turn.pk),
        )
    return turn


def _refuse_nothing(verb: str) -> Turn:
    raise SessionRefused(f"nothing-to-{verb}", f"There is nothing to {verb}.")


def _sha256(body: Any) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
