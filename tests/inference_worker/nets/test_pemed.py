"""PE-MED answers clicks at both sizes; each of its ideas can be switched off."""

from dataclasses import replace

import pytest
import torch

from inference_worker.nets.pemed import SMALL, SOURCE, PEMed


def click_maps(side: int) -> tuple[torch.Tensor, torch.Tensor]:
    positive, negative = torch.zeros(1, 1, side, side), torch.zeros(1, 1, side, side)
    positive[..., 10:15, 10:15] = 1
    return positive, negative


@pytest.mark.parametrize("shape", [SMALL, SOURCE], ids=["small", "source"])
@pytest.mark.parametrize("side", [64, 96])
def test_logits_have_the_shape_of_the_clicks(shape, side):
    net = PEMed(shape).eval()
    with torch.no_grad():
        f_i = net.encode(torch.rand(1, 1, side, side))
        first = net.first_passes(f_i, *click_maps(side))
        second = net(f_i, *click_maps(side), first.sigmoid(), first)
    assert first.shape == second.shape == (1, 1, side, side)


@pytest.mark.parametrize("idea", ["self_loop", "palm_i", "palm_o", "tsip"])
def test_an_idea_switched_off_changes_the_answer_and_still_learns(idea):
    torch.manual_seed(0)
    net = PEMed(replace(SMALL, **{idea: False}))
    f_i = net.encode(torch.rand(2, 1, 64, 64))
    maps = [m.expand(2, -1, -1, -1) for m in click_maps(64)]
    first = net.first_passes(f_i, *maps)
    net(f_i, *maps, first.sigmoid(), first).mean().backward()
    assert all(
        torch.isfinite(p.grad).all() for p in net.parameters() if p.grad is not None
    )


def test_the_place_of_a_first_click_is_not_lost_in_the_prompts():
    torch.manual_seed(0)
    net = PEMed(SMALL).eval()
    positive, nothing = click_maps(64)
    with torch.no_grad():
        e_p = net.prompts(positive, nothing, nothing)
        far = net.prompts(nothing, nothing, nothing)
    change = (e_p - far).abs().sum(dim=1)[0]
    assert change[2:5, 2:5].mean() > 4 * change[10:, 10:].mean()


def test_ideas_are_switched_back_on_but_never_built_anew():
    torch.manual_seed(0)
    net = PEMed(replace(SMALL, tsip=False)).eval()
    f_i = net.encode(torch.rand(1, 1, 64, 64))
    own = net.first_passes(f_i, *click_maps(64))
    net.use(palm_i=False, self_loop=False, tsip=True)
    assert not torch.equal(net.first_passes(f_i, *click_maps(64)), own)
    assert not net.shape.tsip
    net.use()
    torch.testing.assert_close(net.first_passes(f_i, *click_maps(64)), own)


def test_without_memory_or_loop_the_network_is_called_as_printed():
    torch.manual_seed(0)
    net = PEMed(SMALL).eval()
    positive, negative = click_maps(64)
    with torch.no_grad():
        f_i = net.encode(torch.rand(1, 1, 64, 64))
        m_0 = net(f_i, positive, negative, torch.zeros_like(positive))
        m_1 = net(f_i, positive, negative, m_0.sigmoid())
        expected = m_1 + torch.sigmoid(net.memory(m_0))
        answer = net.first_passes(f_i, positive, negative)
    torch.testing.assert_close(answer, expected)
