"""Mem3D reads by cosine similarity what its memory holds."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from inference_worker.nets.mem3d import KINDS, SMALL, SOURCE, Mem3D

TINY = replace(SMALL, width=8, decoder=8, roi=32)


@pytest.mark.parametrize(
    ("shape", "width", "pixels"),
    [(SMALL, 96, 16), (SOURCE, 1024, 0)],
    ids=["small", "source"],
)
def test_keys_and_values_are_an_eighth_and_a_half_of_the_features(shape, width, pixels):
    net = Mem3D(shape).eval()
    image, mask = torch.rand(1, 1, 64, 96), torch.rand(1, 1, 64, 96)
    grid = (64 // 2**shape.depth, 96 // 2**shape.depth)
    with torch.no_grad():
        query, cell = net.ask(image), net.remember(image, mask)
        answer = net.segment(query, [cell, cell], (64, 96))
        score = net.quality(answer.features, answer.logits.sigmoid())
    assert query.key.shape == (1, width // 8, *grid)
    assert cell.value.shape == (1, width // 2 + pixels, *grid)
    assert answer.features.shape == (1, width, *grid)
    assert answer.logits.shape == (1, 1, 64, 96)
    assert (answer.carried is None) == (pixels == 0)
    assert score.shape == (1,)


def places(window):
    """Centres of a grid of 4 by 4 in a window, as rows and columns of its slice."""
    side = (torch.arange(4) + 0.5) / 4 - 0.5
    return torch.cartesian_prod(side, side) * window[3] + window[1:3]


@pytest.mark.parametrize("local", [False, True])
def test_reading_is_a_softmax_over_all_places_of_all_cells(local):
    torch.manual_seed(0)
    net = Mem3D(replace(TINY, local=local)).eval()
    image, mask = torch.rand(2, 1, 32, 32), torch.rand(2, 1, 32, 32)
    here = torch.tensor([[7.0, 50.0, 60.0, 40.0], [7.0, 20.0, 30.0, 24.0]])
    there = torch.tensor([[5.0, 54.0, 58.0, 60.0], [8.0, 20.0, 30.0, 24.0]])
    with torch.no_grad():
        query = net.ask(image, here)
        cells = [net.remember(image, mask, here), net.remember(image, 1 - mask, there)]
        features, _ = net.read(query, cells)
        keys = torch.cat([c.key.flatten(2) for c in cells], 2)
        values = torch.cat([c.value[:, :8].flatten(2) for c in cells], 2)
        s = torch.einsum(
            "bkp,bkq->bpq",
            functional.normalize(keys, dim=1),
            functional.normalize(query.key.flatten(2), dim=1),
        )
        scaled = s * net.log_temperature.exp()
        if local:
            for row in range(2):
                at = places(here[row])
                half = here[row, 3] / 2
                for number, window in enumerate((here[row], there[row])):
                    far2 = (torch.cdist(places(window), at) / half) ** 2
                    fade = torch.log1p((window[0] - here[row, 0]).abs())
                    scaled[row, 16 * number : 16 * number + 16] -= (
                        far2 / (2 * torch.exp(2 * net.log_reach))
                        + net.log_fade.exp() * fade
                    )
        w = scaled.softmax(dim=1)
        h = torch.einsum("bpq,bvp->bvq", w, values).reshape(query.value.shape)
    assert s.abs().max() <= 1 + 1e-5
    expected = torch.cat([h, query.value], 1)
    torch.testing.assert_close(features, expected, rtol=1e-3, atol=1e-4)


def test_a_remembered_mask_is_read_where_it_lies():
    torch.manual_seed(0)
    net = Mem3D(TINY).eval()
    image, mask = torch.rand(1, 1, 32, 32), torch.zeros(1, 1, 32, 32)
    mask[..., 8:24, 8:24] = 1
    here = torch.tensor([[1.0, 50.0, 50.0, 32.0]])
    moved = torch.tensor([[0.0, 50.0, 42.0, 32.0]])  # a quarter to the left
    with torch.no_grad():
        _, same = net.read(net.ask(image, here), [net.remember(image, mask, here)])
        _, left = net.read(net.ask(image, here), [net.remember(image, mask, moved)])
    assert same.shape == (1, 1, 16, 16)
    assert same[..., 4:12, 4:12].mean() > 0.7 > 0.4 > same[..., :4].mean()
    assert left[..., 4:12, 0:8].mean() > 0.6 > 0.4 > left[..., 12:].mean()


def test_without_its_memory_a_mask_stays_where_it_lies_whatever_slices_look_like():
    torch.manual_seed(0)
    without = Mem3D(replace(TINY, matched=False)).eval()
    with_it = Mem3D(TINY).eval()
    with_it.load_state_dict(without.state_dict())
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 8:24, 8:24] = 1
    image, others = torch.rand(1, 1, 32, 32), torch.rand(2, 1, 1, 32, 32)
    with torch.no_grad():
        for net, alike in ((without, True), (with_it, False)):
            query = net.ask(image)
            read = [net.read(query, [net.remember(each, mask)]) for each in others]
            features, carried = zip(*read, strict=True)
            assert torch.equal(*features) == alike
            assert torch.allclose(*carried) == alike
    assert carried[0][..., 4:12, 4:12].mean() > 0.7 > 0.4 > carried[0][..., :4].mean()


def test_a_memory_that_could_hold_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing would be remembered"):
        replace(TINY, matched=False, carried=False)


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
