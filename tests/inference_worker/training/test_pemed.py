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
from inference_worker.training.examples import Example
from inference_worker.training.pemed import Phase, answer_marks, next_mark, train
from inference_worker.training.targets import Pools, draw_targets, phantom

NOTHING = Pools((), {"train": [], "held_out": []})
SHORT = (Phase(0.5, 32, 2), Phase(1.0, 64, 1))
TINY = replace(
    SMALL, widths=(8, 8, 8, 8), depths=(1, 1, 1, 1), heads=(1, 1, 1, 1), decoder=8
)


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setattr(pemed, "SMALL", TINY)


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


def test_the_first_and_the_last_answer_are_learnt_from():
    torch.manual_seed(0)
    net = PEMed(TINY)
    images, truth = draw_targets(NOTHING, 64, 2, np.random.default_rng(0))
    image = torch.from_numpy(images)
    (one,) = answer_marks(net, image, truth, 1, np.random.default_rng(0))
    first, last = answer_marks(net, image, truth, 3, np.random.default_rng(0))
    assert torch.equal(one, first)
    assert last.shape == (2, 64, 64)
    assert not torch.equal(first, last)
    for answer in (first, last):
        net.zero_grad()
        answer.mean().backward(retain_graph=True)
        assert net.head.weight.grad.abs().sum() > 0
        assert net.stages[0].embed[0].weight.grad.abs().sum() > 0


def test_marks_are_discs_and_strokes_in_the_largest_error():
    truth = np.zeros((48, 48), dtype=bool)
    truth[10:40, 12:30] = True
    sizes = set()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        disc, adds = next_mark(np.zeros_like(truth), truth, rng)
        assert adds
        assert disc[truth].sum() > 0.5 * disc.sum()
        sizes.add(int(disc.sum()))
    assert min(sizes) == 29
    assert len(sizes) > 2
    assert next_mark(truth, truth, np.random.default_rng(0)) is None


def test_a_fitted_view_may_hold_a_whole_slice_of_any_size():
    plane = np.zeros((128, 128), dtype=np.uint8)
    plane[32:96, 32:96] = 1
    example = Example("p", 200 * plane, plane, np.ones(2, bool), plane > 0)
    pools = Pools(((example,),), {"train": [], "held_out": []})
    drawn = [
        draw_targets(pools, 64, 20, np.random.default_rng(0), fitted=fitted)[1]
        for fitted in (True, False)
    ]
    fitted, cropped = (np.median(targets.mean(axis=(1, 2))) for targets in drawn)
    assert fitted < 0.35 < cropped


def test_a_run_that_was_cut_continues_as_if_it_never_was(tmp_path):
    whole = train(NOTHING, tmp_path / "whole", steps=4, phases=SHORT)
    train(NOTHING, tmp_path / "cut", steps=4, phases=SHORT, stop_after=2)
    cut = train(NOTHING, tmp_path / "cut", steps=4, phases=SHORT)
    assert whole.read_bytes() == cut.read_bytes()
    assert (tmp_path / "cut" / "losses.png").is_file()


def test_what_it_writes_is_read_with_the_ideas_left_out(tmp_path):
    path = train(NOTHING, tmp_path, steps=1, phases=SHORT, without=["tsip"])
    model = load_prompted(str(path), "pemed", PEMedShape, PEMed)
    assert model.shape == replace(TINY, tsip=False)
    assert not any(p.requires_grad for p in model.module.parameters())
    facts = json.loads(path.with_suffix(".json").read_text())["training"]
    assert facts["without"] == ["tsip"]
    assert facts["steps"] == 1


def test_weights_that_are_altered_or_of_another_network_are_refused(tmp_path):
    path = train(NOTHING, tmp_path, steps=1, phases=SHORT)
    with pytest.raises(WeightsRefused) as refused:
        load_prompted(str(path), "mem3d", PEMedShape, PEMed)
    assert refused.value.code == "weights:does-not-fit"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(WeightsRefused) as refused:
        load_prompted(str(path), "pemed", PEMedShape, PEMed)
    assert refused.value.code == "weights:altered"
