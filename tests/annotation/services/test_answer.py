"""Answers are stored in the log's order, under its fence, and only then told."""

from uuid import uuid4

import numpy as np
import pytest

from annotation.selectors.draft import draft_labels, draft_read
from annotation.services.answer import (
    Outcome,
    canvas_store,
    prediction_store,
    progress_tell,
    session_warm,
    turn_fail,
)
from annotation.services.turn import turn_redo, turn_take, turn_undo
from annotation.storage import write_json
from inference_worker.contract.geometry import Region
from inference_worker.contract.wire import pack_mask

CLICK = {"kind": "click", "label": 1, "voxel": [1, 2, 3]}

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(session, reader, sent, told, valkey, django_capture_on_commit_callbacks):
    """A session whose worker is this test."""
    return Bench(session, reader, sent, told, django_capture_on_commit_callbacks)


class Bench:
    def __init__(self, session, reader, sent, told, commits):
        self.session, self.reader, self.sent, self.told = session, reader, sent, told
        self.commits = commits

    def take(self):
        with self.commits(execute=True):
            turn = turn_take(
                user=self.reader,
                session_id=self.session.pk,
                id=uuid4(),
                prompts=[CLICK],
            )
        self.session.refresh_from_db()
        return turn

    def change(self, service):
        with self.commits(execute=True):
            service(user=self.reader, session_id=self.session.pk, request=uuid4())
        self.session.refresh_from_db()
        self.told.clear()

    def report(self, **given):
        return {
            "session": str(self.session.pk),
            "fence": self.session.fence,
            "worker": "w",
            "sent_at": 1.0,
            "times": {"queue_s": 0.1, "load_s": 0.2, "compute_s": 0.3},
        } | given

    def predict(self, turn, label=1, *, patient=True, region=None, **given):
        region = region or Region((1, 0, 0), (2, 4, 4))
        report = {
            "turn": str(turn.pk),
            "seq": turn.seq,
            "log_digest": turn.log_digest,
            "stage": "first",
            "number": 0,
            "final": True,
            "slices": [pack_mask(region, np.full(region.shape, label, np.uint8))],
            "quality": {"1": 0.5},
        }
        with self.commits(execute=True):
            outcome = prediction_store(
                report=self.report(**report | given), received_at=1.0, patient=patient
            )
        self.session.refresh_from_db()
        return outcome

    def paint(self, turn, label, **given):
        region = Region((2, 0, 0), (3, 32, 48))
        report = {
            "log_digest": turn.log_digest if turn else "",
            "slices": [pack_mask(region, np.full(region.shape, label, np.uint8))],
        }
        with self.commits(execute=True):
            outcome = canvas_store(
                report=self.report(**report | given), received_at=1.0
            )
        self.session.refresh_from_db()
        return outcome

    def fail(self, turn, code):
        error = {"code": code, "message": "No.", "extra": {}}
        with self.commits(execute=True):
            outcome = turn_fail(report=self.report(turn=str(turn.pk), error=error))
        turn.refresh_from_db()
        self.session.refresh_from_db()
        return outcome


def test_a_prediction_is_stored_then_told_with_its_version(bench):
    turn = bench.take()
    assert bench.predict(turn) is Outcome.STORED
    labels = draft_labels(session=bench.session)
    assert labels[1, :4, :4].all()
    assert labels.sum() == 16
    (message,) = bench.told
    assert message["type"] == "prediction"
    assert message["version"] == bench.session.draft_version == 1
    turn.refresh_from_db()
    assert turn.answered_at is not None
    assert turn.stages["compute_s"] == 0.3


def test_a_turn_knows_which_slices_of_it_have_arrived(bench):
    turn = bench.take()
    bench.predict(turn, final=False, quality=None)
    bench.predict(turn, number=1, final=False, slices=[], quality={"4": 0.5})
    turn.refresh_from_db()
    assert turn.stages["arrived"] == [1, 4]


def test_the_draft_knows_the_quality_of_the_newest_mask(bench):
    bench.predict(bench.take(), quality={"1": 0.5})
    assert draft_read(session=bench.session)["quality"] == {"1": 0.5}
    bench.predict(bench.take(), quality=None)
    assert draft_read(session=bench.session)["quality"] == {}


def test_regions_are_written_over_what_was_there(bench):
    turn = bench.take()
    bench.predict(turn, 1, final=False)
    bench.predict(turn, 2, number=1, region=Region((1, 2, 2), (2, 6, 6)))
    labels = draft_labels(session=bench.session)[1]
    assert (labels[0, 0], labels[3, 3], labels[5, 5], labels[7, 7]) == (1, 2, 2, 0)


def test_an_answer_under_an_older_fence_is_dropped(bench):
    turn = bench.take()
    assert bench.predict(turn, fence=bench.session.fence - 1) is Outcome.DROPPED
    assert bench.told == []
    assert bench.session.draft_version == 0


def test_an_answer_to_another_log_is_dropped(bench):
    first, second = bench.take(), bench.take()
    bench.predict(first)
    bench.change(turn_undo)
    assert bench.predict(second) is Outcome.DROPPED
    bench.change(turn_redo)
    assert bench.predict(second, log_digest="0" * 64) is Outcome.DROPPED


def test_a_report_that_comes_twice_is_stored_once(bench):
    turn = bench.take()
    bench.predict(turn)
    assert bench.predict(turn) is Outcome.DROPPED
    assert bench.session.draft_version == 1


def test_an_answer_waits_for_the_turn_before_it(bench):
    first, second = bench.take(), bench.take()
    assert bench.predict(second) is Outcome.EARLY
    bench.predict(first)
    assert bench.predict(second) is Outcome.STORED


def test_a_lost_answer_is_asked_for_again(bench):
    _, second = bench.take(), bench.take()
    bench.sent.clear()
    assert bench.predict(second, patient=False) is Outcome.DROPPED
    (again,) = bench.sent
    assert again.message["answer_from"] == 1
    assert len(again.message["log"]["turns"]) == 2


def test_a_final_answer_mends_what_was_lost_before_it(bench):
    turn = bench.take()
    assert bench.predict(turn, number=3, final=False) is Outcome.EARLY
    assert bench.predict(turn, number=4) is Outcome.STORED


def test_a_canvas_replaces_the_whole_draft(bench):
    first, second = bench.take(), bench.take()
    bench.predict(first)
    bench.predict(second)
    bench.change(turn_undo)
    assert bench.session.canvas_wanted
    assert bench.paint(first, 2) is Outcome.STORED
    labels = draft_labels(session=bench.session)
    assert (labels[2] == 2).all()
    assert not labels[1].any()
    assert not bench.session.canvas_wanted
    assert bench.told[-1]["type"] == "canvas"
    assert "upto" in bench.told[-1]
    assert bench.told[-1]["undone"] == [str(second.pk)]


def test_a_canvas_of_a_log_that_is_gone_is_dropped(bench):
    first = bench.take()
    bench.predict(first)
    bench.change(turn_undo)
    assert bench.paint(first, 2) is Outcome.DROPPED
    assert bench.paint(None, 2, slices=[]) is Outcome.STORED
    assert not draft_labels(session=bench.session).any()


def test_an_answer_waits_for_the_canvas_before_it(bench):
    first = bench.take()
    second = bench.take()
    bench.predict(first)
    bench.predict(second)
    bench.change(turn_undo)
    third = bench.take()
    assert bench.predict(third) is Outcome.EARLY
    bench.paint(first, 2)
    assert bench.predict(third) is Outcome.STORED


def test_an_old_canvas_does_not_take_back_a_newer_answer(bench):
    first, second = bench.take(), bench.take()
    bench.predict(first)
    bench.predict(second)
    assert bench.paint(first, 2) is Outcome.DROPPED


def test_what_the_engine_refuses_leaves_the_log_and_the_reader_is_told(bench):
    turn = bench.take()
    bench.fail(turn, "prompt:not-taken")
    assert turn.state == "discarded"
    assert turn.error["code"] == "prompt:not-taken"
    assert bench.session.log_digest == ""
    assert [message["type"] for message in bench.told] == ["error", "log"]


def test_what_breaks_is_tried_three_times_and_then_undone(bench):
    turn = bench.take()
    bench.sent.clear()
    for _ in range(2):
        bench.fail(turn, "engine:failed")
        assert turn.state == "active"
    assert len(bench.sent) == 2
    bench.fail(turn, "engine:failed")
    assert turn.state == "undone"
    assert bench.told[0]["error"]["code"] == "engine:failed"
    bench.change(turn_redo)
    turn.refresh_from_db()
    assert (turn.state, turn.error) == ("active", None)


def test_an_old_cancellation_does_not_fail_a_turn_that_is_wanted_again(bench, valkey):
    turn = bench.take()
    assert bench.fail(turn, "session:cancelled") is Outcome.DROPPED
    assert turn.state == "active"
    assert bench.session.attempts == 0


def test_a_cold_worker_is_sent_the_whole_log_under_the_same_fence(bench):
    first = bench.take()
    bench.predict(first)
    bench.take()
    fence = bench.session.fence
    bench.sent.clear()
    session_warm(report=bench.report())
    (message,) = bench.sent
    assert message.holder == "w"
    assert message.message["fence"] == fence
    assert message.message["log"]["base"] == ""
    assert message.message["answer_from"] == 2


def test_progress_is_told_under_the_present_fence_only(bench):
    turn = bench.take()
    report = bench.report(turn=str(turn.pk), fraction=0.5, stage="replay")
    assert progress_tell(report=report) is Outcome.STORED
    assert progress_tell(report=report | {"fence": 0}) is Outcome.DROPPED
    assert bench.told == [
        {"type": "progress", "turn": str(turn.pk), "fraction": 0.5, "stage": "replay"}
    ]


def test_a_large_answer_is_read_from_the_store(bench, file_store):
    turn = bench.take()
    region = Region((1, 0, 0), (2, 32, 48))
    key = f"answers/{bench.session.pk}/x.json"
    write_json(key, {"slices": [pack_mask(region, np.ones(region.shape, np.uint8))]})
    assert bench.predict(turn, slices=[], answer_key=key) is Outcome.STORED
    assert draft_labels(session=bench.session)[1].all()


def test_nothing_is_stored_in_a_submitted_session(bench):
    turn = bench.take()
    bench.session.state = "submitted"
    bench.session.save()
    assert bench.predict(turn) is Outcome.DROPPED
