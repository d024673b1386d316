"""Parts of method 1: channels, neighbours, trust, boxes, the guard."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from inference_worker.contract.engine import Label
from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import Accept, Box, Click, Paint, Visit
from inference_worker.engines.continual import Config, Continual, guard, lessons, trust
from inference_worker.engines.continual.evidence import UNSEEN, fused
from inference_worker.engines.continual.prior import matched, moved, nearest
from inference_worker.engines.continual.teaching import Window, window_around
from inference_worker.nets import Preprocessing, build_network, wrap_module
from inference_worker.nets.labelled import (
    NEW_WEIGHT,
    Network,
    trained_names,
)
from inference_worker.nets.preprocessing import Frame
from inference_worker.planar.geodesic import geodesic_distance
from tests.inference_worker.engines.cases import LABELS, grey_volume

SMALL = {"encoder": "resnet18", "width": 8, "classes": 3, "seed": 0}
CLASSES = ("background", "liver", "pancreas")
QUICK = Config(steps=2, replay_steps=2, augmentations=2, fill="none")


@pytest.fixture(scope="module")
def base():
    return wrap_module(
        build_network("unet", **SMALL),
        CLASSES,
        preprocessing=Preprocessing(frame=Frame(longest=48)),
    )


def taken(engine, state, *turns):
    return [p for turn in turns for p in engine.step(state, turn)]


# Channels


@pytest.mark.parametrize("network", ["unet", "unetpp", "deeplabv3"])
def test_labels_find_their_channels_by_name_in_any_network(network):
    module = build_network(network, **SMALL)
    image = torch.rand(1, 1, 32, 48)
    seen = Network(module, CLASSES, ["Pancreas", "cyst"], precision="fp32")
    logits = seen.logits(seen.initial(), image)
    raw = module(image)
    torch.testing.assert_close(logits[:, 1], raw[:, 2], atol=1e-4, rtol=1e-4)
    # The liver, which the project does not ask for, counts as background.
    background = raw[:, :2].logsumexp(dim=1)
    torch.testing.assert_close(logits[:, 0], background, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(
        logits[:, 2] - logits[:, 0], torch.full((1, 32, 48), UNSEEN)
    )


def test_a_new_channel_learns_and_leaves_the_others_alone():
    seen = Network(build_network("unet", **SMALL), CLASSES, ["liver", "cyst"])
    weights = seen.initial()
    image = torch.rand(1, 1, 32, 32)
    before = seen.logits(weights, image)
    taught = {**weights, NEW_WEIGHT: weights[NEW_WEIGHT] + 1}
    after = seen.logits(taught, image)
    assert not torch.equal(after[:, 2], before[:, 2])
    assert torch.equal(after[:, :2], before[:, :2])


def test_a_module_without_convolutions_gets_new_channels_from_its_logits():
    class Threshold(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, image):
            return torch.cat([-image, image], dim=1) * self.scale

    seen = Network(Threshold(), ("background", "bright"), ["bright", "other"])
    logits = seen.logits(seen.initial(), torch.rand(2, 1, 4, 4))
    assert logits.shape == (2, 3, 4, 4)


@pytest.mark.parametrize(
    ("which", "norm", "inside", "outside"),
    [
        ("all", True, "encoder.conv1.weight", None),
        ("all", False, "encoder.conv1.weight", "encoder.bn1.weight"),
        ("decoder", True, "segmentation_head.0.bias", "encoder.conv1.weight"),
        ("head", True, "segmentation_head.0.bias", "encoder.bn1.weight"),
        ("norm", True, "encoder.bn1.bias", "segmentation_head.0.bias"),
    ],
)
def test_settings_choose_the_weights_that_learn(which, norm, inside, outside):
    seen = Network(build_network("unet", **SMALL), CLASSES, ["liver", "cyst"])
    names = trained_names(seen.module, seen.initial(), which, norm)
    assert inside in names
    assert outside not in names
    assert NEW_WEIGHT in names


# Neighbours


def striped(shift: int) -> tuple[np.ndarray, np.ndarray]:
    """A textured disc, ``shift`` pixels to the right: image and mask (2, h, w)."""
    y, x = np.mgrid[0:64, 0:64].astype(np.float32)
    disc = (y - 32) ** 2 + (x - 24 - shift) ** 2 < 12**2
    texture = 0.1 * np.sin(y / 2) * np.sin((x - shift) / 2)
    image = np.where(disc, 0.8, 0.3).astype(np.float32) + texture
    return np.clip(image, 0, 1).astype(np.float32), np.stack([~disc, disc]).astype(
        np.float32
    )


@pytest.mark.parametrize("move", [moved, matched])
def test_a_neighbours_mask_moves_as_the_image_does(move):
    (source, mask), (target, truth) = striped(0), striped(6)
    found = move(mask, source, target)
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-4)
    wrong = ((found[1] > 0.5) != (truth[1] > 0.5)).sum()
    stayed = ((mask[1] > 0.5) != (truth[1] > 0.5)).sum()
    assert wrong < 0.2 * stayed


def test_the_nearest_accepted_slices_lie_on_both_sides():
    assert nearest(5, [1, 3, 9, 12]) == [3, 9]
    assert nearest(5, [7]) == [7]
    assert nearest(5, []) == []


# Trust


def half_held():
    """A square, and the evidence of a neighbour that held half of it."""
    truth = np.zeros((8, 8), np.uint8)
    truth[2:6, 2:6] = 1
    prior = np.where(truth == 1, 1.0, -3.0)[None].astype(np.float32)
    prior[0, :, 4:] = -3.0
    right = np.where(truth == 1, 9.0, -9.0)[None].astype(np.float32)
    return truth, prior, right


def after_two(networks, prior, truth):
    """The record after two such slices."""
    record = trust.first_record(1)
    for _ in range(2):
        record = trust.recorded(record, np.stack(networks), prior, truth, [])
    return record


def test_a_label_trusts_the_network_as_far_as_accepted_slices_bore_it_out():
    truth, prior, right = half_held()
    trusting = after_two([right, right], prior, truth)
    doubting = after_two([-right, -right], prior, truth)
    (choice,) = trust.choices(trusting, prior, (0.2, 0.2))
    assert choice.factor >= 0.4
    assert trust.choices(doubting, prior, (0.2, 0.2))[0].factor <= 0.1


def test_before_any_accepted_slice_the_defaults_say_how_far():
    _, prior, _ = half_held()
    unknown = trust.first_record(1)
    nowhere = np.full_like(prior, -3.0)
    assert trust.choices(unknown, prior, (0.4, 0.2)) == [trust.Choice(True, 0.2)]
    assert trust.choices(unknown, nowhere, (0.4, 0.2)) == [trust.Choice(True, 0.4)]


def test_before_any_accepted_slice_marks_say_whether_the_base_model_knows_a_label():
    truth, _, right = half_held()
    known, unknown = trust.Choice(True, 1.0), trust.Choice(False, 1.0)
    assert trust.first_choices(right, None) == [known]
    assert trust.first_choices(right, truth) == [known]
    assert trust.first_choices(-right, truth) == [unknown]
    assert trust.first_choices(-np.abs(right), np.zeros_like(truth)) == [known]


def test_a_new_channel_is_believed_only_once_an_accepted_slice_bore_it_out():
    truth, prior, right = half_held()
    unknown = trust.first_record(1)
    trusting = after_two([right, right], prior, truth)
    assert trust.choices(unknown, prior, (0.4, 0.2), fresh=[0])[0].factor == 0.0
    assert trust.choices(trusting, prior, (0.2, 0.2), fresh=[0])[0].factor >= 0.4


def test_a_label_goes_by_the_base_model_until_teaching_has_proved_better():
    truth, prior, right = half_held()
    astray = after_two([-right, right], prior, truth)
    alike = after_two([right, right], prior, truth)
    assert trust.choices(alike, prior, (0.2, 0.2))[0].base
    taught = after_two([right, -right], prior, truth)
    assert trust.choices(astray, prior, (0.2, 0.2))[0].base
    assert not trust.choices(taught, prior, (0.2, 0.2))[0].base


def test_a_channel_that_has_learnt_nothing_does_not_speak_against_a_neighbour():
    prior = np.full((1, 2, 2), 0.5, np.float32)
    network = np.full((1, 2, 2), UNSEEN, np.float32)
    assert (fused(network, prior, [1.0], fresh=[0]) > 0).all()
    assert (fused(network, prior, [1.0], fresh=[]) < 0).all()


# Windows and distances


def test_a_window_holds_what_is_of_interest_and_stays_inside():
    interest = np.zeros((96, 128), bool)
    interest[80:95, 3:20] = True
    window = window_around(interest, margin=8)
    assert (window.bottom - window.top) % 32 == 0
    assert window.left == 0
    assert window.bottom == 96
    assert window.cut(torch.from_numpy(interest)).sum() == interest.sum()
    assert window_around(np.zeros((40, 50), bool), 8) == Window.whole((40, 50))


def test_a_geodesic_goes_around_an_edge():
    image = np.zeros((9, 9), np.float32)
    image[:8, 4] = 1.0  # a wall with a gap at the bottom
    seeds = np.zeros((9, 9), bool)
    seeds[0, 0] = True
    plain = geodesic_distance(seeds, np.zeros((9, 9), np.float32), 50.0)
    assert plain[0, 8] == pytest.approx(8.0)
    assert plain[8, 8] == pytest.approx(8 * 2**0.5, rel=1e-5)
    walled = geodesic_distance(seeds, image, 50.0)
    assert 16 < walled[0, 8] < 26
    assert np.isinf(geodesic_distance(np.zeros((3, 3), bool), image[:3, :3], 1.0)).all()


# Marks of every kind on evidence


def test_a_box_rules_its_label_out_outside_and_in_where_none_was_shown(base):
    engine = Continual("continual", base, replace(QUICK, steps=0))
    state = engine.open(grey_volume(), [Label(7, "cyst")])
    region = Region((1, 8, 10), (2, 30, 34))
    (prediction,) = taken(engine, state, [Box(7, region)])
    inside = prediction.labels[0, 8:30, 10:34] == 7
    assert (prediction.labels == 7).sum() == inside.sum()
    assert 0.5 < inside.mean() < 0.95


def test_an_accepted_mask_shows_again_and_on_the_next_slice(base):
    engine = Continual("continual", base, replace(QUICK, steps=0, replay_steps=0))
    volume = grey_volume()
    state = engine.open(volume, LABELS)
    labels = np.zeros((1, *volume.shape[1:]), np.uint8)
    labels[0, 10:30, 12:32] = 4
    everywhere = np.ones(labels.shape, bool)
    paint = Paint(Region.of_slice(0, volume.shape), labels, everywhere)
    shown = taken(engine, state, [Visit(0)], [paint], [Accept(0), Visit(1)], [Visit(0)])
    np.testing.assert_array_equal(shown[-1].labels, labels)
    both = ((shown[-2].labels == 4) & (labels == 4)).sum()
    assert 2 * both / ((shown[-2].labels == 4).sum() + (labels == 4).sum()) > 0.8
    again = taken(engine, state, [Click(0, (0, 15, 15))])[-1].labels
    assert again[0, 15, 15] == 0
    assert (again != labels).sum() <= 9
    assert state.accepted == ()


# The guard


def test_the_guard_takes_back_what_harms_and_keeps_what_does_not():
    old = {"w": torch.zeros(3)}
    new = {"w": torch.ones(3)}
    assert guard.guarded(old, new, lambda w: True) == (new, 1.0)
    kept, share = guard.guarded(old, new, lambda w: float(w["w"].max()) < 0.6)
    assert share == 0.5
    torch.testing.assert_close(kept["w"], torch.full((3,), 0.5))
    assert guard.guarded(old, new, lambda w: False) == (old, 0.0)
    broken = {"w": torch.tensor([1.0, float("nan"), 0.0])}
    assert guard.guarded(old, broken, lambda w: True) == (old, 0.0)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_destructive_step_is_rolled_back(base, guarded):
    config = replace(
        QUICK,
        optimizer="sgd",
        learning_rate=50.0,
        gradient_max=0.0,
        distance_max=0.0,
        alpha=0.0,
        guard=guarded,
        replay_steps=0,
    )
    engine = Continual("continual", base, config)
    state = engine.open(grey_volume(), LABELS)
    taken(engine, state, [Visit(0)], [Accept(0), Visit(1)])
    checks = lessons.accepted_checks(state, 3)
    before = guard.network_dice(state.network, state.teacher, checks)
    taken(engine, state, [Click(1, (1, 20, 20)), Click(0, (1, 5, 5))])
    after = guard.network_dice(state.network, state.teacher, checks)
    if guarded:
        assert after >= before - config.guard_drop
        assert state.refused > 0
    else:
        assert not after >= before - config.guard_drop


def test_a_network_that_sees_nothing_any_more_is_noticed():
    seen = Network(build_network("unet", **SMALL), CLASSES, ["liver", "pancreas"])
    start = seen.initial()
    image = torch.rand(1, 1, 32, 32)
    head = "segmentation_head.0.bias"
    seeing = {**start, head: torch.tensor([-9.0, 9.0, 0.0])}
    blind = {**start, head: torch.tensor([99.0, 0.0, 0.0])}
    assert guard.vanished(seen, blind, seeing, image)
    assert not guard.vanished(seen, seeing, seeing, image)
    assert not guard.vanished(seen, blind, blind, image)


def test_weights_stay_within_their_distance_of_the_base_model(base):
    config = replace(
        QUICK, learning_rate=1.0, distance_max=0.01, guard=False, alpha=0.0
    )
    engine = Continual("continual", base, config)
    state = engine.open(grey_volume(), LABELS)
    taken(engine, state, [Click(1, (1, 20, 20))])
    own = [n for n in state.start if not n.startswith("new.")]
    moved_by = sum(float(((state.teacher[n] - state.start[n]) ** 2).sum()) for n in own)
    size = sum(float((state.start[n] ** 2).sum()) for n in own)
    assert 0.0 < moved_by**0.5 <= 0.0101 * size**0.5


def test_settings_that_forbid_it_leave_no_carry(base):
    engine = Continual("continual", base, replace(QUICK, carry=False))
    state = engine.open(grey_volume(), LABELS)
    taken(engine, state, [Click(1, (1, 20, 20))])
    assert engine.close(state) is None
    idle = Continual("continual", base, QUICK)
    assert idle.close(idle.open(grey_volume(), LABELS)) is None
