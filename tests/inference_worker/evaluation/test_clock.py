import pytest

from inference_worker.evaluation.clock import Clock, StepTimes
from inference_worker.simulate.timing import Action, TimeModel

LOOK = [Action("look")]


def clock() -> Clock:
    return Clock(TimeModel(look_s=4.0, tracing_mm_per_s=10.0))


def test_looking_hides_what_the_machine_does_meanwhile():
    watch = clock()
    waited = watch.answer(StepTimes((("first", 0.5), ("better", 3.0)), 3.0), LOOK)
    assert waited == pytest.approx(0.5)
    assert (watch.user_s, watch.waiting_s, watch.machine_s) == (4.0, 0.5, 3.0)


def test_a_better_answer_that_is_later_than_the_look_is_waited_for():
    watch = clock()
    waited = watch.answer(StepTimes((("first", 0.5), ("better", 6.0)), 6.0), LOOK)
    assert waited == pytest.approx(0.5 + 1.5)


def test_learning_after_the_answer_delays_only_the_next_turn():
    watch = clock()
    assert watch.answer(StepTimes((("final", 1.0),), 9.0)) == pytest.approx(1.0)
    watch.act(LOOK)
    assert watch.now == pytest.approx(5.0)
    waited = watch.answer(StepTimes((("final", 1.0),), 1.0))
    assert waited == pytest.approx(9.0 - 5.0 + 1.0)
    assert watch.machine_s == pytest.approx(10.0)


def test_a_step_without_an_answer_is_waited_for_whole():
    assert clock().answer(StepTimes((), 2.0)) == pytest.approx(2.0)
