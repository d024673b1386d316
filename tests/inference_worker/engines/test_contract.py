"""What every engine promises (contract/engine.py), asked of every engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from inference_worker.contract.catalog import ENGINES
from inference_worker.contract.engine import Engine, Prediction, Snapshot, Volume
from inference_worker.contract.errors import PromptError
from inference_worker.contract.geometry import Region
from inference_worker.contract.marks import UNMARKED, marks_on_slice
from inference_worker.contract.prompts import (
    KINDS,
    Accept,
    Box,
    Click,
    ExtremePoints,
    Lasso,
    Paint,
    Prompt,
    Propagate,
    Scribble,
    Visit,
)
from inference_worker.engines import available
from inference_worker.snapshots import pack_state, read_state, write_atomically
from tests.inference_worker.engines.cases import (
    CASES,
    LABELS,
    SHAPE,
    Case,
    colour_volume,
    grey_volume,
    painted,
    story,
    stroke,
)
from tests.inference_worker.engines.elsewhere import continue_elsewhere

pytestmark = pytest.mark.usefixtures("toy_engine", "pinned_arithmetic")

ONE_OF_EACH: dict[str, Prompt] = {
    "click": Click(1, (0, 5, 5)),
    "scribble": stroke(1, 0, 18, 10),
    "box": Box(1, Region((0, 8, 4), (1, 29, 25))),
    "extreme_points": ExtremePoints(1, ((0, 9, 14), (0, 27, 14))),
    "lasso": Lasso(1, ((0, 9, 9), (0, 9, 20), (0, 20, 14))),
    "paint": painted(0),
    "propagate": Propagate(0, 1, 1),
    "accept": Accept(0),
    "visit": Visit(0),
}


@pytest.fixture(params=CASES, ids=str)
def case(request) -> Case:
    return request.param


@pytest.fixture
def engine(case, weights) -> Engine[Any]:
    return case.build(weights)


def take(
    engine: Engine[Any], state: Any, turns: Sequence[Sequence[Prompt]]
) -> list[Prediction]:
    return [
        prediction for prompts in turns for prediction in engine.step(state, prompts)
    ]


def frozen(snapshot: Snapshot) -> Snapshot:
    """A copy of ``snapshot`` that shares nothing with the state."""
    arrays = {name: np.array(array) for name, array in snapshot.arrays.items()}
    return Snapshot(arrays, dict(snapshot.header))


def assert_same_answers(found: Sequence[Any], expected: Sequence[Any]) -> None:
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.region == b.region
        np.testing.assert_array_equal(a.labels, b.labels)
        assert dict(a.quality) == dict(b.quality)


def assert_same_state(found: Snapshot, expected: Snapshot) -> None:
    assert found.header == expected.header
    assert found.arrays.keys() == expected.arrays.keys()
    for name, array in found.arrays.items():
        np.testing.assert_array_equal(array, expected.arrays[name], err_msg=name)


def shown_after(predictions: Sequence[Prediction], shape: Any) -> np.ndarray:
    labels = np.zeros(shape, np.uint8)
    for prediction in predictions:
        labels[prediction.region.slices] = prediction.labels
    return labels


def test_the_suite_asks_every_engine_there_is():
    assert {case.name for case in CASES} == {*available(), "toy"}
    assert set(available()) == set(ENGINES)


def test_it_is_what_the_catalogue_says(case, engine):
    assert engine.spec == ENGINES[case.name]
    assert engine.spec.prompts <= set(KINDS)


def test_its_predictions_are_label_maps_of_regions(engine):
    state = engine.open(grey_volume(), LABELS)
    values = {0, *(label.value for label in LABELS)}
    for prompts in story(engine):
        fractions = []
        for prediction in engine.step(state, prompts):
            assert prediction.region.within(SHAPE)
            assert prediction.labels.dtype == np.uint8
            assert prediction.labels.shape == prediction.region.shape
            assert set(np.unique(prediction.labels).tolist()) <= values
            assert all(0 <= q <= 1 for q in prediction.quality.values())
            if prediction.probability is not None:
                assert prediction.probability.dtype == np.float16
                shape = (len(LABELS), *prediction.region.shape)
                assert prediction.probability.shape == shape
            fractions.append(prediction.fraction)
        assert fractions == sorted(fractions)
        assert all(0 < fraction < 1 for fraction in fractions[:-1])
        assert fractions[-1:] in ([], [1.0])


def test_a_visit_is_answered_on_its_slice(engine):
    state = engine.open(grey_volume(), LABELS)
    turns = [[Visit(1)], [stroke(1, 1, 18, 11)], [Accept(1), Visit(2)]]
    for prompts, index in zip(turns, (1, 1, 2), strict=True):
        asked = Region.of_slice(index, SHAPE)
        predictions = take(engine, state, [prompts])
        assert any(prediction.region == asked for prediction in predictions)


def test_marks_show_their_label_from_the_first_answer_on(engine):
    state = engine.open(grey_volume(), LABELS)
    said: list[Prompt] = []
    for prompts in story(engine):
        said += [prompt for prompt in prompts if not isinstance(prompt, Paint)]
        paint_after = any(isinstance(prompt, Paint) for prompt in prompts)
        for prediction in engine.step(state, prompts):
            for part in prediction.region.each_slice():
                index = part.start[0]
                marks = marks_on_slice(said, index, SHAPE[1:])[part.slices[1:]]
                if paint_after or index == 1:
                    continue  # what was painted there is the next test's
                shown = prediction.labels[index - prediction.region.start[0]]
                marked = marks != UNMARKED
                np.testing.assert_array_equal(shown[marked], marks[marked])


def test_what_was_painted_stays_until_it_is_marked(engine):
    state = engine.open(grey_volume(), LABELS)
    paint = painted(1)
    mark = Click(0, (1, 4, 7))
    turns = [[Visit(1)], [paint], [stroke(1, 1, 30, 10)], [mark], [Visit(1)]]
    predictions = take(engine, state, turns)
    shown = shown_after(predictions, SHAPE)
    expected = np.where(paint.where, paint.labels, shown[paint.region.slices])
    expected[0, 0, 1] = 0
    np.testing.assert_array_equal(shown[paint.region.slices], expected)


def test_several_labels_in_one_turn_all_show(engine):
    state = engine.open(grey_volume(), LABELS)
    turn = [stroke(label.value, 0, 8 + 8 * i, 6) for i, label in enumerate(LABELS)]
    shown = shown_after(take(engine, state, [turn]), SHAPE)
    assert {label.value for label in LABELS} <= set(np.unique(shown[0]).tolist())


def test_the_same_turns_give_the_same_answers(case, weights):
    runs = []
    for disturbance in (1, 2):
        engine = case.build(weights)
        state = engine.open(grey_volume(), LABELS)
        predictions = []
        for prompts in story(engine):
            torch.manual_seed(disturbance)  # somebody else's random numbers
            np.random.default_rng(disturbance)
            predictions += take(engine, state, [prompts])
        runs.append((predictions, frozen(engine.save(state))))
    assert_same_answers(runs[0][0], runs[1][0])
    assert_same_state(runs[0][1], runs[1][1])


def test_two_sessions_never_touch(engine):
    volumes = (grey_volume(seed=1), grey_volume(seed=2))
    turns = story(engine)
    others = [*turns[1:], turns[0]]
    alone = []
    for volume, told in zip(volumes, (turns, others), strict=True):
        alone.append(take(engine, engine.open(volume, LABELS), told))
    states = [engine.open(volume, LABELS) for volume in volumes]
    together: list[list[Prediction]] = [[], []]
    for pair in zip(turns, others, strict=True):
        # Both steps are under way at once, prediction by prediction.
        steps = [
            iter(engine.step(state, said))
            for state, said in zip(states, pair, strict=True)
        ]
        waiting = [0, 1]
        while waiting:
            for number in list(waiting):
                prediction = next(steps[number], None)
                if prediction is None:
                    waiting.remove(number)
                else:
                    together[number].append(prediction)
    for found, expected in zip(together, alone, strict=True):
        assert_same_answers(found, expected)


def test_torch_is_as_it_was_between_two_predictions(engine):
    state = engine.open(grey_volume(), LABELS)
    for prompts in story(engine):
        for prediction in engine.step(state, prompts):
            # A mode that is entered around a yield would hold for whoever comes next.
            assert torch.is_grad_enabled(), prediction.stage
            assert not torch.is_inference_mode_enabled(), prediction.stage
            assert not torch.is_autocast_enabled("cpu"), prediction.stage


def test_undoing_a_turn_is_never_having_taken_it(engine):
    volume, turns = grey_volume(), story(engine)
    without = engine.open(volume, LABELS)
    take(engine, without, turns[:3])
    kept = frozen(engine.save(without))
    expected = take(engine, without, turns[4:])

    with_it = engine.open(volume, LABELS)
    take(engine, with_it, turns[:4])
    replayed = engine.open(volume, LABELS)
    take(engine, replayed, turns[:3])
    assert_same_state(engine.save(replayed), kept)
    assert_same_answers(take(engine, replayed, turns[4:]), expected)
    woken = engine.load(volume, LABELS, kept)
    assert_same_answers(take(engine, woken, turns[4:]), expected)


def test_a_step_left_at_any_prediction_never_happened(engine):
    volume = grey_volume()
    state = engine.open(volume, LABELS)
    for prompts in story(engine):
        before = frozen(engine.save(state))
        twin = engine.load(volume, LABELS, before)
        expected = take(engine, twin, [prompts])
        for leave_at in range(len(expected)):
            steps = iter(engine.step(state, prompts))
            for _ in range(leave_at + 1):
                next(steps)
            del steps
            assert_same_state(engine.save(state), before)
        assert_same_answers(take(engine, state, [prompts]), expected)


def test_a_stored_state_goes_on_in_another_process(
    case, engine, weights, another_process, tmp_path
):
    turns = story(engine)
    state = engine.open(grey_volume(), LABELS)
    expected, jobs = [], []
    for number, prompts in enumerate(turns):
        if number in (2, len(turns) - 2):
            stored = tmp_path / f"{number}.safetensors"
            write_atomically(stored, pack_state(engine.save(state), {}))
            jobs.append((stored, number, len(expected)))
        expected += [p.labels for p in engine.step(state, prompts)]
    for stored, number, known in jobs:
        found = another_process.submit(
            continue_elsewhere, case.name, weights, stored, number
        ).result(timeout=120)
        assert len(found) == len(expected) - known
        for a, b in zip(found, expected[known:], strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_snapshot_does_not_change_with_the_session(engine, tmp_path):
    turns = story(engine)
    state = engine.open(grey_volume(), LABELS)
    take(engine, state, turns[:3])
    snapshot = engine.save(state)
    before = frozen(snapshot)
    take(engine, state, turns[3:])
    assert_same_state(snapshot, before)
    path = tmp_path / "state.safetensors"
    path.write_bytes(pack_state(snapshot, {}))
    assert_same_state(read_state(path)[0], before)


def test_an_unknown_prompt_is_refused_before_anything_changes(engine):
    state = engine.open(grey_volume(), LABELS)
    take(engine, state, story(engine)[:2])
    before = frozen(engine.save(state))
    refused = replace(engine.spec, prompts=frozenset(set(KINDS) - engine.spec.prompts))
    for kind in refused.prompts:
        with pytest.raises(PromptError) as caught:
            next(iter(engine.step(state, [Visit(0), ONE_OF_EACH[kind]])))
        assert caught.value.code == "prompt:not-taken"
    assert_same_state(engine.save(state), before)


def test_every_kind_it_takes_is_answered_or_learned_from(engine):
    for kind in engine.spec.prompts:
        state = engine.open(grey_volume(), LABELS)
        take(engine, state, [[Visit(0)]])
        before = frozen(engine.save(state))
        predictions = take(engine, state, [[ONE_OF_EACH[kind]]])
        after = engine.save(state)
        changed = after.header != before.header or any(
            not np.array_equal(array, before.arrays.get(name))
            for name, array in after.arrays.items()
        )
        assert predictions or changed, kind


@pytest.mark.parametrize(
    "volume",
    [colour_volume(), grey_volume(depth=1)],
    ids=["colour", "one slice"],
)
def test_it_works_on_other_images(engine, volume: Volume):
    state = engine.open(volume, LABELS)
    turns = story(engine, depth=volume.shape[0])
    predictions = take(engine, state, turns)
    shown = shown_after(predictions, volume.shape)
    last_word = [stroke(1, 0, 18, 10), stroke(3, 0, 22, 30)]
    for mark in last_word:
        assert isinstance(mark, Scribble)
        assert shown[mark.voxels[1]] == mark.label


def test_closing_leaves_a_carry_that_another_volume_opens_with(engine, tmp_path):
    state = engine.open(grey_volume(), LABELS)
    take(engine, state, story(engine))
    carry = engine.close(state)
    if carry is None:
        assert not engine.spec.learns
        return
    path = tmp_path / "carry.safetensors"
    path.write_bytes(pack_state(carry, {}))
    stored, _ = read_state(path)
    runs = []
    for each in (frozen(carry), stored):
        opened = engine.open(grey_volume(seed=5), LABELS, carry=each)
        runs.append(take(engine, opened, story(engine)[:3]))
    assert_same_answers(*runs)
