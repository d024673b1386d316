"""Methods without weights find a disk from a stroke in it."""

import numpy as np
import pytest

from inference_worker.contract.engine import Label, Volume
from inference_worker.contract.geometry import Geometry, Region
from inference_worker.contract.prompts import (
    Accept,
    Box,
    Click,
    Paint,
    Scribble,
    Visit,
)
from inference_worker.engines import build

LABELS = (Label(1, "left"), Label(2, "right"))
SHAPE = (3, 96, 128)
METHODS = ["geodesic", "random_walker", "grabcut"]


def disks() -> np.ndarray:
    y, x = np.mgrid[: SHAPE[1], : SHAPE[2]]
    truth = np.zeros(SHAPE[1:], np.uint8)
    truth[(y - 48) ** 2 + (x - 36) ** 2 < 20**2] = 1
    truth[(y - 48) ** 2 + (x - 92) ** 2 < 16**2] = 2
    return truth


def volume(colours: bool = False) -> Volume:
    levels = np.array([0, 120, 60])
    noise = np.random.default_rng(0).normal(0, 8, SHAPE)
    voxels = levels[disks()] + noise
    if colours:
        voxels = np.clip(np.repeat(voxels[..., None], 3, axis=3) + 40, 0, 255)
        voxels = voxels.astype(np.uint8)
    affine = np.diag([3.0, 1.0, 1.0, 1.0])
    return Volume(voxels, Geometry(SHAPE, affine), "CT", (60.0, 200.0), "d")


def stroke(label: int, x: int, z: int = 0) -> Scribble:
    return Scribble(label, ((z, 42, x), (z, 54, x)), 3)


def answer(engine, state, *prompts) -> np.ndarray:
    return [p.labels for p in engine.step(state, prompts)][-1][0]


def dice(mask: np.ndarray, label: int) -> float:
    truth = disks() == label
    found = mask == label
    return 2 * (truth & found).sum() / (truth.sum() + found.sum())


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("colours", [False, True], ids=["grey", "rgb"])
def test_two_strokes_find_two_disks(name, colours):
    engine = build(name)
    state = engine.open(volume(colours), LABELS)
    mask = answer(engine, state, stroke(1, 36), stroke(2, 92))
    assert dice(mask, 1) > 0.9
    assert dice(mask, 2) > 0.85


@pytest.mark.parametrize("name", METHODS)
def test_a_box_alone_finds_its_disk(name):
    engine = build(name)
    state = engine.open(volume(), LABELS)
    mask = answer(engine, state, Box(1, Region((0, 26, 14), (1, 70, 58))))
    assert dice(mask, 1) > 0.9


@pytest.mark.parametrize("name", METHODS)
def test_a_background_mark_takes_away(name):
    engine = build(name)
    state = engine.open(volume(), LABELS)
    answer(engine, state, stroke(1, 36), stroke(2, 92))
    mask = answer(engine, state, stroke(0, 92))
    assert mask[48, 92] == 0
    assert dice(mask, 1) > 0.9


@pytest.mark.parametrize("name", METHODS)
def test_without_marks_there_is_no_label(name):
    engine = build(name)
    assert not answer(engine, engine.open(volume(), LABELS), Visit(1)).any()


def test_a_mark_speaks_for_the_neighbours_in_3d():
    engine = build("geodesic", config={"3d": "1"})
    state = engine.open(volume(), LABELS)
    answer(engine, state, stroke(1, 36), stroke(0, 64))
    assert dice(answer(engine, state, Visit(1)), 1) > 0.85


def test_copying_shows_the_nearest_accepted_mask():
    engine = build("copy_previous")
    state = engine.open(volume(), LABELS)
    region = Region((0, 26, 14), (1, 70, 58))
    truth = disks()[None, 26:70, 14:58]
    answer(engine, state, Visit(0), Paint(region, truth, truth > 0))
    copied = answer(engine, state, Accept(0), Visit(1))
    assert dice(copied, 1) == 1.0
    edited = answer(engine, state, Click(0, (1, 48, 36)))
    assert edited[48, 36] == 0
    assert (edited != copied).sum() == 1


def test_by_hand_shows_what_was_painted_and_no_more():
    engine = build("manual")
    state = engine.open(volume(), LABELS)
    region = Region((1, 0, 0), (2, 4, 4))
    where = np.zeros((1, 4, 4), bool)
    where[0, :2] = True
    mask = answer(engine, state, Paint(region, np.full((1, 4, 4), 2, np.uint8), where))
    assert (mask == 2).sum() == 8
    assert not answer(engine, state, Visit(2)).any()
