"""PRISM in a volume: crops that follow the prompts, labels that compete, no seams."""

import numpy as np
import pytest
import torch

from inference_worker.contract.engine import Label, Volume
from inference_worker.contract.errors import EngineFailed
from inference_worker.contract.geometry import Geometry, Region
from inference_worker.contract.prompts import (
    Accept,
    Box,
    Click,
    ExtremePoints,
    Paint,
    Scribble,
    Visit,
)
from inference_worker.engines import build
from inference_worker.engines.prism.asking import (
    asked_for,
    opened_box,
    questions,
    typical_size,
)
from inference_worker.engines.prism.engine import PrismEngine, Settings
from inference_worker.engines.prism.grid import (
    Crop,
    WorkingGrid,
    crop_around,
    cut,
    fitting_zoom,
    largest_zoom,
    window_of,
)
from inference_worker.engines.prism.state import State
from inference_worker.nets.prism_prompts import LOGIT_MOST, Mark
from inference_worker.nets.prism_shape import PrismShape
from tests.inference_worker.engines.cases import tiny_prism

LABELS = (Label(1, "liver"), Label(4, "spleen"))
PATCH = 16


class Bright(torch.nn.Module):
    """Takes what is bright for the target, not negative marks; counts its work."""

    def __init__(self) -> None:
        super().__init__()
        self.shape = PrismShape(PATCH, (4, 8, 8), token=16, depth=1, heads=2)
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.encoded = 0
        self.dense: list[torch.Tensor] = []
        self.kinds: list[torch.Tensor] = []

    def encode(self, image):
        self.encoded += 1
        return [image]

    def answer(self, features, points, kinds, dense):
        self.dense.append(dense)
        self.kinds.append(kinds)
        logits = 6 * torch.sign(features[0] - 0.3) - 12 * dense[:, 2:3]
        return torch.cat([logits, -logits], dim=1), torch.tensor([[0.8, 0.3]])

    def correct(self, image, logits, positive, negative):
        return logits


def volume_of(voxels, spacing=(1.0, 1.0, 1.0)) -> Volume:
    voxels = np.asarray(voxels, np.float32)
    geometry = Geometry(voxels.shape, np.diag([*spacing, 1.0]))
    return Volume(voxels, geometry, "MR", (0.5, 1.0), "d")


def ball(shape, centre, radius) -> np.ndarray:
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return np.linalg.norm(grid - np.array(centre), axis=-1) < radius


@pytest.fixture
def engine():
    return PrismEngine(Bright(), Settings())


def shown_by(engine, state, *turns):
    shown = np.zeros(state.volume.shape, np.uint8)
    for prompts in turns:
        for prediction in engine.step(state, prompts):
            shown[prediction.region.slices] = prediction.labels
    return shown


def test_thick_slices_become_cubes_and_long_volumes_coarser():
    thick = WorkingGrid.of(volume_of(np.zeros((4, 30, 20)), (5.0, 1.0, 1.0)))
    assert thick.sides == (20, 30, 20)
    assert thick.to_working([[0, 3, 3]]).tolist() == [[2.0, 3.0, 3.0]]
    long = WorkingGrid.of(volume_of(np.zeros((2, 320, 64))))
    assert long.sides == (1, 160, 32)
    single = WorkingGrid.of(volume_of(np.zeros((1, 40, 40)), (80.0, 1.0, 1.0)))
    assert single.sides == (1, 40, 40)


def test_an_array_survives_the_way_to_the_grid_and_back():
    rng = np.random.default_rng(0)
    volume = volume_of(rng.normal(size=(6, 20, 18)).cumsum(axis=1), (3.0, 1.0, 1.0))
    grid = WorkingGrid.of(volume)
    region = Region((1, 2, 3), (5, 19, 18))
    back = grid.on_voxels(grid.image(volume), region)
    low, high = np.percentile(volume.voxels, (0.5, 99.5))
    expected = np.clip(volume.voxels, low, high)[region.slices]
    np.testing.assert_allclose(back, expected, atol=1e-4)


def test_crops_stay_inside_and_overhang_only_small_volumes():
    grid = WorkingGrid.of(volume_of(np.zeros((40, 50, 10))))
    at = np.array([39.0, 25.0, 5.0])
    crop = crop_around(grid, at, at, PATCH, 1)
    assert crop.start == (24, 18, -3)
    there, here = window_of(grid, crop, PATCH)
    assert there == Region((24, 18, 0), (40, 34, 10))
    assert here == Region((0, 0, 3), (16, 16, 13))
    assert cut(np.ones(grid.sides), crop, PATCH).shape == (PATCH,) * 3
    assert largest_zoom(grid, PATCH) == 4
    assert fitting_zoom([14, 3, 3], PATCH, 4) == 1
    assert fitting_zoom([15, 3, 3], PATCH, 4) == 2
    assert fitting_zoom([999, 3, 3], PATCH, 4) == 4


def test_a_voxel_marked_lies_where_it_was_marked_in_a_zoomed_crop():
    grid = WorkingGrid.of(volume_of(np.zeros((40, 40, 40))))
    working = np.zeros(grid.sides)
    working[20, 10, 30] = 8.0
    crop = Crop((4, 6, 2), 2)
    (found,) = np.argwhere(cut(working, crop, PATCH) > 0)
    at = np.floor(grid.to_crop([[20, 10, 30]], crop)[0] + 0.5)
    assert np.abs(found - at).max() <= 1


def test_a_target_larger_than_the_patch_is_found_whole(engine):
    truth = ball((48, 48, 48), (24, 24, 24), 9)
    state = engine.open(volume_of(truth), LABELS)
    shown = shown_by(engine, state, [Click(1, (24, 24, 24))])
    assert (shown.astype(bool) == truth).mean() > 0.98
    assert shown[truth].mean() > 0.9
    assert engine.net.encoded > 1  # it zoomed out


def test_a_crop_follows_the_prompts_and_is_encoded_once(engine):
    truth = ball((20, 20, 60), (10, 10, 8), 4) | ball((20, 20, 60), (10, 10, 50), 4)
    state = engine.open(volume_of(truth), LABELS)
    first = shown_by(engine, state, [Click(1, (10, 10, 8))])
    assert first[:, :, :16].any()
    assert not first[:, :, 40:].any()
    assert engine.net.encoded == 1
    shown_by(engine, state, [Click(1, (10, 10, 8))])
    assert engine.net.encoded == 1
    second = shown_by(engine, state, [Click(1, (10, 10, 50))])
    assert engine.net.encoded == 2
    assert second[:, :, 40:].any()
    whole = state.labels_in(Region((0, 0, 0), (20, 20, 60)))
    assert whole[10, 10, 8] == whole[10, 10, 50] == 1


def test_far_marks_of_one_turn_have_crops_of_their_own(engine):
    state = engine.open(volume_of(np.zeros((20, 20, 60))), LABELS)
    prompts = [Click(1, (10, 10, 5)), Click(1, (10, 10, 7)), Click(1, (10, 10, 50))]
    state.hear(prompts)
    found = questions(prompts, state, PATCH)
    assert [len(q.spoken) for q in found] == [2, 1]


def test_answers_of_neighbouring_crops_meet_without_a_seam(engine):
    class Restless(Bright):
        def answer(self, features, points, kinds, dense):
            level = 4.0 if self.encoded == 1 else 1.0
            logits = torch.full_like(features[0], level)
            return logits.expand(-1, 2, -1, -1, -1), torch.tensor([[0.8, 0.3]])

    engine.net = Restless()
    state = engine.open(volume_of(np.zeros((16, 16, 40))), LABELS)
    state.logits[1] = np.full(state.grid.sides, 4.0, np.float16)
    shown_by(engine, state, [Click(1, (8, 8, 20))], [Click(1, (8, 8, 24))])
    line = state.logits[1][8, 8].astype(float)
    assert line.max() == 4
    assert line.min() == 1
    assert np.abs(np.diff(line)).max() < 0.7


def test_marks_of_one_label_count_against_the_others(engine):
    truth = ball((20, 20, 20), (10, 10, 10), 6)
    state = engine.open(volume_of(truth), LABELS)
    shown_by(engine, state, [Click(1, (10, 10, 10))])
    engine.net.dense.clear()
    shown = shown_by(engine, state, [Click(4, (10, 10, 12))])
    own, other = engine.net.dense  # label 1 is asked again: it was shown there
    assert own[0, 2].any()
    assert not own[0, 1].any()
    assert other[0, 1].any()
    assert shown[10, 10, 12] == 4


def test_what_was_answered_is_told_in_the_next_turn(engine):
    truth = ball((20, 20, 20), (10, 10, 10), 6)
    state = engine.open(volume_of(truth), LABELS)
    shown_by(engine, state, [Click(1, (10, 10, 10))])
    assert not engine.net.dense[0][0, 0].any()
    shown_by(engine, state, [Click(1, (10, 10, 11))])
    previous = engine.net.dense[1][0, 0]
    assert (previous > 0).sum() > 300
    assert (previous < 0).any()


def test_an_answer_changes_only_the_parts_that_marks_lie_in():
    shown, found = np.zeros((2, PATCH, PATCH, PATCH), bool)
    shown[2:6, 2:6, 2:6] = shown[10:13, 2:5, 2:5] = True
    found[2:8, 2:6, 2:6] = found[10:13, 10:13, 10:13] = True
    added = Mark(np.array([[7.0, 4.0, 4.0]]), positive=True, stroke=False)
    asked = asked_for(found, shown, [added])
    assert asked[6:8, 2:6, 2:6].all()  # marked as missing
    assert not asked[10:13, 10:13, 10:13].any()  # added, but not marked
    assert not asked[10:13, 2:5, 2:5].any()  # taken away, but not marked
    assert not asked[2:6, 2:6, 2:6].any()  # as before
    taken = Mark(np.array([[11.0, 3.0, 3.0]]), positive=False, stroke=False)
    asked = asked_for(found, shown, [taken])
    assert asked[10:13, 2:5, 2:5].all()
    assert not asked[6:8, 2:6, 2:6].any()


def test_a_later_answer_leaves_alone_what_nobody_marked(engine):
    """A network that changes its mind does not take the reader's answer away."""
    bright = ball((24, 24, 24), (12, 6, 6), 4) | ball((24, 24, 24), (12, 18, 18), 4)
    state = engine.open(volume_of(bright), LABELS)
    first = [Click(1, (12, 6, 6)), Click(1, (12, 18, 18))]
    list(engine.step(state, first))
    whole = Region((0, 0, 0), (24, 24, 24))
    before = state.labels_in(whole)
    engine.net.answer = lambda *given: (
        torch.full((1, 2, PATCH, PATCH, PATCH), -6.0),
        torch.tensor([[0.8, 0.3]]),
    )
    list(engine.step(state, [Click(0, (12, 18, 18))]))
    after = state.labels_in(whole)
    near = ball((24, 24, 24), (12, 6, 6), 4)
    np.testing.assert_array_equal(after[near], before[near])
    assert not after[12, 18, 18]


def test_a_box_of_one_slice_is_opened_and_one_in_3d_is_taken_as_drawn(engine):
    state = engine.open(volume_of(np.zeros((30, 30, 30))), LABELS)
    flat = Region((15, 10, 10), (16, 20, 22))
    low, high = opened_box(flat, state)
    assert low.tolist() == [10, 10, 10]
    assert high.tolist() == [21, 20, 22]
    solid = Region((5, 10, 10), (26, 20, 22))
    low, high = opened_box(solid, state)
    assert (low.tolist(), high.tolist()) == ([5, 10, 10], [26, 20, 22])
    list(engine.step(state, [Box(1, solid)]))
    assert {5, 6} <= set(engine.net.kinds[-1].flatten().tolist())
    engine.net.kinds.clear()
    list(engine.step(state, [Click(1, (15, 15, 15))]))
    assert {5, 6} <= set(engine.net.kinds[-1].flatten().tolist())  # it stays


def test_nothing_shows_outside_a_box_until_a_mark_contradicts_it(engine):
    truth = ball((20, 20, 20), (10, 10, 10), 7)
    state = engine.open(volume_of(truth), LABELS)
    half = Box(1, Region((2, 2, 2), (18, 18, 10)))
    shown = shown_by(engine, state, [half])
    assert shown[:, :, 5:10].any()
    assert not shown[:, :, 10:].any()
    shown = shown_by(engine, state, [Click(1, (10, 10, 12))])
    assert 1 not in state.boxes
    assert shown[10, 10, 11:15].all()


def test_a_flat_box_bounds_its_slice_alone(engine):
    truth = ball((20, 20, 20), (10, 10, 10), 7)
    state = engine.open(volume_of(truth), LABELS)
    flat = Box(1, Region((10, 2, 2), (11, 18, 10)))
    shown = shown_by(engine, state, [flat], [Click(1, (12, 10, 14))])
    assert 1 in state.boxes
    assert not shown[10, :, 10:].any()
    assert shown[12, 10, 10:15].all()


def test_extreme_points_enclose_and_mark(engine):
    state = engine.open(volume_of(np.zeros((20, 30, 30))), LABELS)
    points = ((9, 5, 12), (9, 20, 12), (9, 12, 4), (9, 12, 22))
    shown = shown_by(engine, state, [ExtremePoints(1, points)])
    assert state.boxes[1] == Region((9, 5, 4), (10, 21, 23))
    assert all(shown[point] == 1 for point in points)


def test_an_accepted_slice_stands_until_it_is_marked_again(engine):
    truth = ball((20, 20, 20), (10, 10, 10), 6)
    state = engine.open(volume_of(truth), LABELS)
    turns = [[Click(1, (10, 10, 10))], [Accept(10)], [Click(0, (9, 10, 10))]]
    shown = shown_by(engine, state, *turns)
    assert shown[10, 10, 10] == 1
    assert shown[9, 10, 10] == 0
    (after,) = engine.step(state, [Visit(10)])
    assert after.labels[0, 10, 10] == 1
    shown_by(engine, state, [Click(0, (10, 3, 3))])
    assert 10 not in state.accepted


def test_paint_is_certain_for_the_next_turn_and_asks_nothing(engine):
    state = engine.open(volume_of(np.zeros((6, 20, 20))), LABELS)
    region = Region((2, 4, 4), (3, 12, 12))
    labels = np.ones((1, 8, 8), np.uint8)
    list(engine.step(state, [Paint(region, labels, np.ones((1, 8, 8), bool))]))
    assert engine.net.encoded == 0
    assert (state.logits[1][2, 4:12, 4:12] == LOGIT_MOST).all()


def test_a_large_target_is_corrected_in_large_crops_and_a_tube_in_small_ones():
    large, tube = ball((60, 60, 60), (30, 30, 30), 20), np.zeros((60, 60, 60), bool)
    tube[:, 28:33, 28:33] = True
    large[0, 0, 0] = True  # a stray
    assert 30 < typical_size(large) < 40
    assert 8 < typical_size(tube) < 14
    assert typical_size(np.zeros((4, 4, 4), bool)) == 1


def test_a_stored_state_answers_alike_without_stored_features(engine):
    truth = ball((20, 24, 24), (10, 12, 12), 7)
    volume = volume_of(truth, (2.0, 1.0, 1.0))
    state = engine.open(volume, LABELS)
    stroke = Scribble(1, ((10, 12, 8), (10, 12, 15)), 3)
    list(engine.step(state, [Box(1, Region((4, 5, 5), (17, 20, 20))), stroke]))
    woken = State.loaded(volume, LABELS, state.save())
    assert not woken.features
    turn = [Click(0, (10, 4, 4)), Click(4, (12, 12, 12))]
    np.testing.assert_array_equal(
        shown_by(engine, woken, turn), shown_by(engine, state, turn)
    )


def test_a_chest_of_512_pixels_stays_small_in_memory(engine):
    voxels = np.zeros((4, 512, 512), np.int16)
    geometry = Geometry((4, 512, 512), np.diag([2.5, 0.7, 0.7, 1.0]))
    state = engine.open(Volume(voxels, geometry, "CT", (40, 400), "d"), LABELS)
    list(engine.step(state, [Click(1, (2, 256, 256))]))
    kept = sum(array.nbytes for array in state.save().arrays.values())
    assert state.image.nbytes + kept < 3e6


def test_settings_it_does_not_have_are_refused(tmp_path):
    weights = tiny_prism(tmp_path)
    assert not build(
        "prism", weights=weights, config={"corrective": False}
    ).settings.corrective
    for config in ({"masks": 3}, {"confidence": "no"}):
        with pytest.raises(EngineFailed) as caught:
            build("prism", weights=weights, config=config)
        assert caught.value.code == "engine:bad-config"
