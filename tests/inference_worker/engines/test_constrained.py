"""Scribble-constrained inference, equation by equation, on networks of no training."""

import math

import numpy as np
import pytest
import torch

from inference_worker.contract.engine import Label, Volume
from inference_worker.contract.errors import EngineFailed
from inference_worker.contract.geometry import Geometry
from inference_worker.contract.marks import UNMARKED
from inference_worker.contract.prompts import Scribble, Visit
from inference_worker.engines.constrained import Config, Constrained, build
from inference_worker.engines.constrained.growing import grow_marks
from inference_worker.engines.constrained.inference import _violation
from inference_worker.nets import build_network, precision, wrap_module
from inference_worker.nets.preprocessing import Frame, Preprocessing
from inference_worker.nets.tail import crop_features, cut_network
from inference_worker.planar.engine import PlanarEngine

LABELS = (Label(1, "liver"), Label(2, "spleen"))


def network(name: str = "unet") -> torch.nn.Module:
    return build_network(
        name, encoder="resnet18", width=8, classes=3, channels=1, seed=0
    ).eval()


def engine(**settings) -> PlanarEngine:
    base = wrap_module(
        network(),
        ("background", "liver", "pancreas"),
        preprocessing=Preprocessing(frame=Frame(longest=64)),
    )
    return PlanarEngine("constrained", Constrained(base, Config(**settings)))


def volume() -> Volume:
    y, x = np.mgrid[:64, :64]
    inside = (y - 30) ** 2 + (x - 30) ** 2 < 15**2
    noise = np.random.default_rng(0).normal(0, 5, (2, 64, 64))
    voxels = (np.where(inside, 100, -50) + noise).astype(np.int16)
    return Volume(voxels, Geometry((2, 64, 64), np.eye(4)), "CT", (40.0, 400.0), "d")


def stroke(label: int, y: int, z: int = 0) -> Scribble:
    return Scribble(label, ((z, y, 20), (z, y, 40)), 3)


def answers(own: PlanarEngine, *prompts) -> list[np.ndarray]:
    state = own.open(volume(), LABELS)
    return [p.labels[0] for p in own.step(state, prompts)]


@pytest.fixture
def _full_precision(monkeypatch):
    """As on a machine without bfloat16: what is equal is so to many digits."""
    monkeypatch.setattr(precision, "has_fast_bfloat16", lambda device: False)


@pytest.mark.usefixtures("_full_precision")
@pytest.mark.parametrize("name", ["unet", "unetpp", "deeplabv3"])
@pytest.mark.parametrize("layers", [0, 1, 2, 9])
def test_features_and_tail_are_the_network_cut_in_two(name, layers):
    whole, image = network(name), torch.rand(1, 1, 64, 64)
    entering, tail = cut_network(whole, image, layers)
    with torch.no_grad():
        torch.testing.assert_close(tail(entering), whole(image), rtol=1e-3, atol=1e-4)


def test_a_module_that_is_unknown_is_its_own_tail():
    unknown, image = torch.nn.Conv2d(1, 3, 3, padding=1), torch.rand(1, 1, 16, 16)
    entering, tail = cut_network(unknown, image, 1)
    assert entering is image
    torch.testing.assert_close(tail(entering), unknown(image))


@pytest.mark.usefixtures("_full_precision")
def test_a_crop_of_the_tail_computes_the_middle_of_the_whole():
    image = torch.rand(1, 1, 64, 64)
    entering, tail = cut_network(network(), image, 2)
    rows, columns = slice(16, 48), slice(8, 56)
    crop = tail.cropped(rows, columns)
    with torch.no_grad():
        whole = tail(entering)[..., rows, columns]
        part = crop(crop_features(entering, tail, rows, columns))
    torch.testing.assert_close(
        part[..., 12:-12, 12:-12], whole[..., 12:-12, 12:-12], rtol=1e-3, atol=1e-4
    )


def test_a_met_mark_violates_nothing_and_an_unmet_one_its_cross_entropy():
    logits = torch.tensor([[[[0.0, 3.0]], [[math.log(3.0), 0.0]]]])  # (1, 2, 1, 2)
    target = torch.tensor([[[0, 0]]])
    where = torch.tensor([[[True, True]]])
    g = _violation(logits, target, where)
    # share of class 0 is 1/4 on the left, where class 1 is shown instead
    torch.testing.assert_close(g, torch.tensor([[[math.log(4.0), 0.0]]]))
    assert _violation(logits, target, ~where).sum() == 0


def test_the_update_descends_and_is_drawn_back_to_the_pretrained_weights():
    method = engine(learning_rate=0.5, alpha=0.1).method
    start = {"w": torch.tensor([1.0, 1.0])}
    free = {"w": torch.tensor([4.0, 5.0], requires_grad=True)}  # distance 5
    moved = method._update(free, {"w": torch.tensor([2.0, 0.0])}, start)
    expected = torch.tensor([4 - 0.5 * (2 + 0.1 * 3 / 5), 5 - 0.5 * (0.1 * 4 / 5)])
    torch.testing.assert_close(moved["w"], expected)


def test_at_the_pretrained_weights_the_pull_is_nothing():
    method = engine(alpha=1.0).method
    start = {"w": torch.tensor([1.0])}
    free = {"w": torch.tensor([1.0], requires_grad=True)}
    moved = method._update(free, {"w": torch.tensor([0.0])}, start)
    assert torch.isfinite(moved["w"]).all()
    torch.testing.assert_close(moved["w"], start["w"])


def test_marks_grow_over_similar_pixels_and_stop_at_an_edge():
    grey = np.zeros((5, 9), np.float32)
    grey[:, 5:] = 0.5
    said = np.full((5, 9), UNMARKED, np.uint8)
    said[2, 1] = 1
    grown = grow_marks(said, grey, 0.1, 1000)
    assert (grown[:, :5] == 1).all()
    assert (grown[:, 5:] == UNMARKED).all()
    assert (grow_marks(said, grey, 0.1, 3) == 1).sum() == 4


def test_a_slope_is_climbed_pixel_by_pixel():
    grey = np.tile(np.linspace(0, 1, 21, dtype=np.float32), (3, 1))
    said = np.full((3, 21), UNMARKED, np.uint8)
    said[1, 0] = 2
    assert (grow_marks(said, grey, 0.06, 1000) == 2).all()
    assert (grow_marks(said, grey, 0.04, 1000) == 2).sum() == 3  # its own column


@pytest.mark.parametrize("gradient", ["lagrangian", "cross-entropy"])
@pytest.mark.parametrize("layers", [0, 1])
def test_several_labels_one_without_a_channel_are_inserted_at_once(gradient, layers):
    own = engine(  # a network of no training has nothing that should stay
        gradient=gradient,
        layers=layers,
        grow=False,
        iterations=60,
        learning_rate=1.0,
        anchor=0.0,
    )
    # "spleen" is no class of the network
    first, last = answers(own, stroke(1, 25), stroke(2, 35))
    below = np.zeros(last.shape, bool)
    below[34:37, 20:41] = True
    ring = np.zeros(last.shape, bool)
    ring[32:39, 18:43] = True
    assert (last[below] == 2).all()
    assert (last == 2)[ring & ~below].any(), "the mark taught its neighbourhood nothing"
    assert (first != last).any()


def test_what_is_far_from_an_unmet_mark_stays_if_it_is_anchored():
    settings = {"grow": False, "layers": 1, "learning_rate": 0.2, "margin": 64}
    changed = {}
    for anchor in (0.0, 2.0):
        first, last = answers(engine(anchor=anchor, **settings), stroke(1, 25))
        assert (last[24:27, 20:41] == 1).all()
        changed[anchor] = float((first != last)[45:].mean())  # marks reach 12 pixels
    assert changed[0.0] > 0.5
    assert changed[2.0] == 0


def test_a_descent_that_runs_away_leaves_the_slice_as_it_was():
    own = engine(grow=False, iterations=3, learning_rate=1e6)
    first, last = answers(own, stroke(1, 25), stroke(2, 35), stroke(0, 45))
    np.testing.assert_array_equal(first, last)


def test_a_slice_whose_marks_are_met_stays_as_it_is():
    own = engine(grow=False)
    shown = answers(own, Visit(0))[-1]
    y, x = np.argwhere(shown == 0)[0]
    met = Scribble(0, ((0, int(y), int(x)),), 1)
    np.testing.assert_array_equal(answers(own, met)[-1], shown)


def test_another_slice_begins_from_the_pretrained_weights():
    own = engine(iterations=5)
    state = own.open(volume(), LABELS)
    alone = [p.labels for p in own.step(own.open(volume(), LABELS), [Visit(1)])][-1]
    list(own.step(state, [stroke(1, 25)]))
    after = [p.labels for p in own.step(state, [Visit(1)])][-1]
    np.testing.assert_array_equal(after, alone)


def test_a_setting_that_does_not_exist_is_refused():
    with pytest.raises(EngineFailed) as refused:
        build("constrained", weights=None, config={"depth": 3}, device="cpu")
    assert refused.value.code == "engine:bad-config"
