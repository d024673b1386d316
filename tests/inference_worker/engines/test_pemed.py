"""PE-MED asks for one label at a time and remembers what it put out."""

import numpy as np
import pytest

from inference_worker import engines
from inference_worker.contract.errors import EngineFailed
from inference_worker.contract.geometry import Region
from inference_worker.contract.marks import UNMARKED
from inference_worker.contract.prompts import Box, Click
from inference_worker.engines.pemed import thickened, with_middles
from tests.inference_worker.engines.cases import LABELS, grey_volume, tiny_pemed


def build(weights, **config):
    return engines.build("pemed", weights=tiny_pemed(weights), config=config)


def answer(engine, *turns):
    state = engine.open(grey_volume(), LABELS)
    for prompts in turns:
        shown = [p.labels for p in engine.step(state, prompts)][-1]
    return shown, state


def test_each_marked_label_leaves_an_output_for_the_next_turn(weights):
    turns = [Click(1, (0, 18, 14)), Click(3, (0, 22, 34))], [Click(1, (0, 25, 14))]
    _, state = answer(build(weights), *turns)
    assert set(state.outputs) == {(0, 1), (0, 3)}
    assert all(array.dtype == np.float16 for array in state.outputs.values())


def test_a_click_of_one_label_counts_against_the_others(weights):
    engine = build(weights)
    alone = answer(engine, [Click(1, (0, 18, 14))])[1]
    beside = answer(engine, [Click(1, (0, 18, 14)), Click(3, (0, 22, 34))])[1]
    assert not np.array_equal(alone.outputs[0, 1], beside.outputs[0, 1])


@pytest.mark.parametrize("idea", ["self_loop", "palm_i", "palm_o", "tsip"])
def test_an_idea_is_switched_off_by_its_setting(weights, idea):
    turns = [Click(1, (0, 18, 14))], [Click(1, (0, 25, 14))]
    own = answer(build(weights), *turns)[1].outputs[0, 1]
    without = answer(build(weights, **{idea: False}), *turns)[1].outputs[0, 1]
    assert not np.array_equal(own, without)


def test_an_unknown_setting_is_refused(weights):
    with pytest.raises(EngineFailed) as refused:
        build(weights, steps=3)
    assert refused.value.code == "engine:bad-config"


def test_a_box_is_a_click_in_its_middle_and_bounds_its_label(weights):
    inside = np.zeros((40, 48), dtype=bool)
    inside[10:21, 6:17] = True
    said = np.full(inside.shape, UNMARKED, np.uint8)
    marks = with_middles(said, {1: inside})
    assert np.argwhere(marks != UNMARKED).tolist() == [[15, 11]]
    box = Box(1, Region((0, 10, 6), (1, 21, 17)))
    shown, _ = answer(build(weights), [box])
    assert not shown[0][~inside].any()


def test_marks_are_thickened_to_discs():
    marked = np.zeros((20, 20), dtype=bool)
    marked[9, 9] = True
    disc = thickened(marked)
    assert disc[9, 12] == disc[12, 9] == 1
    assert disc[12, 12] == 0
    assert not thickened(np.zeros_like(marked)).any()
