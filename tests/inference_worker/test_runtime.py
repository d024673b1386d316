"""What a worker answers to messages, seen from the web side."""

from pathlib import Path

import numpy as np
import pytest

from inference_worker.contract import names
from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import (
    Accept,
    Click,
    Paint,
    Propagate,
    Scribble,
    Visit,
)
from inference_worker.contract.store import voxels_path
from inference_worker.work import Policy
from tests.inference_worker.webside import (
    Outbox,
    Registry,
    WebSide,
    make_runtime,
    store_volume,
)

STROKE = Scribble(1, ((1, 2, 2), (1, 2, 7)), width=3)


@pytest.fixture
def web(tmp_path: Path) -> WebSide:
    return WebSide(tmp_path, store_volume(tmp_path, "ct"))


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def runtime(tmp_path: Path, outbox: Outbox, registry: Registry):
    return make_runtime(tmp_path, outbox=outbox, registry=registry)


def replayed(tmp_path: Path, web: WebSide) -> np.ndarray:
    """The draft of the same log, taken in one go by a worker that knows nothing."""
    outbox = Outbox()
    fresh = make_runtime(
        tmp_path / "elsewhere", outbox=outbox, registry=Registry(), worker="fresh"
    )
    (tmp_path / "elsewhere").mkdir(exist_ok=True)
    if not (tmp_path / "elsewhere" / "volumes").exists():
        (tmp_path / "elsewhere" / "volumes").symlink_to(web.root / "volumes")
    twin = WebSide(tmp_path / "elsewhere", "ct", session=web.session)
    twin.header, twin.turns = web.header, [dict(turn) for turn in web.turns]
    twin.canvas_due = True
    twin.exchange(fresh, outbox, twin.tell_all())
    return twin.draft


def test_predictions_arrive_numbered_and_the_last_is_final(runtime, outbox, web):
    runtime.take_turns(web.take(Visit(0), STROKE))
    answers = outbox.named(names.PREDICTION_ARRIVED)
    assert [answer["number"] for answer in answers] == [0, 1, 2, 3]
    assert [answer["final"] for answer in answers] == [False, False, False, True]
    assert [answer["stage"] for answer in answers] == ["first"] * 2 + ["refined"] * 2
    assert {answer["log_digest"] for answer in answers} == {web.digest}
    assert answers[-1]["quality"] == {"0": 0.5, "1": 0.5}
    assert set(answers[-1]["times"]) == {"queue_s", "load_s", "compute_s"}


def test_a_lost_prediction_is_mended_by_the_final_one(runtime, outbox, web):
    runtime.take_turns(web.take(Visit(0), STROKE))
    for body in outbox.named(names.PREDICTION_ARRIVED):
        if body["final"]:
            web.report(names.PREDICTION_ARRIVED, body)
    session = next(iter(runtime.sessions))
    np.testing.assert_array_equal(web.draft, session.canvas.labels())


def test_a_warm_session_needs_only_the_new_turn(runtime, outbox, web, tmp_path):
    for prompt in (Visit(1), STROKE, Click(3, (1, 9, 9)), Accept(1)):
        web.exchange(runtime, outbox, web.take(prompt))
    assert web.draft.any()
    np.testing.assert_array_equal(web.draft, replayed(tmp_path, web))


def test_a_cold_worker_asks_for_the_whole_log(runtime, outbox, web):
    web.take(STROKE)
    runtime.take_turns(web.take(Visit(2)))
    (cold,) = outbox.named(names.SESSION_COLD)
    assert cold == {"session": web.session, "fence": 1, "worker": "one"}


def test_turns_answered_before_are_replayed_in_silence(runtime, outbox, web):
    web.take(STROKE)
    web.answered.add(web.turns[0]["id"])
    second = web.take(Visit(2))["log"]["turns"][0]["id"]
    runtime.take_turns(web.tell_all())
    assert {a["turn"] for a in outbox.named(names.PREDICTION_ARRIVED)} == {second}


def test_undo_shows_the_canvas_of_the_shorter_log(runtime, outbox, web, tmp_path):
    for prompt in (STROKE, Accept(1), Visit(2)):
        web.exchange(runtime, outbox, web.take(prompt))
    before = web.draft.copy()
    web.exchange(runtime, outbox, web.take(Click(3, (2, 5, 5))))
    assert not np.array_equal(web.draft, before)
    web.exchange(runtime, outbox, web.undo())
    np.testing.assert_array_equal(web.draft, before)
    np.testing.assert_array_equal(web.draft, replayed(tmp_path, web))


def test_redo_shows_what_was_undone(runtime, outbox, web):
    for prompt in (STROKE, Click(3, (2, 5, 5))):
        web.exchange(runtime, outbox, web.take(prompt))
    before = web.draft.copy()
    web.exchange(runtime, outbox, web.undo())
    web.exchange(runtime, outbox, web.undo())
    assert not web.draft.any()
    web.exchange(runtime, outbox, web.redo())
    web.exchange(runtime, outbox, web.redo())
    np.testing.assert_array_equal(web.draft, before)


def test_a_short_undo_replays_nothing(runtime, outbox, web):
    for index in range(4):
        web.exchange(runtime, outbox, web.take(Click(1, (index, 3, 3))))
    session = next(iter(runtime.sessions))
    steps = []
    take = session.engine.step
    session.engine.step = lambda *args: steps.append(args) or take(*args)
    for _ in range(3):
        web.exchange(runtime, outbox, web.undo())
    assert steps == []


def test_a_message_that_comes_twice_is_answered_twice_and_taken_once(
    runtime, outbox, web, tmp_path
):
    web.exchange(runtime, outbox, web.take(Visit(1)))
    message = web.take(STROKE)
    web.exchange(runtime, outbox, message)
    runtime.take_turns(message)
    (again,) = outbox.named(names.PREDICTION_ARRIVED)
    assert (again["stage"], again["final"]) == ("again", True)
    web.draft[:] = 99
    web.report(names.PREDICTION_ARRIVED, again)
    changed = web.draft != 99
    np.testing.assert_array_equal(web.draft[changed], replayed(tmp_path, web)[changed])
    assert changed[1, 2, 2]


def test_a_turn_whose_changes_are_forgotten_is_computed_again(
    tmp_path, outbox, registry, web
):
    policy = Policy(snapshot_turns=1)
    one = make_runtime(tmp_path, outbox=outbox, registry=registry, policy=policy)
    for prompt in (STROKE, Click(3, (1, 9, 9))):
        web.exchange(one, outbox, web.take(prompt))
    shown, web.fence = web.draft.copy(), 2
    two = make_runtime(tmp_path, outbox=outbox, registry=registry, worker="two")
    two.take_turns(web.ask_canvas() | web.tell_all())
    outbox.reports.clear()
    web.answered, web.canvas_due = set(), False
    web.draft[:] = 0
    web.exchange(two, outbox, web.tell_all())
    assert not web.failed
    np.testing.assert_array_equal(web.draft, shown)


def test_a_late_message_does_not_take_the_session_back(runtime, outbox, web, tmp_path):
    late = web.take(STROKE)
    web.exchange(runtime, outbox, late)
    web.exchange(runtime, outbox, web.take(Click(3, (1, 9, 9))))
    runtime.take_turns(late)
    assert next(iter(runtime.sessions)).log.digest == web.digest
    web.exchange(runtime, outbox, web.take(Visit(2)))
    np.testing.assert_array_equal(web.draft, replayed(tmp_path, web))


def test_a_message_under_an_old_fence_is_not_worked_on(runtime, outbox, registry, web):
    registry.of("two").claim(web.session, 5)
    runtime.take_turns(web.take(STROKE))
    assert not outbox.reports


def test_a_message_for_another_workers_session_is_passed_on(
    runtime, outbox, registry, web
):
    registry.of("two").claim(web.session, 1)
    message = web.take(STROKE)
    runtime.take_turns(message)
    assert not outbox.reports
    assert outbox.passed_on == [(names.TAKE_TURNS, message, "two")]


def test_a_worker_that_lost_its_session_stops_in_the_middle(
    runtime, outbox, registry, web
):
    def lose(task, body):
        Outbox.report(outbox, task, body)
        registry.leases[web.session] = (2, "two")

    outbox.report = lose
    runtime.take_turns(web.take(STROKE, Visit(2), Visit(3)))
    assert len(outbox.named(names.PREDICTION_ARRIVED)) == 1
    assert len(runtime.sessions) == 0


def test_the_final_answer_rates_every_slice_of_its_turn(runtime, outbox, web):
    runtime.take_turns(web.take(Propagate(1)))
    answers = outbox.named(names.PREDICTION_ARRIVED)
    assert len(answers) > 2
    rated = {z for answer in answers[:-1] for z in answer["quality"] or {}}
    assert set(answers[-1]["quality"]) >= rated
    assert len(rated) > 1


def test_a_cancelled_turn_never_happened(runtime, outbox, registry, web, tmp_path):
    web.exchange(runtime, outbox, web.take(Visit(1)))
    message = web.take(STROKE, Propagate(1))
    turn = message["log"]["turns"][0]["id"]

    def cancel(task, body):
        Outbox.report(outbox, task, body)
        registry.cancelled[web.session] = turn

    outbox.report = cancel
    runtime.take_turns(message)
    (failed,) = outbox.named(names.TURN_FAILED)
    assert failed["turn"] == turn
    assert failed["error"]["code"] == "session:cancelled"
    assert len(outbox.named(names.PREDICTION_ARRIVED)) == 1

    del outbox.report
    while outbox.reports:
        web.report(*outbox.reports.popleft())
    web.exchange(runtime, outbox, web.ask_canvas())
    np.testing.assert_array_equal(web.draft, replayed(tmp_path, web))


def test_a_turn_cancelled_during_the_replay_before_it_is_the_one_that_fails(
    runtime, outbox, registry, web
):
    web.take(STROKE)
    web.answered.add(web.turns[0]["id"])
    cancelled = web.take(Visit(2))["log"]["turns"][0]["id"]
    registry.cancelled[web.session] = cancelled
    runtime.take_turns(web.tell_all())
    (failed,) = outbox.named(names.TURN_FAILED)
    assert failed["turn"] == cancelled
    assert failed["error"]["code"] == "session:cancelled"


def test_a_broken_engine_fails_the_turn_and_keeps_the_session(
    tmp_path, outbox, registry, runtime
):
    key = store_volume(tmp_path, "ct")
    web = WebSide(tmp_path, key, config={"fails_on": 2})
    web.exchange(runtime, outbox, web.take(STROKE))
    broken = web.take(Visit(2))
    web.exchange(runtime, outbox, broken)
    assert web.failed == {broken["log"]["turns"][0]["id"]: "engine:failed"}
    web.exchange(runtime, outbox, web.take(Visit(3)))
    np.testing.assert_array_equal(web.draft, replayed(tmp_path, web))


def test_an_altered_volume_is_refused(runtime, outbox, web, tmp_path):
    path = voxels_path(tmp_path, "ct")
    path.write_bytes(path.read_bytes()[:-2] + b"xx")
    message = web.take(STROKE)
    web.exchange(runtime, outbox, message)
    turn = message["log"]["turns"][0]["id"]
    assert web.failed == {turn: "store:volume-altered"}


def test_an_unreadable_message_is_left_alone(runtime, outbox, web):
    runtime.take_turns({"session": web.session})
    assert not outbox.reports


def test_marks_and_paint_stand_whatever_the_engine_says(tmp_path, outbox, registry):
    key = store_volume(tmp_path, "ct")
    web = WebSide(tmp_path, key, config={"forgets": True})
    runtime = make_runtime(tmp_path, outbox=outbox, registry=registry)
    where = np.zeros((1, 4, 5), bool)
    where[0, 1:3, 1:4] = True
    paint = Paint(Region((1, 6, 2), (2, 10, 7)), where.astype(np.uint8) * 3, where)
    for prompt in (STROKE, paint, Click(0, (1, 2, 2)), Accept(1), Visit(1)):
        web.exchange(runtime, outbox, web.take(prompt))
    assert (web.draft[1, 7:9, 3:6] == 3).all()
    assert (web.draft[1, 1:4, 3:7] == 1).all()
    assert web.draft[1, 2, 2] == 0


def test_a_large_answer_goes_by_the_store(runtime, outbox, web, tmp_path, monkeypatch):
    monkeypatch.setattr(names, "MESSAGE_BYTES_MAX", 50)
    web.exchange(runtime, outbox, web.take(STROKE))
    web.take(Visit(2))
    runtime.take_turns(web.tell_all())
    final = outbox.named(names.PREDICTION_ARRIVED)[-1]
    assert final["slices"] == []
    assert (tmp_path / final["answer_key"]).is_file()
    while outbox.reports:
        web.report(*outbox.reports.popleft())
    np.testing.assert_array_equal(web.draft, replayed(tmp_path, web))


def test_progress_is_told_when_a_step_takes_its_time(tmp_path, outbox, registry):
    web = WebSide(tmp_path, store_volume(tmp_path, "ct"), config={"delay_s": 0.12})
    runtime = make_runtime(tmp_path, outbox=outbox, registry=registry)
    runtime.take_turns(web.take(Visit(0), Visit(1)))
    reports = outbox.named(names.TURN_PROGRESS)
    assert reports
    assert all(0 < report["fraction"] < 1 for report in reports)


def test_states_are_stored_and_found_again(tmp_path, outbox, registry, web):
    policy = Policy(snapshot_turns=2)
    one = make_runtime(tmp_path, outbox=outbox, registry=registry, policy=policy)
    for index in range(4):
        web.exchange(one, outbox, web.take(Click(1, (index, 3, 3))))
    assert [snapshot["seq"] for snapshot in web.snapshots] == [2, 4]
    web.fence = 2
    two = make_runtime(tmp_path, outbox=outbox, registry=registry, worker="two")
    web.exchange(two, outbox, web.take(STROKE))
    session = next(iter(two.sessions))
    assert session.log.digest == web.digest
    assert len(session.changed) == 1
    np.testing.assert_array_equal(web.draft, replayed(tmp_path, web))


def test_an_accepted_slice_is_stored_at_once(runtime, outbox, web):
    web.exchange(runtime, outbox, web.take(STROKE))
    assert web.snapshots == []
    web.exchange(runtime, outbox, web.take(Accept(1), Visit(2)))
    assert [snapshot["seq"] for snapshot in web.snapshots] == [2]


def test_too_many_sessions_put_the_oldest_to_sleep(tmp_path, outbox, registry, web):
    runtime = make_runtime(tmp_path, outbox=outbox, registry=registry, sessions_max=1)
    web.exchange(runtime, outbox, web.take(STROKE))
    other = WebSide(tmp_path, "ct", seed=8)
    runtime.take_turns(other.take(STROKE))
    assert [session.header.session for session in runtime.sessions] == [other.session]
    assert web.session not in registry.leases
    (stored,) = outbox.take(names.SNAPSHOT_SAVED)
    assert (stored["session"], stored["seq"]) == (web.session, 1)
    web.fence += 1
    web.exchange(runtime, outbox, web.take(Visit(2)))
    np.testing.assert_array_equal(web.draft, replayed(tmp_path, web))


def test_closing_keeps_what_was_learned_and_nothing_else(
    tmp_path, runtime, outbox, registry, web
):
    for prompt in (STROKE, Accept(1)):
        web.exchange(runtime, outbox, web.take(prompt))
    closing = {**web.header, "fence": 1, "carry": True}
    runtime.close_session(closing)
    (saved,) = outbox.take(names.CARRY_SAVED)
    assert len(runtime.sessions) == 0
    assert web.session not in registry.leases
    assert not (tmp_path / "snapshots" / web.session).exists()

    fresh, carried = (
        WebSide(tmp_path, "ct", carry_key=key) for key in (None, saved["key"])
    )
    for side in (fresh, carried):
        side.exchange(runtime, outbox, side.take(Visit(0)))
    assert not np.array_equal(fresh.draft, carried.draft)


def test_closing_a_cold_session_asks_for_its_log(runtime, outbox, web):
    web.take(STROKE)
    closing = {**web.header, "fence": 1, "carry": True}
    runtime.close_session(closing)
    assert outbox.take(names.SESSION_COLD)
    told = {"base": "", "turns": web.log}
    runtime.close_session({**closing, "log": told})
    assert outbox.take(names.CARRY_SAVED)


def test_a_session_that_left_nothing_says_so(tmp_path, runtime, outbox):
    key = store_volume(tmp_path, "ct")
    web = WebSide(tmp_path, key, config={"fails_on": 1})
    web.take(STROKE)
    told = {"base": "", "turns": web.log}
    runtime.close_session({**web.header, "fence": 1, "carry": True, "log": told})
    (saved,) = outbox.take(names.CARRY_SAVED)
    assert (saved["key"], saved["sha256"]) == ("", "")


def test_a_missing_carry_fails_the_first_turn(tmp_path, runtime, outbox):
    key = store_volume(tmp_path, "ct")
    web = WebSide(tmp_path, key, carry_key="carries/none.safetensors")
    message = web.take(STROKE)
    web.exchange(runtime, outbox, message)
    assert list(web.failed.values()) == ["store:carry-missing"]


def test_a_worker_that_goes_stores_its_sessions(runtime, outbox, registry, web):
    web.exchange(runtime, outbox, web.take(STROKE))
    runtime.put_to_sleep()
    assert outbox.take(names.SNAPSHOT_SAVED)
    assert not registry.leases
