"""The click network learns from clicks that the simulated annotator sets."""

import numpy as np
import torch

from inference_worker.training.focal import normalised_focal_loss
from inference_worker.training.ritm import guide, next_click


def disk(y: int, x: int, radius: int) -> np.ndarray:
    rows, columns = np.mgrid[:40, :40]
    return (rows - y) ** 2 + (columns - x) ** 2 < radius**2


def test_the_next_click_lies_in_the_largest_error_and_knows_its_sign():
    truth, shown = disk(12, 12, 9), disk(30, 30, 5)
    disc, positive = next_click(shown, truth)
    assert positive
    assert disc[12, 12]
    disc, positive = next_click(truth | shown, truth)
    assert not positive
    assert disc[30, 30]
    assert next_click(truth, truth) is None


def test_the_mask_in_between_is_told_and_clicks_add_up():
    def always_right_half(image, guidance):
        target = torch.where(torch.arange(40) >= 20, 5.0, -5.0).expand(1, 40, 40)
        return torch.stack([-target, target], dim=1)

    truth = disk(20, 8, 6)[None]
    guidance = guide(always_right_half, torch.zeros(1, 1, 40, 40), truth, 2)
    assert guidance[0, 0, 20, 8] == 1
    assert guidance[0, 1, :, 20:].any()
    assert (guidance[0, 2, :, 20:] > 0.5).all()


def test_the_normalised_focal_loss_weighs_what_is_wrong():
    target = torch.tensor([[[True, True]]])
    logits = torch.tensor([[[0.0, 4.0]]])
    share = torch.sigmoid(logits)
    weight = (1 - share) ** 2
    expected = -(weight / weight.mean() * share.log()).mean()
    torch.testing.assert_close(normalised_focal_loss(logits, target), expected)
