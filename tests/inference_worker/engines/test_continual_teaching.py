"""The engine teaches: marks on three slices help those and the untouched ones after.

A tiny network is trained here, in seconds, on generated slices; the volume it then
meets has other intensities, as another scanner's would.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from inference_worker.contract.engine import Label, Volume
from inference_worker.contract.geometry import Geometry
from inference_worker.contract.prompts import Accept, Visit
from inference_worker.engines.continual import Config, Continual
from inference_worker.engines.continual.losses import replay_loss
from inference_worker.nets import Intensity, Preprocessing, build_network, wrap_module
from inference_worker.nets.preprocessing import Frame
from inference_worker.simulate.annotators import Reader
from inference_worker.simulate.hand import measured_hand, steady_hand
from inference_worker.simulate.styles import Scribbles
from inference_worker.simulate.truth import Truth, mean_dice

SIDE = 64
DEPTH = 8
LABELS = (Label(1, "liver"), Label(2, "spleen"))
MARKED, UNTOUCHED = (1, 2, 3), (4, 5, 6)
TRAINED = (0.35, 0.75, 0.55)
"""Intensity of background, liver and spleen in training."""

MET = (0.35, 0.58, 0.72)
"""The same in the volume that is read: the organs have almost changed places."""

FROZEN = {"steps": 0, "replay_steps": 0, "prior": "none"}


def organs(rng: np.random.Generator, depth: int) -> np.ndarray:
    """Two ellipses that drift from slice to slice: uint8 (depth, y, x)."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    labels = np.zeros((depth, SIDE, SIDE), np.uint8)
    middles = rng.uniform(-3, 3, (2, 2)) + np.array([[30, 20], [32, 47]])
    radii = rng.uniform(-1.5, 1.5, (2, 2)) + np.array([[15, 11], [10, 8]])
    drift = rng.uniform(-1.2, 1.2, (2, 2))
    for z in range(depth):
        for organ in (0, 1):
            (row, column) = middles[organ] + z * drift[organ]
            (tall, wide) = radii[organ]
            inside = ((y - row) / tall) ** 2 + ((x - column) / wide) ** 2 < 1
            labels[z][inside] = organ + 1
    return labels


def picture(labels: np.ndarray, tones: tuple[float, ...], rng) -> np.ndarray:
    """Noisy intensities of a mask, uint8."""
    image = np.asarray(tones)[labels] + 0.05 * rng.normal(size=labels.shape)
    return np.clip(255 * image, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def base():
    """A U-Net that has learnt the two organs at the training intensities."""
    rng = np.random.default_rng(0)
    network = build_network("unet", encoder="resnet18", width=8, classes=3, seed=0)
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(60):
        labels = np.concatenate([organs(rng, 1) for _ in range(4)])
        image = picture(labels, TRAINED, rng)[:, None].astype(np.float32) / 255
        logits = network((torch.from_numpy(image) - 0.5) / 0.25)
        target = torch.from_numpy(labels.astype(np.int64))
        loss = replay_loss(logits, target, torch.ones(labels.shape))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    shape = Preprocessing(Intensity(), Frame(longest=SIDE))
    return wrap_module(
        network.eval(), ("background", "liver", "spleen"), preprocessing=shape
    )


@pytest.fixture(scope="module")
def case():
    """Another patient: the volume, and what is true of it."""
    rng = np.random.default_rng(17)
    labels = organs(rng, DEPTH)
    geometry = Geometry(labels.shape, np.diag([3.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]])
    voxels = picture(labels, MET, rng)
    return Volume(voxels, geometry, "OT", (127.5, 255.0), "generated"), labels


def read(base, case, config: Config) -> tuple[float, float]:
    """Dice of the marked and of the untouched slices after a reading."""
    volume, truth = case
    engine = Continual("continual", base, config)
    state = engine.open(volume, LABELS)
    style = Scribbles(steady_hand(measured_hand()))
    reader = Reader(Truth(truth, [1, 2]), "generated", style, seed=4)
    canvas = np.zeros(truth.shape, np.uint8)

    def take(*prompts):
        for prediction in engine.step(state, prompts):
            canvas[prediction.region.slices] = prediction.labels

    before = []
    for index in MARKED:
        take(*before, Visit(index))
        for turn in range(3):
            correction = reader.correct(canvas[index], index, turn)
            if correction.prompts:
                take(*correction.prompts)
        before = [Accept(index)]
    marked = np.mean([mean_dice(canvas[z], truth[z]) for z in MARKED])
    take(*before)
    for index in UNTOUCHED:
        take(Visit(index))
    untouched = np.mean([mean_dice(canvas[z], truth[z]) for z in UNTOUCHED])
    return float(marked), float(untouched)


@pytest.fixture(scope="module")
def frozen(base, case):
    """The same reading without adaptation."""
    return read(base, case, replace(Config(), **FROZEN))


def test_marks_teach_the_slices_they_are_on_and_those_after(base, case, frozen):
    marked, untouched = read(base, case, Config())
    assert marked > frozen[0] + 0.03
    assert untouched > frozen[1] + 0.2


def test_the_network_alone_learns_from_accepted_slices(base, case, frozen):
    weights_only = replace(Config(), prior="none", steps=0, replay_steps=20)
    _, untouched = read(base, case, weights_only)
    assert untouched > frozen[1] + 0.1
