"""Mem3D carries the reader's slices on, leaves them alone, and rates the others."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from inference_worker import engines
from inference_worker.contract.engine import Label, Volume
from inference_worker.contract.errors import EngineFailed
from inference_worker.contract.geometry import Geometry, Region
from inference_worker.contract.prompts import (
    Accept,
    Box,
    Click,
    Paint,
    Propagate,
    Scribble,
    Visit,
)
from inference_worker.contract.shortening import shortened
from inference_worker.contract.wire import prompt_from_json
from inference_worker.engines.mem3d import ending, interaction, propagation
from inference_worker.engines.mem3d.ending import Ending, Look
from inference_worker.engines.mem3d.interaction import kind_of
from inference_worker.engines.mem3d.propagation import CELLS, Propagation
from inference_worker.engines.mem3d.region import (
    Square,
    cut,
    cut_guidance,
    cut_mask,
    guidance_of,
    pasted,
    reaches_edge,
    square_around,
)
from inference_worker.engines.mem3d.state import Crop
from inference_worker.evaluation.phantom import phantom
from tests.inference_worker.engines.cases import (
    LABELS,
    grey_volume,
    stroke,
    tiny_mem3d,
)


@pytest.fixture
def engine(weights):
    return engines.build("mem3d", weights=tiny_mem3d(weights))


def painted(z: int, label: int = 1) -> Paint:
    region = Region((z, 10, 6), (z + 1, 26, 22))
    return Paint(
        region, np.full((1, 16, 16), label, np.uint8), np.ones((1, 16, 16), bool)
    )


def take(engine, state, *prompts):
    return list(engine.step(state, prompts))


def everywhere(monkeypatch, value=5.0):
    """A memory network that finds its labels everywhere it looks, or nowhere."""
    segment = propagation.Mem3D.segment

    def constant(self, query, cells, size):
        answer = segment(self, query, cells, size)
        return replace(answer, logits=answer.logits * 0 + value)

    monkeypatch.setattr(propagation.Mem3D, "segment", constant)


def test_propagation_goes_both_ways_slice_by_slice_with_quality(engine, monkeypatch):
    everywhere(monkeypatch)
    state = engine.open(grey_volume(depth=7), LABELS)
    take(engine, state, painted(3))
    predictions = take(engine, state, Propagate(3))
    assert [p.region.start[0] for p in predictions] == [3, 4, 5, 6, 2, 1, 0]
    assert all(0 <= p.quality[p.region.start[0]] <= 1 for p in predictions)
    assert all((p.labels[0, 10:26, 6:22] == 1).all() for p in predictions)


@pytest.mark.parametrize(
    ("prompt", "slices"),
    [(Propagate(3, 1, 2), [3, 4, 5]), (Propagate(3, -1, 1), [3, 2])],
)
def test_direction_and_count_are_kept_to(engine, monkeypatch, prompt, slices):
    everywhere(monkeypatch)
    state = engine.open(grey_volume(depth=7), LABELS)
    take(engine, state, painted(3))
    found = [p.region.start[0] for p in take(engine, state, prompt)]
    assert found == slices


@pytest.mark.parametrize("stopped", range(1, 7))
def test_stopped_anywhere_it_is_the_walk_told_to_go_just_so_far(engine, stopped):
    asked = {"kind": "propagate", "slice": 3, "direction": 0, "count": None}

    def walked(*prompts):
        state = engine.open(grey_volume(depth=7), LABELS)
        take(engine, state, painted(3))
        found = {}
        for prediction in take(engine, state, *map(prompt_from_json, prompts)):
            index = prediction.region.start[0]
            found[index] = prediction.labels[0], prediction.quality[index]
        return found

    whole = walked(asked)
    arrived = list(whole)[: stopped + 1]
    shorter = walked(*shortened([asked], arrived))
    assert list(shorter) == arrived
    for index, (labels, quality) in shorter.items():
        np.testing.assert_array_equal(labels, whole[index][0])
        assert quality == whole[index][1]


def test_slices_of_the_reader_are_never_propagated_over(engine, monkeypatch):
    everywhere(monkeypatch)
    state = engine.open(grey_volume(depth=6), LABELS)
    take(engine, state, painted(1), painted(4))
    take(engine, state, Accept(2))
    before = {index: state.shown(index) for index in (1, 2, 4)}
    predictions = take(engine, state, Propagate(1, 1))
    assert [p.region.start[0] for p in predictions] == [1, 3, 5]
    for index, shown in before.items():
        np.testing.assert_array_equal(state.shown(index), shown)


def test_a_slice_is_left_alone_by_walks_from_farther_slices(engine, monkeypatch):
    everywhere(monkeypatch)
    state = engine.open(grey_volume(depth=12), LABELS)
    take(engine, state, painted(2))
    take(engine, state, Propagate(2))
    before = {index: state.shown(index) for index in range(12)}
    take(engine, state, painted(10))
    everywhere(monkeypatch, -5.0)
    found = [p.region.start[0] for p in take(engine, state, Propagate(10))]
    assert found == [10, 11, 9, 8, 7, 6]  # 6 lies between: the newest word counts
    for index in range(6):
        np.testing.assert_array_equal(state.shown(index), before[index])


def test_beyond_a_slice_without_the_label_it_goes_and_before_it_stays(
    engine, monkeypatch
):
    everywhere(monkeypatch)
    state = engine.open(grey_volume(depth=12), LABELS)
    take(engine, state, painted(2))
    take(engine, state, Propagate(2))
    take(engine, state, painted(8, label=0))
    whole = Region((8, 0, 0), (9, 40, 48))
    nothing = Paint(
        whole, np.zeros((1, 40, 48), np.uint8), np.ones((1, 40, 48), dtype=bool)
    )
    take(engine, state, nothing)
    take(engine, state, Accept(8))
    take(engine, state, Propagate(8))
    assert [state.shown(index).any() for index in range(12)] == [True] * 8 + [False] * 4


@pytest.mark.parametrize(
    ("source", "label", "width", "goes_on"),
    [(5, 0, 9, False), (5, 1, 9, True), (5, 0, 1, True), (2, 0, 9, True)],
    ids=["struck out", "marked", "trimmed", "the reader's own"],
)
def test_from_a_slice_where_it_was_struck_out_a_label_goes_nowhere_new(
    engine, monkeypatch, source, label, width, goes_on
):
    everywhere(monkeypatch)
    interact = interaction.Mem3D.interact

    def stubborn(self, kind, *parts):
        return interact(self, kind, *parts) * 0 + 5

    monkeypatch.setattr(interaction.Mem3D, "interact", stubborn)
    state = engine.open(grey_volume(depth=9), LABELS)
    take(engine, state, painted(2))
    take(engine, state, Propagate(2, 1, 3))
    ends = (source, 18, 8), (source, 18, 20)
    take(engine, state, Scribble(label, ends, width))
    state = engine.load(state.volume, LABELS, engine.save(state))
    assert state.shown(source).any()
    take(engine, state, Propagate(source, 1))
    shown = [bool(state.shown(index).any()) for index in range(9)]
    assert shown == [False] * 2 + [True] * 4 + [goes_on] * 3


def test_a_walk_ends_where_nothing_is_found_and_clears_what_lay_beyond(
    engine, monkeypatch
):
    state = engine.open(grey_volume(depth=14), LABELS)
    take(engine, state, painted(0))
    everywhere(monkeypatch)
    take(engine, state, Propagate(0, 1))
    everywhere(monkeypatch, -5.0)
    asked = []
    look = Propagation.look

    def counted(self, index, *told):
        asked.append(index)
        return look(self, index, *told)

    monkeypatch.setattr(Propagation, "look", counted)
    take(engine, state, Propagate(0, 1))
    assert asked == [1]
    assert not any(state.shown(index).any() for index in range(1, 14))


@pytest.mark.parametrize(
    ("looks", "ends"),
    [
        ([Look(90, 0.5, 0.1), Look(60, 0.48, 0.2), Look(30, 0.53, 0.1)], None),
        ([Look(90, 0.5, 0.1), Look(24, 0.5, 0.1)], 1),
        ([Look(90, 0.5, 0.1), None], 1),
        ([Look(99, 0.6, 0.1), Look(99, 0.5, 0.1), Look(99, 0.6, 0.1)], None),
        ([Look(99, 0.6, 0.1), Look(99, 0.4, 0.1), Look(99, 0.5, 0.1)], 1),
    ],
    ids=["shrinks", "too small", "empty", "odd once", "odd twice"],
)
def test_a_label_ends_where_it_is_small_or_looks_unlike_the_readers(looks, ends):
    walk = Ending({1: Look(100, 0.5, 0.1), 2: None})
    met = [walk.meet(1, look) for look in looks]
    assert (met.index(True) if any(met) else None) == ends
    assert not walk.meet(2, None)
    assert walk.ended == ({1} if any(met) else set())


def test_what_has_ended_does_not_begin_again_before_the_readers_next_slice(
    engine, monkeypatch
):
    """Label 1 is lost on slice 3; the reader shows it on slice 8, and label 3 nowhere
    beyond slice 0."""
    look = Propagation.look

    def scripted(self, index, memory, fates):
        seen = look(self, index, memory, fates)
        labels = np.zeros_like(seen.labels)
        for at, value in enumerate(self.values):
            if index != 3 and fates[at] == "taken":
                labels[10 + 8 * at : 18 + 8 * at, 6:22] = value
        return replace(seen, labels=labels)

    monkeypatch.setattr(Propagation, "look", scripted)
    monkeypatch.setattr(ending, "AREA_LEAST", 0.0)
    monkeypatch.setattr(ending, "AWAY_MOST", np.inf)
    for onward in (False, True):
        state = engine.open(grey_volume(depth=10), LABELS)
        both = painted(0)
        both.labels[:, 8:] = 3
        take(engine, state, both, *([painted(8)] if onward else []))
        take(engine, state, Propagate(0, 1))
        shown = [set(np.unique(state.shown(z)).tolist()) - {0} for z in range(10)]
        assert shown[:3] == [{1, 3}] * 3
        assert shown[3] == set()
        assert shown[4:8] == ([{1}] * 4 if onward else [set()] * 4)
        assert shown[9] == ({1} if onward else set())


def test_the_memory_is_bounded_however_long_the_walk(engine, monkeypatch):
    everywhere(monkeypatch)
    read, sizes = propagation.Mem3D.read, []

    def counted(self, query, cells):
        sizes.append(len(cells))
        return read(self, query, cells)

    monkeypatch.setattr(propagation.Mem3D, "read", counted)
    state = engine.open(grey_volume(depth=40), LABELS)
    take(engine, state, *(painted(z) for z in range(0, 40, 6)))
    take(engine, state, Propagate(18))
    assert max(sizes) == CELLS


def test_the_worst_slice_is_suggested_unless_it_was_accepted(engine, monkeypatch):
    everywhere(monkeypatch)
    state = engine.open(grey_volume(depth=5), LABELS)
    assert state.suggested() is None
    take(engine, state, painted(2))
    take(engine, state, Propagate(2))
    worst = state.suggested()
    assert state.quality[worst] == min(state.quality.values())
    take(engine, state, Accept(worst))
    assert state.suggested() != worst


def test_a_first_visit_is_answered_by_the_memory(engine, monkeypatch):
    everywhere(monkeypatch)
    state = engine.open(grey_volume(depth=4), LABELS)
    assert not take(engine, state, Visit(1))[0].labels.any()
    take(engine, state, painted(0))
    answer = take(engine, state, Visit(2))[0]
    assert (answer.labels[0, 10:26, 6:22] == 1).all()
    assert set(answer.quality) == {2}


def test_memory_can_be_switched_off_and_nothing_else(weights):
    engine = engines.build(
        "mem3d", weights=tiny_mem3d(weights), config={"memory": False}
    )
    state = engine.open(grey_volume(depth=4), LABELS)
    take(engine, state, painted(0))
    assert len(take(engine, state, Propagate(0, 1))) >= 1
    with pytest.raises(EngineFailed):
        engines.build("mem3d", weights=tiny_mem3d(weights), config={"steps": 2})


def test_the_kind_of_the_first_interaction_follows_the_prompts():
    box = Box(1, Region((0, 2, 2), (1, 9, 9)))
    assert kind_of((box,), 1) == "box"
    assert kind_of((box, stroke(1, 0, 4, 4)), 1) == "scribble"
    assert kind_of((box,), 2) == "scribble"


def test_the_region_follows_a_target_that_moves(engine, monkeypatch):
    """What a walk finds says where the next slice is looked at."""
    looked = []
    look = Propagation.look

    def shifted(self, index, memory, fates):
        looked.append(memory.squares[0])
        seen = look(self, index, memory, fates)
        labels = np.zeros_like(seen.labels)
        labels[10:20, 6 + 3 * index : 16 + 3 * index] = 1
        return replace(seen, labels=labels)

    monkeypatch.setattr(Propagation, "look", shifted)
    monkeypatch.setattr(ending, "AREA_LEAST", 0.0)
    monkeypatch.setattr(ending, "AWAY_MOST", np.inf)
    state = engine.open(grey_volume(depth=6), LABELS)
    take(engine, state, painted(0))
    take(engine, state, Propagate(0, 1))
    assert [b.column - a.column for a, b in pairwise(looked[1:])] == [3, 3, 3]


def test_a_region_at_whose_edge_the_target_goes_on_is_enlarged(engine, monkeypatch):
    interact, seen = interaction.Mem3D.interact, []

    def filling(self, kind, image, previous, guidance):
        seen.append(float(guidance.abs().sum()))
        return interact(self, kind, image, previous, guidance) * 0 + 5

    monkeypatch.setattr(interaction.Mem3D, "interact", filling)
    state = engine.open(grey_volume(depth=1), LABELS)
    answer = take(engine, state, Click(1, (0, 20, 24)))[0]
    assert 1 < len(seen) <= interaction.GROWTHS + 1
    assert (answer.labels == 1).mean() > 0.9


def test_the_region_is_a_square_about_the_marks():
    marked = np.zeros((100, 80), dtype=bool)
    marked[40:60, 10:70] = True
    square = square_around(marked, 0.1, least=0.1)
    assert square == Square(14, 4, 72)
    one = np.zeros((100, 80), dtype=bool)
    one[0, 0] = True
    square = square_around(one, 0.1, least=0.25)
    assert square.side == 25
    assert square.within(one.shape) == (slice(0, 13), slice(0, 13))


def test_a_region_beyond_the_slice_is_cut_and_pasted_back():
    plane = np.arange(20 * 30, dtype=np.float32).reshape(20, 30)
    square = Square(-6, 22, 16)
    region = cut(plane, square, 16)
    rows, columns = square.within(plane.shape)
    np.testing.assert_array_equal(region[6:, :8], plane[rows, columns])
    assert (region[:6, :8] == plane[0, columns]).all()
    back = pasted(region, square, plane.shape)
    np.testing.assert_array_equal(back, plane[rows, columns])
    assert cut_mask(np.ones((20, 30), bool), square, 16).sum() == 80


def test_a_target_at_the_border_of_the_slice_does_not_go_on():
    found = np.zeros((16, 16), dtype=bool)
    found[:8] = True
    assert reaches_edge(found, Square(10, 10, 16), (40, 40))
    found[:, [0, -1]] = False
    assert not reaches_edge(found, Square(-2, 10, 16), (40, 40))


def test_no_mark_is_too_thin_for_the_region():
    marked = np.zeros((200, 200), dtype=bool)
    marked[131, 57] = True
    guidance = guidance_of(marked, np.zeros_like(marked))
    small = cut_guidance(guidance, Square(0, 0, 200), 32)
    assert small.sum() == 9
    assert small[131 * 32 // 200, 57 * 32 // 200] == 1


def test_a_crop_keeps_a_slice_and_forgets_the_background_around():
    plane = np.zeros((30, 40), dtype=np.uint8)
    plane[5:9, 7:20] = 3
    crop = Crop.of(plane)
    assert crop.labels.shape == (4, 13)
    np.testing.assert_array_equal(crop.whole((30, 40)), plane)
    assert Crop.of(np.zeros_like(plane)).labels.size == 0


def test_the_committed_network_carries_a_stroke_through_an_organ():
    """With its own weights, on a volume that the harness draws."""
    voxels, labels = phantom(3, (9, 96, 96))
    volume = Volume(
        voxels,
        Geometry(voxels.shape, np.diag([5.0, 2.2, 2.2, 1.0])),
        "CT",
        (40.0, 400.0),
        "phantom",
    )
    engine = engines.build("mem3d")
    state = engine.open(volume, [Label(1, "liver")])
    rows, columns = np.nonzero(labels[4] == 1)
    row = int(np.median(rows))
    left, right = (int(x) for x in np.percentile(columns[rows == row], (25, 75)))
    drawn = Scribble(1, ((4, row, left), (4, row, right)), 5)
    predictions = take(engine, state, drawn, Propagate(4))
    assert len(predictions) > 5
    found = np.stack([state.shown(index) == 1 for index in range(len(labels))])
    assert dice(found[4], labels[4] == 1) > 0.7
    assert dice(found[2:7], labels[2:7] == 1) > 0.7


def dice(found, truth):
    return 2 * (found & truth).sum() / (found.sum() + truth.sum())
