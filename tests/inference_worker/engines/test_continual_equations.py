"""The equations of method 1, against cases worked out by hand."""

import math

import numpy as np
import pytest
import torch

from inference_worker.contract.errors import EngineFailed
from inference_worker.contract.geometry import Region
from inference_worker.contract.prompts import Click, Lasso, Paint, Scribble
from inference_worker.engines.continual import PUBLISHED, Config
from inference_worker.engines.continual.augmentations import (
    Augmentations,
    pseudo_label,
)
from inference_worker.engines.continual.config import read_config
from inference_worker.engines.continual.losses import (
    consistency_loss,
    follow,
    interactive_loss,
    number_of_augmentations,
    replay_loss,
    uncertain_ratio,
)
from inference_worker.engines.continual.memory import thick_strokes
from inference_worker.planar.pages import fixed_labels, stroke_covers


def probability(*pixels: tuple[float, ...]) -> torch.Tensor:
    """One row of pixels, (1, c, 1, x)."""
    return torch.tensor(pixels).T[None, :, None, :]


def test_the_ratio_counts_uncertain_pixels_among_those_that_matter():
    # Uncertain, confident liver, confident background, confident liver.
    share = probability((0.5, 0.5), (0.1, 0.9), (0.99, 0.01), (0.3, 0.7))
    assert uncertain_ratio(share) == pytest.approx(1 / 3)


def test_a_pixel_uncertain_between_two_organs_counts_once():
    share = probability((0.0, 0.55, 0.45), (0.05, 0.95, 0.0))
    assert uncertain_ratio(share) == pytest.approx(1 / 2)


def test_the_ratio_of_a_slice_of_sure_background_is_zero():
    assert uncertain_ratio(probability((0.9, 0.1), (1.0, 0.0))) == 0.0


@pytest.mark.parametrize(
    ("ratio", "cap", "number"),
    [
        (0.0, 16, 4),
        (0.3, 16, 4),
        (0.31, 16, 16),
        (0.7, 16, 16),
        (0.71, 16, 16),
        (0.71, 32, 32),
        (0.5, 6, 6),
    ],
)
def test_the_ratio_decides_the_number_of_augmentations(ratio, cap, number):
    assert number_of_augmentations(ratio, cap) == number


def test_augmentations_are_noise_blur_and_inversion_in_turn():
    image = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(3))
    made = Augmentations().make(image, 4, torch.Generator().manual_seed(0))
    assert made.shape == (4, 1, 16, 16)
    noisy, blurred, inverted, _ = made.split(1)
    assert 0.01 < float((noisy - image).std()) < 0.1
    assert float(blurred.std()) < float(image.std())
    torch.testing.assert_close(inverted, image.max() + image.min() - image)


def test_augmentations_follow_their_generator_alone():
    image = torch.rand(1, 1, 8, 8)
    one, two = (
        Augmentations().make(image, 5, torch.Generator().manual_seed(7))
        for _ in range(2)
    )
    assert torch.equal(one, two)


def test_the_pseudo_label_is_a_tempered_mean_kept_where_it_varies_little():
    # Logit of the second class: 0 in both versions at the left; 2 and -2 at the right.
    versions = torch.tensor([[[[0.0, 2.0]]], [[[0.0, -2.0]]]])

    def predict(part):
        return torch.cat([torch.zeros_like(part), part], dim=1)

    mean, kept = pseudo_label(predict, versions, temperature=2.0, variance_max=0.01)
    torch.testing.assert_close(mean[0, 1, 0], torch.tensor([0.5, 0.5]))
    # Tempered, the right pixel is sigmoid(1) and sigmoid(-1): variance 0.053.
    assert kept.tolist() == [[True, False]]
    _, lenient = pseudo_label(predict, versions, temperature=2.0, variance_max=0.06)
    assert lenient.all()


LOGITS = torch.tensor([[[[0.0, math.log(3.0)]], [[0.0, 0.0]]]])
"""Two pixels: even odds, and three to one for background."""


@pytest.mark.parametrize(("reduction", "pixels"), [("mean", 1), ("sum", 2)])
def test_the_consistency_loss_is_the_cross_entropy_with_the_pseudo_label(
    reduction, pixels
):
    pseudo = probability((1.0, 0.0), (0.5, 0.5))
    entropies = [math.log(2), -0.5 * (math.log(3 / 4) + math.log(1 / 4))]
    loss = consistency_loss(LOGITS, pseudo, torch.tensor([[True, True]]), reduction)
    assert float(loss) == pytest.approx(sum(entropies) * pixels / 2)
    left = consistency_loss(LOGITS, pseudo, torch.tensor([[True, False]]), reduction)
    assert float(left) == pytest.approx(entropies[0])


@pytest.mark.parametrize(("reduction", "pixels"), [("mean", 1), ("sum", 2)])
def test_the_interactive_loss_is_the_cross_entropy_with_the_marks(reduction, pixels):
    labels = torch.tensor([[1, 1]])
    entropies = [math.log(2), math.log(4)]
    loss = interactive_loss(LOGITS, labels, torch.tensor([[True, True]]), reduction)
    assert float(loss) == pytest.approx(sum(entropies) * pixels / 2)
    none = interactive_loss(LOGITS, labels, torch.tensor([[False, False]]), reduction)
    assert float(none) == 0.0


def test_a_perfect_replay_costs_nothing_and_a_wrong_one_both_losses():
    labels = torch.tensor([[[0, 1]]])
    weight = torch.ones(1, 1, 2)
    sure = torch.tensor([[[[30.0, -30.0]], [[-30.0, 30.0]]]])
    assert float(replay_loss(sure, labels, weight)) == pytest.approx(0.0, abs=1e-5)
    # Even odds: entropy log 2; Dice (2 · 0.5 + 1) / (0.5 + 0.5 + 1 + 1).
    even = replay_loss(torch.zeros(1, 2, 1, 2), labels, weight)
    assert float(even) == pytest.approx(math.log(2) + 1 - 2 / 3)


def test_the_teacher_follows_by_the_moving_average():
    teacher = {"a": torch.tensor([1.0, 2.0]), "fixed": torch.tensor([5.0])}
    follow(teacher, {"a": torch.tensor([3.0, 2.0])}, alpha=0.99)
    torch.testing.assert_close(teacher["a"], torch.tensor([1.02, 2.0]))
    assert teacher["fixed"].item() == 5.0


def test_thick_strokes_drop_pixels_that_both_labels_reach():
    one, two = np.zeros((7, 15), bool), np.zeros((7, 15), bool)
    one[:, 5], two[:, 9] = True, True
    labels, marked = thick_strokes({1: one, 2: two}, blur=1.0)
    thin = thick_strokes({1: one, 2: two}, blur=0.0)[1]
    assert marked.sum() > thin.sum()
    assert (labels[marked & one] == 1).all()
    assert (labels[marked & two] == 2).all()
    assert not marked[:, 7].any()
    both = thick_strokes({1: one, 2: one}, blur=0.0)[1]
    assert not both.any()


def test_marks_of_every_kind_say_which_voxels_have_which_label():
    shape = (20, 20)
    prompts = [
        Scribble(1, ((2, 3, 3), (2, 3, 9)), 1),
        Lasso(2, ((2, 10, 10), (2, 10, 15), (2, 15, 12))),
        Click(0, (2, 3, 5)),
        Paint(
            Region((2, 18, 0), (3, 20, 4)),
            np.full((1, 2, 4), 3, np.uint8),
            np.arange(8).reshape(1, 2, 4) % 2 == 0,
        ),
        Click(1, (1, 0, 0)),
    ]
    fixed = fixed_labels(prompts, 2, shape)
    assert fixed[3, 3] == 1
    assert fixed[3, 5] == 0
    assert fixed[12, 12] == 2
    assert fixed[18, 0] == 3
    assert fixed[18, 1] == 255
    assert fixed[0, 0] == 255
    covers = stroke_covers(prompts, 2, shape)
    assert covers[1][3, 5], "the stroke once covered what the click then took"
    assert set(covers) == {0, 1, 2, 3}


def test_settings_come_as_text_or_numbers():
    config = read_config(Config(), {"gamma": "1.5", "steps": 3, "roi": "false"})
    assert (config.gamma, config.steps, config.roi) == (1.5, 3, False)


@pytest.mark.parametrize(
    "settings",
    [{"gama": 1}, {"steps": "many"}, {"optimizer": "lion"}, {"roi": 3}, {"steps": 1.5}],
)
def test_settings_that_mean_nothing_are_refused(settings):
    with pytest.raises(EngineFailed) as caught:
        read_config(Config(), settings)
    assert caught.value.code == "engine:bad-config"


def test_the_published_rule_is_the_sources():
    assert (PUBLISHED.optimizer, PUBLISHED.alpha, PUBLISHED.gamma) == ("sgd", 0.99, 2.0)
    assert PUBLISHED.augmentations_max == 16
    assert not PUBLISHED.replay_steps
    assert not PUBLISHED.guard
    assert (PUBLISHED.prior, PUBLISHED.fill) == ("none", "none")
