"""What was not marked stays, what was marked and not met may move."""

import math

import torch

from inference_worker.planar.anchor import standing, strayed


def test_pixels_far_from_an_unmet_mark_stand_and_the_mark_is_free():
    violated = torch.zeros(1, 1, 41, dtype=torch.bool)
    violated[0, 0, 0] = True
    stands = standing(violated, 10.0)[0, 0]
    assert stands[0] == 0
    assert math.isclose(float(stands[10]), 1 - math.exp(-0.5), rel_tol=1e-5)
    assert stands[40] > 0.999
    assert (stands.diff() > 0).all()


def test_where_every_mark_is_met_all_stands():
    stands = standing(torch.zeros(1, 3, 4, dtype=torch.bool), 10.0)
    assert (stands == 1).all()


def test_straying_is_the_divergence_where_it_counts():
    before = torch.tensor([0.75, 0.25]).log().reshape(1, 2, 1, 1).repeat(1, 1, 1, 2)
    now = before.clone()
    now[..., 1] = 0  # (½, ½) in the second pixel
    both, first = torch.ones(1, 1, 2), torch.tensor([[[1.0, 0.0]]])
    divergence = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    torch.testing.assert_close(strayed(now, before, both), torch.tensor(divergence / 2))
    torch.testing.assert_close(strayed(now, before, first), torch.tensor(0.0))
