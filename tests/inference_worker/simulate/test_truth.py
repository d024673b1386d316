import ast
from pathlib import Path

import numpy as np
import pytest

from inference_worker.simulate.truth import (
    Truth,
    error_regions,
    mean_dice,
    pooled_dice,
)

WORKER = Path(__file__).parents[3] / "inference_worker"


def test_labels_that_are_not_asked_for_are_background():
    truth = Truth(np.array([[[0, 1, 2, 7]]]), [1, 7])
    assert truth.reveal().tolist() == [[[0, 1, 0, 7]]]


def test_a_truth_is_sealed():
    truth = Truth(np.ones((1, 2, 2)), [1])
    assert "1" not in repr(truth)
    assert np.asarray(truth).dtype == object
    with pytest.raises(ValueError, match="read-only"):
        truth.reveal()[0, 0, 0] = 2


def test_only_readers_and_metrics_open_the_truth():
    allowed = {
        "simulate",
        "evaluation/metrics.py",
        "evaluation/cases.py",
        # Protocols of the sources, which choose slices and prompts themselves.
        "evaluation/prism.py",
        "evaluation/mem3d.py",
    }
    for path in WORKER.rglob("*.py"):
        place = path.relative_to(WORKER).as_posix()
        if place.split("/")[0] in allowed or place in allowed:
            continue
        opened = [
            node.lineno
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Attribute) and node.attr == "reveal"
        ]
        assert not opened, f"{place} opens the truth in line {opened}"


def test_nothing_that_answers_prompts_knows_the_simulated_reader():
    rooms = ("contract", "engines", "nets")
    paths = [p for room in rooms for p in (WORKER / room).rglob("*.py")]
    paths += WORKER.glob("*.py")
    assert paths
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                assert not name.startswith(
                    ("inference_worker.simulate", "inference_worker.evaluation")
                ), f"{path} imports {name}"


def test_error_regions_are_the_connected_wrong_parts_largest_first():
    truth = np.zeros((8, 8), np.uint8)
    truth[1:4, 1:4] = 1
    shown = np.zeros_like(truth)
    shown[6, 6] = 2
    missing, extra = error_regions(shown, truth)
    assert (missing.label, missing.size) == (1, 9)
    assert (extra.label, extra.size) == (0, 1)
    assert (missing.mask == (truth == 1)).all()
    assert extra.allowed.sum() == 64 - 9


def test_regions_too_small_to_see_are_left_out():
    truth = np.zeros((8, 8), np.uint8)
    shown = truth.copy()
    shown[0, 0] = 1
    assert error_regions(shown, truth, smallest=2) == []


def test_one_label_shown_as_another_is_one_error_of_the_true_label():
    truth = np.full((4, 4), 2, np.uint8)
    (region,) = error_regions(np.ones_like(truth), truth)
    assert region.label == 2


def test_mean_dice_weighs_labels_alike_and_pooled_dice_sees_strays():
    truth = np.zeros((10, 10), np.uint8)
    truth[:5] = 1
    truth[9, 9] = 2
    shown = np.where(truth == 1, 1, 0).astype(np.uint8)
    assert mean_dice(shown, truth) == pytest.approx(0.5)
    shown[6] = 3
    assert mean_dice(shown, truth) == pytest.approx(0.5)
    assert pooled_dice(shown, truth) == pytest.approx(2 * 50 / (60 + 51))


def test_an_empty_slice_is_right_only_if_nothing_is_shown():
    nothing = np.zeros((3, 3), np.uint8)
    assert mean_dice(nothing, nothing) == pooled_dice(nothing, nothing) == 1.0
    assert mean_dice(nothing + 1, nothing) == 0.0
