from dataclasses import replace

import numpy as np
import pytest

from inference_worker.contract.marks import scribble_mask
from inference_worker.simulate import paths
from inference_worker.simulate.boxes import box_around, extreme_points_of
from inference_worker.simulate.clicks import click_in, click_in_volume, region_centre
from inference_worker.simulate.hand import (
    hand_from_json,
    measured_hand,
    steady_hand,
)
from inference_worker.simulate.painting import paint_over, redrawn_length
from inference_worker.simulate.scribbles import scribbles_in
from inference_worker.simulate.truth import ErrorRegion, error_regions


def disk(side: int, centre: tuple[float, float], radius: float) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    return (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2


def region_of(mask: np.ndarray, label: int = 1) -> ErrorRegion:
    return ErrorRegion(label, mask, mask, int(mask.sum()))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


def test_the_centre_of_a_disk_is_its_middle():
    assert region_centre(disk(41, (20, 17), 9)) == (20, 17)


def test_a_centre_is_inside_even_a_ring(rng):
    ring = disk(41, (20, 20), 15) & ~disk(41, (20, 20), 10)
    assert ring[region_centre(ring)]


def test_the_centre_in_3d_counts_in_millimetres():
    mask = np.zeros((9, 9, 9), bool)
    mask[0:9, 2:7, 2:7] = True
    assert region_centre(mask, (0.1, 1, 1))[0] in range(9)
    click = click_in_volume(region_of(mask, 3), (1.0, 1.0, 1.0))
    assert click.label == 3
    assert click.voxel == (4, 4, 4) or mask[click.voxel]


def test_a_click_never_lands_where_its_label_would_be_wrong(rng):
    mask = disk(30, (15, 15), 3)
    for _ in range(50):
        z, y, x = click_in(region_of(mask), 6, rng, jitter=10.0).voxel
        assert z == 6
        assert mask[y, x]


def test_a_box_without_jitter_is_tight(rng):
    box = box_around(disk(50, (20, 30), 8), 2, 5, rng)
    assert box.label == 2
    assert box.region.start == (5, 12, 22)
    assert box.region.stop == (6, 29, 39)


def test_a_jittered_box_stays_in_the_slice_and_encloses_something(rng):
    for _ in range(200):
        region = box_around(disk(20, (1, 18), 4), 1, 0, rng, jitter=0.5).region
        assert region.within((1, 20, 20))


def test_extreme_points_lie_on_the_mask_at_its_ends(rng):
    mask = disk(50, (20, 30), 8)
    points = extreme_points_of(mask, 1, 0, rng).voxels
    assert all(mask[y, x] for _, y, x in points)
    top, bottom, left, right = points
    assert (top[1], bottom[1], left[2], right[2]) == (12, 28, 22, 38)


@pytest.mark.parametrize("count", [1, 3])
def test_a_steady_hand_draws_inside_the_region(rng, count):
    mask = disk(128, (60, 60), 30)
    for _ in range(10):
        strokes = scribbles_in(
            region_of(mask), 0, count, rng, steady_hand(measured_hand())
        )
        assert 1 <= len(strokes) <= count
        for stroke in strokes:
            assert all(mask[y, x] for _, y, x in stroke.voxels)


def test_a_region_of_one_voxel_gets_a_stroke(rng):
    mask = np.zeros((64, 64), bool)
    mask[0, 63] = True
    (stroke,) = scribbles_in(region_of(mask), 2, 4, rng, steady_hand(measured_hand()))
    assert stroke.voxels == ((2, 0, 63),)


@pytest.mark.parametrize("erase", [False, True])
def test_a_rim_thinner_than_the_pen_is_drawn_from_its_own_side(rng, erase):
    """People's strokes lie within what they mean to 96 % (docs/calibration)."""
    object_ = disk(128, (64, 64), 40)
    allowed = ~object_ if erase else object_
    rim = disk(128, (64, 64), 42 if erase else 40) & ~disk(
        128, (64, 64), 40 if erase else 38
    )
    region = ErrorRegion(0 if erase else 1, rim, allowed, int(rim.sum()))
    hand = replace(steady_hand(measured_hand()), width=5 / 128, width_spread=0.0)
    covered = np.zeros((128, 128), bool)
    for stroke in scribbles_in(region, 0, 3, rng, hand):
        covered |= scribble_mask(stroke, (128, 128))
    assert allowed[covered].mean() > 0.9
    assert rim[covered].sum() > 10


def test_an_object_thinner_than_the_pen_gets_a_thinner_pen(rng):
    line = np.zeros((64, 64), bool)
    line[30:32, 8:56] = True
    hand = replace(steady_hand(measured_hand()), width=6 / 64, width_spread=0.0)
    for stroke in scribbles_in(region_of(line), 0, 1, rng, hand):
        assert stroke.width <= 2


def test_the_measured_hand_sometimes_errs(rng):
    mask = disk(256, (128, 128), 6)
    inside = []
    for _ in range(60):
        for stroke in scribbles_in(region_of(mask), 0, 1, rng, measured_hand()):
            drawn = scribble_mask(stroke, mask.shape)
            inside.append(mask[drawn].mean())
    assert 0.5 < np.mean(inside) < 0.999


def test_a_hand_survives_json():
    hand = measured_hand()
    assert hand_from_json(hand.as_json()) == hand


def test_a_broken_skeleton_comes_in_pieces_of_the_skeleton(rng):
    mask = np.zeros((60, 200), bool)
    mask[25:35, 5:195] = True
    pieces = list(paths.broken_skeleton(mask, rng, grain=5))
    assert len(pieces) > 1
    skeleton = paths.skeleton_of(mask)
    for piece in pieces:
        assert all(skeleton[int(y), int(x)] for y, x in piece)


def test_the_centre_line_runs_along_the_longer_way():
    mask = np.zeros((40, 120), bool)
    mask[15:25, 10:110] = True
    mask[5:15, 55:60] = True
    line = paths.centre_line(mask)
    assert np.ptp(line[:, 1]) > 80


def test_a_resampled_path_keeps_its_ends_and_length():
    path = np.array([[0.0, 0.0], [0.0, 10.0], [10.0, 10.0]])
    even = paths.resampled(path, 2.0)
    assert even[0].tolist() == [0, 0]
    assert even[-1].tolist() == [10, 10]
    assert paths.path_length(even) == pytest.approx(20, rel=0.02)


def test_painting_every_error_makes_the_truth():
    truth = np.zeros((32, 32), np.uint8)
    truth[disk(32, (12, 12), 6)] = 1
    truth[20:25, 20:30] = 2
    shown = np.roll(truth, 2, axis=1)
    paint = paint_over(error_regions(shown, truth), 3)
    mended = shown.copy()
    window = paint.region.slices[1:]
    mended[window][paint.where[0]] = paint.labels[0][paint.where[0]]
    assert paint.region.start[0] == 3
    assert (mended == truth).all()


def test_a_missing_disk_is_redrawn_all_around_and_a_shifted_one_partly():
    truth = disk(100, (50, 50), 30).astype(np.uint8)
    (whole,) = error_regions(np.zeros_like(truth), truth)
    around = redrawn_length(whole, truth)
    assert around == pytest.approx(2 * np.pi * 30, rel=0.1)
    parts = error_regions(np.roll(truth, 3, axis=1), truth)
    assert sum(redrawn_length(part, truth) for part in parts) < 1.1 * around


def test_an_island_of_nothing_is_wiped_along_its_middle():
    truth = np.zeros((50, 50), np.uint8)
    shown = truth.copy()
    shown[20:23, 5:45] = 1
    (island,) = error_regions(shown, truth)
    assert redrawn_length(island, truth) == pytest.approx(38, abs=4)
