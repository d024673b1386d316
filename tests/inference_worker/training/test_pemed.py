"""PE-MED's training: clicks add up, a cut run continues, what it writes is read."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from inference_worker.contract.errors import WeightsRefused
from inference_worker.nets.pemed import SMALL, PEMed, PEMedShape
from inference_worker.nets.prompted import load_prompted
from inference_worker.training import pemed
from inference_worker.training.pemed import answer_clicks, train
from inference_worker.training.targets import Pools, draw_targets, phantom

NOTHING = Pools((), {"train": [], "held_out": []})
TINY = replace(
    SMALL, widths=(8, 8, 8, 8), depths=(1, 1, 1, 1), heads=(1, 1, 1, 1), decoder=8
)


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setattr(pemed, "SMALL", TINY)
    monkeypatch.setattr(pemed, "BATCH", 2)


def test_a_phantom_shows_its_target_and_more():
    image, target = phantom(64, np.random.default_rng(3))
    assert image.shape == (1, 64, 64)
    assert image.dtype == np.float32
    assert 0 <= image.min() < image.max() <= 1
    assert 0 < target.sum() < target.size


def test_targets_are_drawn_alike_by_the_same_seed():
    first, again = (
        draw_targets(NOTHING, 48, 3, np.random.default_rng(5)) for _ in range(2)
    )
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1].shape == (3, 48, 48)
    assert first[1].any(axis=(1, 2)).all()


def test_each_click_is_answered_and_the_last_is_learnt_from():
    torch.manual_seed(0)
    net = PEMed(TINY)
    images, truth = draw_targets(NOTHING, 64, 2, np.random.default_rng(0))
    one = answer_clicks(net, torch.from_numpy(images), truth, 1)
    three = answer_clicks(net, torch.from_numpy(images), truth, 3)
    assert three.shape == (2, 64, 64)
    assert not torch.equal(one, three)
    three.mean().backward()
    assert net.head.weight.grad.abs().sum() > 0


def test_a_run_that_was_cut_continues_as_if_it_never_was(tmp_path):
    whole = train(NOTHING, tmp_path / "whole", steps=4, side=32)
    train(NOTHING, tmp_path / "cut", steps=4, side=32, stop_after=2)
    cut = train(NOTHING, tmp_path / "cut", steps=4, side=32)
    assert whole.read_bytes() == cut.read_bytes()
    assert (tmp_path / "cut" / "losses.png").is_file()


def test_what_it_writes_is_read_with_the_ideas_left_out(tmp_path):
    path = train(NOTHING, tmp_path, steps=1, side=32, without=["tsip"])
    model = load_prompted(str(path), "pemed", PEMedShape, PEMed)
    assert model.shape == replace(TINY, tsip=False)
    assert not any(p.requires_grad for p in model.module.parameters())
    facts = json.loads(path.with_suffix(".json").read_text())["training"]
    assert facts["without"] == ["tsip"]
    assert facts["steps"] == 1


def test_weights_that_are_altered_or_of_another_network_are_refused(tmp_path):
    path = train(NOTHING, tmp_path, steps=1, side=32)
    with pytest.raises(WeightsRefused) as refused:
        load_prompted(str(path), "mem3d", PEMedShape, PEMed)
    assert refused.value.code == "weights:does-not-fit"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(WeightsRefused) as refused:
        load_prompted(str(path), "pemed", PEMedShape, PEMed)
    assert refused.value.code == "weights:altered"
