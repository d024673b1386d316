"""Unsure is where two labels are nearly as probable; the reader's word is sure."""

import json
from pathlib import Path

import numpy as np
import pytest

from inference_worker.contract.uncertainty import LEVELS, SIDE_MAX, Uncertainty

GOLDENS = Path(__file__).parents[2] / "fixtures" / "wire" / "uncertainty.json"

SURE = np.zeros((1, 4), dtype=bool)


@pytest.mark.parametrize(
    ("shares", "levels"),
    [
        # One label against background: sure, a tie, sure of the label, between.
        ([[[0.0, 0.5, 1.0, 0.9]]], [[0, 15, 0, 3]]),
        # Two labels: a tie of both, of one and background, of all three, sure.
        ([[[0.5, 0.5, 1 / 3, 0.0]], [[0.5, 0.0, 1 / 3, 1.0]]], [[15, 15, 15, 0]]),
    ],
)
def test_a_tie_of_the_two_most_probable_labels_is_the_most(shares, levels):
    found = Uncertainty.of(np.array(shares, np.float16), SURE)
    assert found.step == 1
    assert found.levels.tolist() == levels


def test_what_the_reader_said_is_sure():
    said = np.array([[False, True, False, False]])
    found = Uncertainty.of(np.full((1, 1, 4), 0.5, np.float16), said)
    assert found.levels.tolist() == [[15, 0, 15, 15]]


def test_of_large_slices_a_block_tells_its_most_unsure_voxel():
    shares = np.zeros((1, 2 * SIDE_MAX + 1, 7), np.float16)
    shares[0, 1, 1] = shares[0, -1, -1] = 0.5
    found = Uncertainty.of(shares, np.zeros(shares.shape[1:], dtype=bool))
    assert (found.step, found.levels.shape) == (3, (171, 3))
    assert np.argwhere(found.levels).tolist() == [[0, 0], [170, 2]]
    assert found.levels.max() == LEVELS - 1


@pytest.mark.parametrize("case", json.loads(GOLDENS.read_text()))
def test_goldens_are_packed_as_the_browser_reads_them(case):
    found = Uncertainty.from_json(case["map"])
    assert found.levels.tolist() == case["levels"]
    assert found.to_json(case["map"]["start"][0]) == case["map"]
