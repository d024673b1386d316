"""Sessions are opened once, pinned, saved unchangeably and submitted once."""

from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from django.db import InternalError, ProgrammingError, transaction
from django.utils import timezone

from annotation.models import AuditEvent, DraftSlice, MaskRevision, Session
from annotation.services.keepsake import carry_keep
from annotation.services.session import session_open, session_save, session_submit
from annotation.services.turn import turn_take
from annotation.storage import digest_of, path_of, read_arrays
from inference_worker.contract import names
from inference_worker.contract.errors import SlicewiseError
from inference_worker.contract.geometry import Region
from inference_worker.contract.wire import pack_mask
from tests.factories import (
    AFFINE,
    SHAPE,
    ArmFactory,
    AssignmentFactory,
    MembershipFactory,
    SessionFactory,
    UserFactory,
    VolumeFactory,
)

CLICK = {"kind": "click", "label": 1, "voxel": [1, 2, 3]}

pytestmark = pytest.mark.django_db


def refused(function, **given):
    with pytest.raises(SlicewiseError) as refusal:
        function(**given)
    return refusal.value


def test_opening_pins_what_the_arm_says():
    assignment = AssignmentFactory(arm__config={"steps": 3})
    session = session_open(user=assignment.reader, assignment_id=assignment.pk)
    assert (session.engine, session.config) == ("geodesic", {"steps": 3})
    assert (session.fence, session.draft_version, session.log_digest) == (0, 0, "")
    event = AuditEvent.objects.get()
    assert (event.action, event.subject) == (
        "session:opened",
        f"session:{session.pk}",
    )


def test_the_reader_comes_back_to_the_open_session():
    assignment = AssignmentFactory()
    first = session_open(user=assignment.reader, assignment_id=assignment.pk)
    again = session_open(user=assignment.reader, assignment_id=assignment.pk)
    assert first == again
    assert Session.objects.count() == 1
    assert AuditEvent.objects.last().action == "session:resumed"


def test_a_second_session_of_an_assignment_is_refused():
    assignment = AssignmentFactory()
    first = session_open(user=assignment.reader, assignment_id=assignment.pk)
    error = refused(
        session_open,
        user=assignment.reader,
        assignment_id=assignment.pk,
        resume=False,
    )
    assert error.code == "session:already-open-elsewhere"
    assert error.extra == {"session": str(first.pk)}
    assert Session.objects.count() == 1


def test_a_lead_opens_nothing():
    assignment = AssignmentFactory()
    lead = MembershipFactory(project=assignment.volume.project).user
    error = refused(session_open, user=lead, assignment_id=assignment.pk)
    assert error.code == "access:read-only"
    session_open(user=assignment.reader, assignment_id=assignment.pk)
    error = refused(session_open, user=lead, assignment_id=assignment.pk)
    assert error.code == "session:already-open-elsewhere"


def test_a_submitted_assignment_is_not_opened_again():
    assignment = AssignmentFactory(state="submitted")
    error = refused(session_open, user=assignment.reader, assignment_id=assignment.pk)
    assert error.code == "session:submitted"


def test_weights_that_are_not_installed_are_refused():
    assignment = AssignmentFactory(arm__engine="continual", arm__weights="no-such")
    error = refused(session_open, user=assignment.reader, assignment_id=assignment.pk)
    assert error.code == "weights:unknown"
    assert not Session.objects.exists()


@pytest.fixture
def drawn(session, reader, sent, told, valkey, file_store):
    """A session whose second slice shows label 2, and one answered turn."""
    turn = turn_take(user=reader, session_id=session.pk, id=uuid4(), prompts=[CLICK])
    turn.answered_at = timezone.now()
    turn.save()
    region = Region.of_slice(1, SHAPE)
    DraftSlice.objects.create(
        session=session,
        index=1,
        version=1,
        packed=pack_mask(region, np.full(region.shape, 2, np.uint8)),
    )
    Session.objects.filter(pk=session.pk).update(draft_version=1)
    session.refresh_from_db()
    return session


def test_a_saved_mask_is_a_file_that_the_log_explains(drawn, reader):
    revision = session_save(user=reader, session_id=drawn.pk)
    arrays = read_arrays(revision.key, revision.digest)
    assert arrays["labels"].shape == SHAPE
    assert (arrays["labels"][1] == 2).all()
    assert arrays["labels"].sum() == 2 * arrays["labels"][1].size
    assert np.array_equal(arrays["affine"], AFFINE)
    assert [turn["prompts"] for turn in revision.log] == [[CLICK]]
    assert revision.log_digest == drawn.log_digest
    assert (revision.number, revision.submitted) == (1, False)
    assert AuditEvent.objects.last().data["mask_sha256"] == digest_of(revision.key)


def test_the_same_mask_is_saved_once(drawn, reader):
    first = session_save(user=reader, session_id=drawn.pk)
    assert session_save(user=reader, session_id=drawn.pk) == first
    Session.objects.filter(pk=drawn.pk).update(draft_version=2)
    assert session_save(user=reader, session_id=drawn.pk).number == 2


def test_a_revision_cannot_be_changed_or_removed(drawn, reader):
    session_save(user=reader, session_id=drawn.pk)
    for touch in (
        lambda: MaskRevision.objects.update(number=5),
        lambda: MaskRevision.objects.all().delete(),
    ):
        with (
            pytest.raises((InternalError, ProgrammingError), match="Cannot"),
            transaction.atomic(),
        ):
            touch()


def test_submitting_closes_the_session_and_its_assignment(
    drawn, reader, sent, valkey, django_capture_on_commit_callbacks
):
    valkey.set(names.lease_key(drawn.pk), f"{drawn.fence}:one")
    valkey.set(names.heartbeat_key("one"), "{}")
    with django_capture_on_commit_callbacks(execute=True):
        revision = session_submit(user=reader, session_id=drawn.pk)
    drawn.refresh_from_db()
    drawn.assignment.refresh_from_db()
    assert revision.submitted
    assert (drawn.state, drawn.assignment.state) == ("submitted", "submitted")
    assert drawn.closed_at == drawn.assignment.submitted_at
    assert (sent[-1].task, sent[-1].holder) == (names.CLOSE_SESSION, "one")
    assert sent[-1].message["carry"] is False


def test_submitting_again_answers_the_same(drawn, reader):
    first = session_submit(user=reader, session_id=drawn.pk)
    assert session_submit(user=reader, session_id=drawn.pk) == first
    error = refused(session_save, user=reader, session_id=drawn.pk)
    assert error.code == "session:submitted"


def test_a_mark_that_is_not_answered_is_waited_for(drawn, reader):
    turn = turn_take(user=reader, session_id=drawn.pk, id=uuid4(), prompts=[CLICK])
    error = refused(session_submit, user=reader, session_id=drawn.pk)
    assert error.code == "session:still-working"
    assert error.extra == {"turns": [str(turn.pk)]}
    assert not path_of(f"revisions/{drawn.pk}/1.npz").exists()
    assert session_save(user=reader, session_id=drawn.pk).log[-1]["answered"] is False


def test_an_accepted_slice_need_not_be_learnt_before_submitting(drawn, reader):
    accept = [{"kind": "accept", "slice": 1}, {"kind": "visit", "slice": 2}]
    turn_take(user=reader, session_id=drawn.pk, id=uuid4(), prompts=accept)
    assert session_submit(user=reader, session_id=drawn.pk).submitted


def submitted(arm, reader, key, hours_ago=1):
    volume = VolumeFactory(project=arm.project)
    return SessionFactory(
        assignment=AssignmentFactory(volume=volume, arm=arm, reader=reader),
        state="submitted",
        closed_at=timezone.now() - timedelta(hours=hours_ago),
        left_key=key,
        left_digest=key and "d" * 64,
    )


@pytest.mark.parametrize(
    ("policy", "starts_from"),
    [("fresh", ""), ("per-annotator", "mine/new"), ("per-project", "theirs")],
)
def test_the_arm_s_policy_says_whose_carry_a_session_starts_from(policy, starts_from):
    arm = ArmFactory(carry_policy=policy)
    reader, colleague = UserFactory(), UserFactory()
    submitted(arm, reader, "mine/old", hours_ago=4)
    submitted(arm, reader, "mine/new", hours_ago=3)
    submitted(arm, colleague, "theirs", hours_ago=2)
    submitted(arm, reader, "", hours_ago=1)
    submitted(ArmFactory(project=arm.project), reader, "of-another-arm")
    volume = VolumeFactory(project=arm.project)
    assignment = AssignmentFactory(volume=volume, arm=arm, reader=reader)
    session = session_open(user=reader, assignment_id=assignment.pk)
    assert session.carry_key == starts_from
    assert session.carry_digest == ("d" * 64 if starts_from else "")


def test_what_was_learnt_is_asked_for_and_kept(
    drawn, reader, sent, django_capture_on_commit_callbacks
):
    arm = drawn.assignment.arm
    arm.carry_policy = "per-annotator"
    arm.save()
    Session.objects.filter(pk=drawn.pk).update(engine="continual")
    with django_capture_on_commit_callbacks(execute=True):
        session_submit(user=reader, session_id=drawn.pk)
    message = sent[-1].message
    assert message["carry"] is True
    assert len(message["log"]["turns"]) == 1
    report = {"session": str(drawn.pk), "key": "carries/a", "sha256": "e" * 64}
    carry_keep(report=report)
    carry_keep(report=report | {"key": "carries/late"})
    drawn.refresh_from_db()
    assert (drawn.left_key, drawn.left_digest) == ("carries/a", "e" * 64)
    assert not drawn.carry_wanted
