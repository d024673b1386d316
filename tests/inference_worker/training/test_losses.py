"""The marginal loss speaks only of what a data set labels."""

import pytest
import torch

from inference_worker.training.losses import (
    IGNORED,
    marginal_log_probability,
    marginal_loss,
)

LIVER_ONLY = torch.tensor([[True, True, False]])


def random_logits(seed=0):
    return 2 * torch.randn(1, 3, 6, 6, generator=torch.Generator().manual_seed(seed))


def square_target():
    target = torch.zeros(1, 6, 6, dtype=torch.int64)
    target[:, 2:4, 2:4] = 1
    return target


def test_shares_sum_to_one_over_what_is_labelled():
    share = marginal_log_probability(random_logits(), LIVER_ONLY).exp()
    torch.testing.assert_close(share.sum(dim=1), torch.ones(1, 6, 6))
    assert (share[:, 2] == 0).all()


def test_with_every_class_labelled_it_is_the_plain_loss():
    logits, target = random_logits(), square_target()
    everything = torch.ones(1, 3, dtype=torch.bool)
    share = marginal_log_probability(logits, everything)
    torch.testing.assert_close(share, logits.log_softmax(dim=1))
    entropy = torch.nn.functional.cross_entropy(logits, target)
    torch.testing.assert_close(-share.gather(1, target[:, None]).mean(), entropy)


def test_moving_probability_between_background_and_an_unlabelled_class_is_free():
    """Any split of the same mass costs the same, so nothing is said of class 2."""
    share = random_logits().softmax(dim=1)
    moved = share.clone()
    amount = 0.7 * share[:, 2]
    moved[:, 0] += amount
    moved[:, 2] -= amount
    target = square_target()
    torch.testing.assert_close(
        marginal_loss(share.log(), target, LIVER_ONLY),
        marginal_loss(moved.log(), target, LIVER_ONLY),
    )


def test_the_gradient_along_that_split_is_zero():
    logits = random_logits().requires_grad_(True)
    marginal_loss(logits, square_target(), LIVER_ONLY).backward()
    share = logits.detach().softmax(dim=1)
    # Direction in logits that moves mass from class 2 to background, keeping the sum.
    along = logits.grad[:, 0] / share[:, 0] - logits.grad[:, 2] / share[:, 2]
    torch.testing.assert_close(along, torch.zeros_like(along), atol=1e-6, rtol=0)
    assert logits.grad[:, 1].abs().max() > 1e-4


def test_a_labelled_class_is_still_pushed_away_where_it_is_not():
    both = torch.tensor([[True, True, True]])
    logits = random_logits().requires_grad_(True)
    marginal_loss(logits, square_target(), both).backward()
    assert (logits.grad[:, 2].sum()) > 0


def test_images_of_several_sets_share_a_batch():
    logits = random_logits().repeat(2, 1, 1, 1).requires_grad_(True)
    labelled = torch.tensor([[True, True, False], [True, False, True]])
    target = torch.cat([square_target(), 2 * square_target()])
    loss = marginal_loss(logits, target, labelled)
    loss.backward()
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("right", [True, False])
def test_the_loss_is_small_only_for_the_right_answer(right):
    target = square_target()
    truth = torch.nn.functional.one_hot(target, 3).permute(0, 3, 1, 2).float()
    logits = 20 * (truth if right else 1 - truth)
    loss = marginal_loss(logits, target, torch.ones(1, 3, dtype=torch.bool))
    # Class 2 is nowhere, and rightly found nowhere: its Dice is 1.
    assert (loss < 0.01) if right else (loss > 1)


def test_ignored_pixels_say_nothing():
    target = square_target()
    target[:, 4:] = IGNORED
    logits = random_logits().requires_grad_(True)
    marginal_loss(logits, target, LIVER_ONLY).backward()
    assert (logits.grad[:, :, 4:] == 0).all()
    assert (logits.grad[:, :, :4] != 0).any()
    other = random_logits()
    other[:, :, 4:] += 3 * torch.randn(1, 3, 2, 6)
    torch.testing.assert_close(
        marginal_loss(random_logits(), target, LIVER_ONLY),
        marginal_loss(other, target, LIVER_ONLY),
    )
