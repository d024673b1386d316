import numpy as np
import pytest

from inference_worker.simulate.time_fit import brush_work, fit_time, slice_seconds
from inference_worker.simulate.timing import Action, TimeModel, calibrated_time
from inference_worker.simulate.truth import Truth

MODEL = TimeModel(look_s=4.0, tracing_mm_per_s=10.0)


def test_seconds_add_up():
    actions = [Action("look"), Action("decide"), Action("point"), Action("press")]
    assert MODEL.seconds(actions) == pytest.approx(4.0 + 1.35 + 1.1 + 0.28)


def test_tracing_takes_its_length():
    assert MODEL.seconds([Action("trace", length=50)]) == pytest.approx(5.0)


def test_a_stroke_is_faster_where_there_is_room_up_to_the_hand_s_own_speed():
    narrow, wide, vast = (MODEL.stroke_speed(room) for room in (1.0, 8.0, 500.0))
    assert narrow == MODEL.tracing_mm_per_s
    assert narrow < wide < vast == MODEL.drawing_mm_per_s


def test_the_committed_calibration_is_plausible():
    model = calibrated_time()
    assert 0.5 < model.look_s < 10
    assert 2 < model.tracing_mm_per_s < 60


def test_the_fit_finds_the_speed_that_makes_the_minutes():
    labels = np.zeros((4, 64, 64), np.uint8)
    for index in range(4):
        labels[index, 10 : 40 + index, 10:40] = 1
    work = brush_work(Truth(labels, [1]), [0, 1, 2, 3], "case")
    assert work.manual[2] > work.copied[2] > 0
    model = fit_time({"ct": work, "mr": work}, 4 / 256)
    minutes = [
        slice_seconds(model, work.manual) * slices / 60 for slices in (84, 104, 70)
    ]
    reported = [63.0, 84.0, 57.0]
    assert np.mean(minutes) == pytest.approx(np.mean(reported), rel=0.05)
