"""f-BRS bends features, never weights, until the marks are met."""

import numpy as np
import torch

from inference_worker.contract.engine import Label, Volume
from inference_worker.contract.geometry import Geometry
from inference_worker.contract.prompts import Scribble, Visit
from inference_worker.engines.fbrs import DEFAULTS, FeatureRefinement
from inference_worker.nets import build_network, wrap_module
from inference_worker.nets.preprocessing import Frame, Preprocessing
from inference_worker.planar.engine import PlanarEngine


def opened():
    module = build_network(
        "unet", encoder="resnet18", width=8, classes=3, channels=1, seed=0
    )
    base = wrap_module(
        module,
        ("background", "liver", "pancreas"),
        preprocessing=Preprocessing(frame=Frame(longest=64)),
    )
    engine = PlanarEngine("f-brs", FeatureRefinement(base, DEFAULTS | {"layers": 0}))
    voxels = np.random.default_rng(0).normal(0, 50, (2, 64, 64)).astype(np.int16)
    volume = Volume(voxels, Geometry((2, 64, 64), np.eye(4)), "CT", (40, 400), "d")
    labels = (Label(1, "liver"), Label(2, "pancreas"))
    return engine, engine.open(volume, labels), base


def test_marks_are_met_and_their_neighbourhood_follows():
    engine, state, _ = opened()
    bar = Scribble(1, ((0, 30, 10), (0, 30, 50)), 5)
    first, last = (p.labels[0] for p in engine.step(state, [bar]))
    ring = np.zeros(last.shape, bool)
    ring[24:37, 10:51] = True
    ring[27:34] = False
    assert (last[30, 10:51] == 1).all()
    assert (last == 1)[ring].mean() > (first == 1)[ring].mean()


def test_weights_and_other_slices_stay_as_they_were():
    engine, state, base = opened()
    before = {n: p.clone() for n, p in base.module.named_parameters()}
    alone = [p.labels for p in engine.step(opened()[1], [Visit(1)])][-1]
    list(engine.step(state, [Scribble(1, ((0, 8, 8), (0, 20, 20)), 5)]))
    after = [p.labels for p in engine.step(state, [Visit(1)])][-1]
    np.testing.assert_array_equal(after, alone)
    for name, parameter in base.module.named_parameters():
        assert torch.equal(parameter, before[name])
