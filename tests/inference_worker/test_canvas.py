"""A canvas shows the reader's word first, and forks without sharing."""

import json

import numpy as np
import pytest

from inference_worker.canvas import Canvas, join_regions, painted_slices
from inference_worker.contract.engine import Prediction
from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import (
    Click,
    ExtremePoints,
    Lasso,
    Paint,
    Scribble,
    Visit,
)
from inference_worker.contract.wire import unpack_mask

SHAPE = (3, 10, 8)


@pytest.fixture
def canvas() -> Canvas:
    return Canvas(SHAPE)


def everywhere(value: int, index: int = 1) -> Prediction:
    region = Region.of_slice(index, SHAPE)
    return Prediction(region, np.full(region.shape, value, np.uint8))


def paint(value: int) -> Paint:
    region = Region((1, 2, 2), (2, 5, 6))
    where = np.zeros(region.shape, bool)
    where[0, 1] = True
    return Paint(region, np.full(region.shape, value, np.uint8), where)


def test_a_prediction_replaces_its_region_and_nothing_else(canvas):
    canvas.show(everywhere(2))
    region = Region((1, 3, 3), (2, 6, 5))
    canvas.show(Prediction(region, np.full(region.shape, 1, np.uint8)))
    labels = canvas.labels()
    assert (labels[region.slices] == 1).all()
    assert (labels == 1).sum() == 6
    assert (labels[1] == 2).sum() == 80 - 6
    assert not labels[[0, 2]].any()


def test_a_prediction_in_three_dimensions_is_shown_on_every_slice(canvas):
    region = Region((0, 1, 1), (3, 4, 4))
    labels = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    canvas.show(Prediction(region, labels))
    np.testing.assert_array_equal(canvas.labels()[region.slices], labels)


@pytest.mark.parametrize(
    "mark",
    [
        Scribble(3, ((1, 4, 1), (1, 4, 6)), width=3),
        Click(3, (1, 4, 4)),
        Lasso(3, ((1, 2, 2), (1, 2, 6), (1, 6, 4))),
        paint(3),
        Click(0, (1, 4, 4)),
    ],
    ids=["scribble", "click", "lasso", "paint", "background"],
)
def test_no_prediction_changes_what_the_reader_said(canvas, mark):
    canvas.show(everywhere(1))
    canvas.say([mark])
    said = canvas.labels()[1] != 1
    assert said.any()
    canvas.show(everywhere(2))
    assert (
        canvas.labels()[1][said] == (mark.label if hasattr(mark, "label") else 3)
    ).all()
    assert (canvas.labels()[1][~said] == 2).all()


def test_points_across_the_slices_are_shown_on_each(canvas):
    points = ((0, 4, 4), (2, 4, 4), (1, 4, 1), (1, 4, 7))
    canvas.say([ExtremePoints(3, points)])
    canvas.show(everywhere(1))
    assert {tuple(voxel) for voxel in np.argwhere(canvas.labels() == 3)} == {*points}


def test_the_last_thing_said_stands(canvas):
    canvas.say([paint(3), Click(1, (1, 3, 4)), Visit(1)])
    assert canvas.labels()[1, 3, 2:6].tolist() == [3, 3, 1, 3]
    canvas.say([paint(2)])
    assert canvas.labels()[1, 3, 2:6].tolist() == [2, 2, 2, 2]


def test_paint_of_background_erases(canvas):
    canvas.show(everywhere(1))
    canvas.say([paint(0)])
    canvas.show(everywhere(1))
    assert not canvas.labels()[1, 3, 2:6].any()


def test_a_turn_of_paint_alone_leaves_the_rest_of_its_slices(canvas):
    canvas.show(everywhere(1))
    turn = [paint(3)]
    canvas.say(turn)
    canvas.show(everywhere(2), but=painted_slices(turn))
    assert canvas.labels()[1, 0, 0] == 1
    assert canvas.labels()[1, 3, 2] == 3
    assert painted_slices(turn) == {1}
    assert painted_slices([paint(3), Visit(1)]) == frozenset()


def test_a_fork_goes_its_own_way(canvas):
    canvas.show(everywhere(1))
    fork = canvas.fork()
    fork.say([Click(2, (1, 0, 0))])
    fork.show(everywhere(3, index=2))
    assert (canvas.labels()[1] == 1).all()
    assert not canvas.labels()[2].any()
    assert fork.labels()[1, 0, 0] == 2


def test_changes_are_the_smallest_box_of_each_slice(canvas):
    before = canvas.fork()
    canvas.show(everywhere(0))
    assert canvas.changes(before) == []
    canvas.say([Click(1, (1, 3, 2)), Click(1, (1, 5, 6)), Click(2, (2, 9, 7))])
    assert canvas.changes(before) == [
        Region((1, 3, 2), (2, 6, 7)),
        Region((2, 9, 7), (3, 10, 8)),
    ]


def test_packed_regions_hold_what_is_shown(canvas):
    canvas.say([Click(1, (1, 3, 2)), Click(3, (1, 5, 6))])
    ((region, labels),) = (
        unpack_mask(packed) for packed in canvas.pack([Region((1, 3, 2), (2, 6, 7))])
    )
    np.testing.assert_array_equal(labels, canvas.labels()[region.slices])
    ((whole, _),) = (unpack_mask(packed) for packed in canvas.pack_all())
    assert whole == Region.of_slice(1, SHAPE)


def test_a_packed_slice_is_packed_again_when_it_changes(canvas):
    canvas.show(everywhere(1))
    first = canvas.pack_all()
    assert canvas.fork().pack_all()[0] is first[0]
    fork = canvas.fork()
    fork.say([Click(3, (1, 0, 0))])
    for each in (fork, canvas, fork):
        ((region, labels),) = (unpack_mask(packed) for packed in each.pack_all())
        np.testing.assert_array_equal(labels, each.labels()[region.slices])


def test_a_stored_canvas_remembers_what_was_said(canvas):
    canvas.show(everywhere(1))
    canvas.say([paint(0), Click(3, (1, 9, 7))])
    woken = Canvas.from_json(json.loads(json.dumps(canvas.to_json())))
    np.testing.assert_array_equal(woken.labels(), canvas.labels())
    for each in (canvas, woken):
        each.show(everywhere(2))
    np.testing.assert_array_equal(woken.labels(), canvas.labels())


@pytest.mark.parametrize(
    "prediction",
    [
        Prediction(Region((2, 0, 0), (4, 2, 2)), np.zeros((2, 2, 2), np.uint8)),
        Prediction(Region((0, 0, 0), (1, 2, 2)), np.zeros((1, 2, 3), np.uint8)),
        Prediction(Region((0, 0, 0), (1, 2, 2)), np.zeros((1, 2, 2), np.int64)),
    ],
    ids=["outside", "shape", "dtype"],
)
def test_an_impossible_prediction_is_refused(canvas, prediction):
    with pytest.raises(ValueError, match=r"leaves the volume|is uint8|is int64"):
        canvas.show(prediction)


def test_boxes_of_one_slice_are_joined():
    one, two = Region((1, 2, 2), (2, 4, 4)), Region((1, 0, 3), (2, 3, 9))
    other = Region((0, 5, 5), (1, 6, 6))
    assert join_regions([one], [two, other]) == [other, Region((1, 0, 2), (2, 4, 9))]
