"""Sessions: opened once per assignment, saved as often as wished, submitted once."""

from __future__ import annotations

import secrets
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone

from annotation import queue, storage
from annotation.access import access_assignment, access_session
from annotation.models import Assignment, MaskRevision, Session, User
from annotation.models.assignment import AssignmentState, CarryPolicy
from annotation.models.session import SessionState
from annotation.models.turn import TurnState
from annotation.selectors.draft import draft_labels
from annotation.services.audit import audit_record
from annotation.services.log import log_waiting, session_check_open
from inference_worker.contract.catalog import ENGINES
from inference_worker.contract.errors import AccessRefused, SessionRefused
from inference_worker.contract.weights import weights_digest


@transaction.atomic
def session_open(
    *, user: User, assignment_id: UUID | str, resume: bool = True
) -> Session:
    """Open the assignment's session, or come back to the one that is open.

    Raises
    ------
    AccessRefused, SessionRefused
        ``session:already-open-elsewhere`` for anybody but its reader, and for the
        reader who asked not to ``resume``; ``session:submitted``;
        ``session:engine-not-offered`` where the project keeps to others.
    """
    assignment = access_assignment(user=user, id=assignment_id)
    # One at a time: two tabs that open together get the same session.
    Assignment.objects.select_for_update().get(pk=assignment.pk)
    known = assignment.sessions.filter(state=SessionState.OPEN).first()
    if assignment.reader_id != user.pk:
        _refuse_visitor(known)
    if known is not None:
        if not resume:
            raise _already_open(known)
        session, action = known, "session:resumed"
    else:
        if assignment.state == AssignmentState.SUBMITTED:
            raise SessionRefused(
                "submitted",
                "This case has been submitted; ask the lead to assign it again.",
            )
        session, action = _new_session(assignment), "session:opened"
    audit_record(
        actor=user,
        action=action,
        subject=f"session:{session.pk}",
        data={
            "assignment": str(assignment.pk),
            "engine": session.engine,
            "weights_digest": session.weights_digest,
            "carry_digest": session.carry_digest,
        },
    )
    return session


def session_save(*, user: User, session_id: UUID | str) -> MaskRevision:
    """Keep the mask as it is now; the same mask of the same log is kept once."""
    with transaction.atomic():
        session = access_session(user=user, id=session_id, write=True, lock=True)
        session_check_open(session=session)
        last = session.revisions.order_by("number").last()
        if last and (last.draft_version, last.log_digest) == (
            session.draft_version,
            session.log_digest,
        ):
            return last
        return _new_revision(session, user, submitted=False)


def session_submit(*, user: User, session_id: UUID | str) -> MaskRevision:
    """Hand the case in: its last revision; submitted again, the same one is answered.

    Raises
    ------
    SessionRefused
        ``session:still-working`` while a mark is not answered: the mask would not be
        what the log explains. What is only learned or looked at need not be waited for.
    """
    with transaction.atomic():
        session = access_session(user=user, id=session_id, write=True, lock=True)
        if session.state == SessionState.SUBMITTED:
            return session.revisions.get(submitted=True)
        _check_answered(session)
        revision = _new_revision(session, user, submitted=True)
        _close(session)
        return revision


def _new_session(assignment: Assignment) -> Session:
    arm, project = assignment.arm, assignment.volume.project
    if not project.offers(arm.engine):
        raise SessionRefused(
            "engine-not-offered",
            "This project no longer offers the engine of this case; ask its lead.",
            engine=arm.engine,
        )
    session = Session(
        assignment=assignment,
        engine=arm.engine,
        weights=arm.weights,
        weights_digest=weights_digest(arm.weights),
        config=arm.config,
        seed=secrets.randbits(31),
    )
    giver = _carry_giver(assignment)
    if giver is not None:
        session.carry_key, session.carry_digest = giver.left_key, giver.left_digest
    session.save(force_insert=True)
    return session


def _carry_giver(assignment: Assignment) -> Session | None:
    """The session whose carry this one starts from, by the arm's policy."""
    policy = assignment.arm.carry_policy
    if policy == CarryPolicy.FRESH:
        return None
    given = Session.objects.filter(
        assignment__arm=assignment.arm, state=SessionState.SUBMITTED
    ).exclude(left_key="")
    if policy == CarryPolicy.PER_ANNOTATOR:
        given = given.filter(assignment__reader=assignment.reader)
    return given.order_by("closed_at").last()


def _new_revision(session: Session, user: User, *, submitted: bool) -> MaskRevision:
    number = session.revisions.count() + 1
    key = storage.revision_key(session.pk, number)
    volume = session.assignment.volume
    digest = storage.write_arrays(
        key,
        {
            "labels": draft_labels(session=session),
            "affine": np.asarray(volume.affine, dtype=np.float64),
        },
    )
    active = session.turns.filter(state=TurnState.ACTIVE).order_by("seq")
    revision = MaskRevision.objects.create(
        session=session,
        number=number,
        key=key,
        digest=digest,
        submitted=submitted,
        engine=session.engine,
        weights_digest=session.weights_digest,
        carry_digest=session.carry_digest,
        draft_version=session.draft_version,
        log=[
            {
                "id": str(turn.pk),
                "seq": turn.seq,
                "prompts": turn.prompts,
                "answered": turn.answered_at is not None,
            }
            for turn in active
        ],
        log_digest=session.log_digest,
        saved_by=user,
    )
    audit_record(
        actor=user,
        action="session:submitted" if submitted else "session:saved",
        subject=f"session:{session.pk}",
        data={
            "revision": number,
            "mask_sha256": digest,
            "log_digest": session.log_digest,
        },
    )
    return revision


def _close(session: Session) -> None:
    spec = ENGINES.get(session.engine)
    keeps = session.assignment.arm.carry_policy != CarryPolicy.FRESH
    learnt = bool(spec and spec.learns and session.log_digest)
    session.state = SessionState.SUBMITTED
    session.closed_at = timezone.now()
    session.carry_wanted = keeps and learnt
    session.canvas_wanted = False
    session.attempts = 0
    session.save()
    assignment = session.assignment
    assignment.state = AssignmentState.SUBMITTED
    assignment.submitted_at = session.closed_at
    assignment.save(update_fields=["state", "submitted_at"])
    queue.session_send_on_commit(session_id=session.pk)


def _check_answered(session: Session) -> None:
    marks = [
        turn
        for turn in log_waiting(session=session)
        if any(prompt["kind"] not in ("visit", "accept") for prompt in turn.prompts)
    ]
    if marks or session.canvas_wanted:
        raise SessionRefused(
            "still-working",
            "The model is still answering; submit again in a moment.",
            turns=[str(turn.pk) for turn in marks],
        )


def _refuse_visitor(known: Session | None) -> None:
    if known is not None:
        raise _already_open(known)
    raise AccessRefused(
        "read-only", "Only the reader of this case may open it; you may look."
    )


def _already_open(known: Session) -> SessionRefused:
    return SessionRefused(
        "already-open-elsewhere",
        "This case is open already; there is one session at a time.",
        session=str(known.pk),
    )
