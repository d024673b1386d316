"""Mem3D reads by cosine similarity what its memory holds."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from inference_worker.nets.mem3d import KINDS, SMALL, SOURCE, Mem3D

TINY = replace(SMALL, width=8, decoder=8, roi=32)


@pytest.mark.parametrize(
    ("shape", "width"), [(SMALL, 96), (SOURCE, 1024)], ids=["small", "source"]
)
def test_keys_and_values_are_an_eighth_and_a_half_of_the_features(shape, width):
    net = Mem3D(shape).eval()
    image, mask = torch.rand(1, 1, 64, 96), torch.rand(1, 1, 64, 96)
    stride = 2**shape.depth
    with torch.no_grad():
        query, cell = net.ask(image), net.remember(image, mask)
        logits, features = net.segment(query, [cell, cell], (64, 96))
        score = net.quality(features, logits.sigmoid())
    assert query.key.shape == (1, width // 8, 64 // stride, 96 // stride)
    assert cell.value.shape == (1, width // 2, 64 * 96 // stride**2)
    assert features.shape == (1, width, 64 // stride, 96 // stride)
    assert logits.shape == (1, 1, 64, 96)
    assert score.shape == (1,)


@pytest.mark.parametrize("local", [False, True])
def test_reading_is_a_softmax_over_the_cosines_of_all_places_of_all_cells(local):
    torch.manual_seed(0)
    net = Mem3D(replace(TINY, local=local)).eval()
    image, mask = torch.rand(2, 1, 32, 32), torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        query = net.ask(image)
        cells = [net.remember(image, mask), net.remember(image, 1 - mask)]
        features = net.read(query, cells)
        keys = torch.cat([c.key for c in cells], 2)
        values = torch.cat([c.value for c in cells], 2)
        s = torch.einsum(
            "bkp,bkq->bpq",
            functional.normalize(keys, dim=1),
            functional.normalize(query.key.flatten(2), dim=1),
        )
        scaled = s * net.log_temperature.exp()
        if local:
            side = (torch.arange(4) + 0.5) / 2 - 1
            at = torch.cartesian_prod(side, side)
            far2 = (torch.cdist(at, at) ** 2).repeat(2, 1)
            scaled = scaled - far2 / (2 * torch.exp(2 * net.log_reach))
        w = scaled.softmax(dim=1)
        h = torch.einsum("bpq,bvp->bvq", w, values).reshape(query.value.shape)
    assert s.abs().max() <= 1 + 1e-5
    expected = torch.cat([h, query.value], 1)
    torch.testing.assert_close(features, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_prompt_has_a_network_that_sees_what_it_is_told(kind):
    torch.manual_seed(0)
    net = Mem3D(replace(TINY, shared=False)).eval()
    image, half = torch.rand(1, 1, 32, 32), torch.full((1, 1, 32, 32), 0.5)
    marked = torch.zeros_like(half)
    marked[..., 10:14, 10:14] = 1
    with torch.no_grad():
        answers = [net.interact(kind, image, half, told) for told in (marked, -marked)]
    assert answers[0].shape == (1, 1, 32, 32)
    assert not torch.equal(*answers)
