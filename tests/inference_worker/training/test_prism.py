"""PRISM learns from marks that the simulated annotator sets in the errors."""

import json

import numpy as np
import pytest
import torch

from inference_worker.nets.prism import Prism
from inference_worker.nets.prism_shape import PrismShape
from inference_worker.nets.prism_weights import load_prism
from inference_worker.training import prism as script
from inference_worker.training.prism import Phase, learn_step, learning_rate, train
from inference_worker.training.prism_annotator import Habits, box_of, marks_for
from inference_worker.training.prism_card import write_card
from inference_worker.training.prism_examples import Scan, draw_crop
from inference_worker.training.prism_loss import (
    boundary,
    confidence_loss,
    dice_loss,
    mask_loss,
)
from inference_worker.training.prism_phantoms import draw_phantom
from inference_worker.training.prism_turns import forget, open_targets, take_turn

TINY = PrismShape(16, (4, 8, 8), token=16, depth=1, heads=2, rounds=1)


def blob(shape=(16, 16, 16), radius=5) -> np.ndarray:
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return np.linalg.norm(grid - np.array(shape) / 2, axis=-1) < radius


@pytest.mark.parametrize("seed", range(12))
def test_marks_lie_in_the_errors_and_know_their_side(seed):
    rng, truth = np.random.default_rng(seed), blob()
    shown = np.roll(truth, 4, axis=seed % 3)
    habits = Habits(scribbles=0.0)
    marks = marks_for(shown, truth, rng, habits)
    assert 1 <= len(marks) <= habits.points_most
    for mark in marks:
        ((z, y, x),) = mark.voxels.astype(int)
        assert mark.positive == truth[z, y, x]
        assert shown[z, y, x] != truth[z, y, x]
    assert marks_for(truth, truth, rng, habits) == []


def test_strokes_are_drawn_across_every_axis():
    across = set()
    for seed in range(24):
        rng = np.random.default_rng(seed)
        for mark in marks_for(~blob(), blob(), rng, Habits(scribbles=1.0)):
            if mark.stroke and len(mark.voxels) > 1:
                across |= set(np.flatnonzero(np.ptp(mark.voxels, axis=0) == 0))
    assert across == {0, 1, 2}


def test_a_box_holds_the_target():
    box = box_of(blob(), np.random.default_rng(0))
    inside = np.argwhere(blob())
    assert box.low == tuple(inside.min(axis=0))
    assert box.high == tuple(inside.max(axis=0) + 1)


def test_phantoms_repeat_and_differ():
    image, target = draw_phantom(np.random.default_rng(3), 16)
    again, _ = draw_phantom(np.random.default_rng(3), 16)
    other, _ = draw_phantom(np.random.default_rng(4), 16)
    np.testing.assert_array_equal(image, again)
    assert not np.array_equal(image, other)
    assert 40 <= target.sum() < 0.6 * target.size


def test_crops_of_scans_hold_their_target():
    voxels = 100 * blob((30, 40, 34), 8) + np.random.default_rng(0).normal(
        size=(30, 40, 34)
    )
    scan = Scan("a", voxels, blob((30, 40, 34), 8).astype(np.uint8), hounsfield=False)
    contrasts = []
    for seed in range(8):
        image, target = draw_crop([scan], np.random.default_rng(seed), 16)
        assert image.dtype == np.float32
        assert target.sum() >= 40
        contrasts.append(abs(image[target].mean() - image[~target].mean()))
    assert np.median(contrasts) > 0.5


def test_the_losses_are_those_of_the_paper():
    truth = torch.zeros(1, 1, 4, 4, 4)
    truth[..., :2] = 1
    sure = 40 * (2 * truth - 1)
    masks = torch.cat([sure, -sure], dim=1)
    loss = dice_loss(masks, truth)
    torch.testing.assert_close(
        loss, torch.tensor([[0.0, 1 - 1 / 65]]), atol=1e-5, rtol=0
    )
    assert mask_loss(sure, truth) < 1e-4
    assert mask_loss(-sure, truth) > 10
    right = confidence_loss(1 - loss, masks, truth)
    assert right < 1e-9
    assert confidence_loss(loss, masks, truth) > 0.9
    inner = boundary(torch.ones(1, 1, 5, 5, 5))[0, 0, 2, 2, 2]
    assert inner == 0


def test_a_turn_moves_the_targets_on():
    torch.manual_seed(0)
    net, rng = Prism(TINY), np.random.default_rng(0)
    (target,) = open_targets([blob()], rng, Habits(boxes=1.0))
    image = torch.randn(1, 1, 16, 16, 16)
    loss = take_turn(net, image, net.encode(image), [target], rng, Habits())
    assert loss.requires_grad
    assert target.previous.any()
    assert np.array_equal(target.shown, target.previous > 0)
    first = target.positive | target.negative
    take_turn(net, image, net.encode(image), [target], rng, Habits())
    assert ((target.positive | target.negative) >= first).all()
    assert first.any()


def test_a_part_of_what_was_answered_is_forgotten():
    known = np.ones((8, 8, 8), np.float32)
    shares = [forget(known, np.random.default_rng(s)).mean() for s in range(20)]
    assert min(shares) < 0.4
    assert max(shares) > 0.6
    assert known.all()


def test_one_step_reaches_every_weight():
    torch.manual_seed(0)
    net = Prism(TINY)
    rng = np.random.default_rng(0)
    for _ in range(3):
        learn_step(net, [], Phase(1, 16, 2, (2, 2)), rng)
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name


def test_the_rate_warms_up_and_falls():
    rates = [learning_rate(step, 1000) for step in (0, 49, 500, 999)]
    assert rates[0] < rates[1] > rates[2] > rates[3] >= 0
    assert Phase.parse("480:32:4:2-4") == script.PHASES[0]


def test_a_run_that_was_cut_goes_on_and_says_so(tmp_path, monkeypatch):
    split = (["hippocampus_001"], ["hippocampus_002"])
    monkeypatch.setattr(script, "held_out_patients", lambda root, seed: split)
    monkeypatch.setattr(script, "read_scans", lambda root, patients: [])
    made = []
    for parts in ([2], [2, 1]):
        phases = [Phase(steps, 16, 1, (1, 1)) for steps in parts]
        made.append(train(tmp_path, tmp_path / "out", TINY, phases=phases))
    fields = json.loads(made[1].with_suffix(".json").read_text())["training"]
    assert fields["steps"] == 3
    assert [run["from_step"] for run in fields["runs"]] == [0, 2]
    assert fields["patients"]["held_out"] == ["hippocampus_002"]
    assert len(json.loads((tmp_path / "out" / "losses.json").read_text())) == 3
    assert (tmp_path / "out" / "losses.png").stat().st_size > 1000
    assert load_prism(made[1]).net.shape == TINY
    results = {"arms": {"PRISM": {"sha256": "other", "commit": "c"}}, "rows": []}
    with pytest.raises(ValueError, match="other"):
        write_card(made[1], results)
    results["arms"]["PRISM"]["sha256"] = load_prism(made[1]).digest
    turns = {name: [0.5] * 11 for name in ("dice", "nsd")}
    told = {"arm": "PRISM", "set": "hippocampus", "protocol": "plain", "patient": "p"}
    results["rows"] = [told | turns, told | turns | {"patient": "q"}]
    card = write_card(made[1], results).read_text()
    assert "| hippocampus | plain | 2 | 0.500 [0.500, 0.500]" in card
    assert "hippocampus_002" in card
