"""The moving average of weights that a training leaves behind."""

import pytest
import torch
from torch import nn

from inference_worker.training.average import early, follow


def test_weights_follow_and_counters_are_copied():
    net = nn.BatchNorm1d(2)
    averaged = {name: value.clone() for name, value in net.state_dict().items()}
    with torch.no_grad():
        net.weight.fill_(3.0)
        net.num_batches_tracked.fill_(7)
    follow(averaged, net, decay=0.75)
    torch.testing.assert_close(averaged["weight"], torch.full((2,), 1.5))
    assert int(averaged["num_batches_tracked"]) == 7


def test_the_first_steps_are_soon_forgotten():
    assert early(0.99, 0) == pytest.approx(0.1)
    assert early(0.99, 10_000) == 0.99
