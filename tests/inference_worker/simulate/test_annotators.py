import numpy as np
import pytest

from inference_worker.contract.prompts import (
    Box,
    Click,
    ExtremePoints,
    Paint,
    Scribble,
)
from inference_worker.simulate.annotators import Reader
from inference_worker.simulate.styles import Boxes, Brush, Clicks, Scribbles
from inference_worker.simulate.truth import Truth, mean_dice


@pytest.fixture
def labels() -> np.ndarray:
    labels = np.zeros((3, 96, 96), np.uint8)
    y, x = np.mgrid[:96, :96]
    labels[1][(y - 40) ** 2 + (x - 30) ** 2 < 400] = 1
    labels[1][60:80, 60:90] = 2
    labels[2, 10:14, 10:14] = 1
    return labels


def reader(labels, style, **options) -> Reader:
    return Reader(Truth(labels, [1, 2]), "case", style, **options)


def test_the_same_sight_gets_the_same_marks(labels):
    nothing = np.zeros((96, 96), np.uint8)
    first, second = (reader(labels, Scribbles(), seed=5) for _ in range(2))
    assert first.correct(nothing, 1, 2) == second.correct(nothing, 1, 2)


def test_another_turn_or_seed_draws_otherwise(labels):
    nothing = np.zeros((96, 96), np.uint8)
    drawn = {
        (seed, turn): reader(labels, Scribbles(), seed=seed).correct(nothing, 1, turn)
        for seed in (0, 1)
        for turn in (0, 1)
    }
    assert len({repr(c.prompts) for c in drawn.values()}) == 4


def test_every_label_that_is_missing_is_marked_in_one_interaction(labels):
    nothing = np.zeros((96, 96), np.uint8)
    for seed in range(8):
        marked = reader(labels, Scribbles(), seed=seed).correct(nothing, 1, 0)
        assert {p.label for p in marked.prompts} == {1, 2}


def test_a_small_object_that_is_missing_is_not_left_for_later(labels):
    labels[1, 80:84, 10:14] = 2
    labels[1, 60:80, 60:90] = 0
    nothing = np.zeros((96, 96), np.uint8)
    marked = reader(labels, Scribbles(), seed=1).correct(nothing, 1, 0)
    assert {p.label for p in marked.prompts} == {1, 2}


def test_a_small_error_of_a_large_object_is_left_for_later(labels):
    shown = labels[1].copy()
    shown[shown == 2] = 0
    shown[40:44, 30:34] = 0
    marked = reader(labels, Scribbles(), seed=1).correct(shown, 1, 0)
    assert {p.label for p in marked.prompts} == {2}


def test_marks_name_the_true_label_of_what_is_wrong(labels):
    shown = labels[1].copy()
    shown[shown == 2] = 1
    shown[0:8, 80:96] = 2
    for seed in range(6):
        prompts = reader(labels, Clicks(per_turn=2), seed=seed).correct(shown, 1, 0)
        assert {p.label for p in prompts.prompts} == {0, 2}


def test_a_reader_is_satisfied_at_the_target_or_when_nothing_can_be_seen(labels):
    looking = reader(labels, Clicks())
    assert not looking.satisfied(np.zeros((96, 96), np.uint8), 1, 0.5)
    nearly = labels[1].copy()
    nearly[60, 60:64] = 0
    assert looking.satisfied(nearly, 1, 0.95)
    assert looking.satisfied(labels[1], 1, 1.0)


def test_a_stray_label_on_an_empty_slice_does_not_satisfy(labels):
    shown = np.zeros((96, 96), np.uint8)
    shown[20:40, 20:40] = 2
    assert not reader(labels, Clicks()).satisfied(shown, 0, 0.9)


def test_nothing_is_marked_where_nothing_is_wrong(labels):
    assert reader(labels, Scribbles()).correct(labels[1], 1, 0).prompts == ()


def test_boxes_come_first_and_clicks_follow(labels):
    nothing = np.zeros((96, 96), np.uint8)
    first = reader(labels, Boxes()).correct(nothing, 1, 0).prompts
    assert [type(p) for p in first] == [Box, Box]
    assert [p.label for p in first] == [1, 2]
    later = reader(labels, Boxes()).correct(nothing, 1, 1).prompts
    assert [type(p) for p in later] == [Click]
    extreme = reader(labels, Boxes(extreme=True)).correct(nothing, 1, 0).prompts
    assert [type(p) for p in extreme] == [ExtremePoints, ExtremePoints]


def test_the_brush_puts_one_error_right_a_turn(labels):
    painting = reader(labels, Brush())
    shown = np.zeros((96, 96), np.uint8)
    (paint,) = painting.correct(shown, 1, 0).prompts
    assert isinstance(paint, Paint)
    assert set(np.unique(paint.labels[paint.where])) == {1}


def test_finishing_by_hand_reaches_the_target(labels):
    painting = reader(labels, Scribbles())
    shown = np.zeros((96, 96), np.uint8)
    (paint,) = painting.finish(shown, 1, 0.95).prompts
    window = paint.region.slices[1:]
    shown[window][paint.where[0]] = paint.labels[0][paint.where[0]]
    assert mean_dice(shown, labels[1]) >= 0.95


def test_a_slice_full_of_specks_is_outlined_anew(labels):
    shown = labels[1].copy()
    shown[::3, ::3] = 3 - np.maximum(shown[::3, ::3], 1)
    finishing = reader(labels, Scribbles()).finish(shown, 1, 0.99)
    outlining = reader(labels, Scribbles()).finish(np.zeros_like(shown), 1, 1.0)
    assert len(finishing.actions) == len(outlining.actions)
    (paint,) = finishing.prompts
    assert (paint.labels[0] == labels[1]).all()
    assert paint.where.all()
    assert finishing.voxels == (shown != labels[1]).sum()


def test_a_reader_of_volumes_goes_to_the_largest_error(labels):
    looking = reader(labels, Clicks())
    index, correction = looking.correct_volume(np.zeros_like(labels), (1, 1, 1), {})
    assert index == 1
    (click,) = correction.prompts
    assert labels[click.voxel] == click.label


def test_every_stroke_is_accounted_for_in_actions(labels):
    correction = reader(labels, Scribbles()).correct(np.zeros((96, 96), np.uint8), 1, 0)
    strokes = [p for p in correction.prompts if isinstance(p, Scribble)]
    drawn = [a for a in correction.actions if a.kind == "draw"]
    assert len(strokes) == len(drawn) == len(correction.prompts)
