"""The local fill: how far a stroke speaks for the pixels around it."""

import numpy as np
import pytest

from inference_worker.engines.continual.filling import geodesic_fill
from inference_worker.engines.continual.mending import Strokes, unfilled

SHAPE = (96, 96)
ROWS, COLUMNS = np.mgrid[0:96, 0:96]


def nothing_shown() -> np.ndarray:
    return np.full((1, *SHAPE), -4.0, dtype=np.float32)


def line(row: int, first: int, last: int) -> np.ndarray:
    cover = np.zeros(SHAPE, dtype=bool)
    cover[row, first:last] = True
    return cover


def dice(shown: np.ndarray, truth: np.ndarray) -> float:
    return 2 * float((shown & truth).sum()) / float(shown.sum() + truth.sum())


def test_a_stroke_of_a_label_not_shown_fills_its_organ_up_to_the_edge():
    organ = (ROWS - 48) ** 2 + (COLUMNS - 48) ** 2 <= 14**2
    grey = np.where(organ, 0.8, 0.3).astype(np.float32)
    filled = geodesic_fill(nothing_shown(), grey, Strokes({1: line(48, 42, 55)}, {}))
    assert dice(filled[0] > 0, organ) > 0.95


def test_a_stroke_beside_the_mask_changes_what_it_covers_alone():
    odds = nothing_shown()
    odds[0][ROWS >= 48] = 4.0
    grey = np.full(SHAPE, 0.5, dtype=np.float32)
    strokes = Strokes({1: line(46, 20, 60)}, {})
    np.testing.assert_array_equal(
        geodesic_fill(odds, grey, strokes), unfilled(odds, grey, strokes)
    )


@pytest.mark.parametrize("gap", [8, 14])
def test_the_farther_the_mask_the_farther_a_stroke_reaches(gap: int):
    odds = nothing_shown()
    odds[0][ROWS >= 60] = 4.0
    grey = np.full(SHAPE, 0.5, dtype=np.float32)
    filled = geodesic_fill(odds, grey, Strokes({1: line(60 - gap, 30, 66)}, {}))
    above = int(np.flatnonzero(filled[0, :, 48] > 0)[0])
    assert 60 - gap - above == pytest.approx(0.64 * gap, abs=1.5)


def test_a_background_stroke_takes_every_label_away_around_it():
    odds = np.full((2, *SHAPE), -4.0, dtype=np.float32)
    odds[0][20:70, 20:70] = 3.0
    grey = np.full(SHAPE, 0.5, dtype=np.float32)
    filled = geodesic_fill(odds, grey, Strokes({0: line(45, 35, 55)}, {}))
    assert not (filled[:, 40:50, 40:50] > 0).any()
    assert (filled[0, 22, 22:60] > 0).all()
    assert not (filled[1] > 0).any()


def test_a_stroke_says_nothing_against_a_label_it_was_not_drawn_over():
    odds = np.full((2, 96, 96), -4.0, np.float32)
    odds[0, :, :40] = 2.0
    odds[1, :, 40:60] = 2.0
    grey = np.zeros((96, 96), np.float32)
    filled = geodesic_fill(odds, grey, Strokes({0: line(30, 22, 38)}, {}))
    assert (filled[0, 28:33, 24:36] < 0).all()
    assert (filled[1, :, 40:60] == odds[1, :, 40:60]).all()
