"""The log takes nothing that its engine, volume or project would refuse."""

import numpy as np
import pytest

from inference_worker.contract.catalog import ENGINES
from inference_worker.contract.errors import PromptError
from inference_worker.contract.geometry import Geometry, Region
from inference_worker.contract.prompts import (
    KINDS,
    Box,
    Click,
    ExtremePoints,
    Lasso,
    Paint,
    Propagate,
    Scribble,
    Visit,
)
from inference_worker.contract.validation import check_prompts

GEOMETRY = Geometry((4, 16, 16), np.eye(4))


def check(*prompts, engine="continual"):
    check_prompts(prompts, spec=ENGINES[engine], geometry=GEOMETRY, labels={1, 2})


def paint(value: int) -> Paint:
    region = Region((0, 0, 0), (1, 2, 2))
    where = np.array([[[True, False], [False, False]]])
    return Paint(region, np.array([[[value, 9], [0, 0]]], np.uint8), where)


def test_good_prompts_pass():
    check(
        Click(0, (3, 15, 15)),
        Scribble(2, ((0, 0, 0), (0, 4, 4)), 5),
        Box(1, Region((0, 0, 0), (4, 16, 16))),
        paint(2),
        Visit(3),
    )


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        (Click(1, (4, 0, 0)), "prompt:outside-volume"),
        (Scribble(1, ((0, 0, 0), (0, 0, 16))), "prompt:outside-volume"),
        (Lasso(1, ((0, 0, 0), (0, 0, 5), (0, 99, 5))), "prompt:outside-volume"),
        (Box(1, Region((0, 0, 0), (1, 17, 1))), "prompt:outside-volume"),
        (Visit(-1), "prompt:outside-volume"),
        (Click(3, (0, 0, 0)), "prompt:unknown-label"),
        (paint(3), "prompt:unknown-label"),
        (Propagate(0), "prompt:not-taken"),
        (ExtremePoints(1, ((0, 5, 3), (3, 5, 3))), "prompt:across-slices"),
    ],
)
def test_a_bad_prompt_is_refused_with_its_code(prompt, code):
    with pytest.raises(PromptError) as refused:
        check(Visit(0), prompt)
    assert refused.value.code == code


def test_outermost_points_across_the_slices_are_for_engines_of_any_plane():
    check(ExtremePoints(1, ((0, 5, 3), (3, 5, 3))), engine="prism")


def test_an_empty_turn_is_refused():
    with pytest.raises(PromptError) as refused:
        check()
    assert refused.value.code == "prompt:empty"


def test_every_engine_lists_only_prompts_that_exist():
    for name, spec in ENGINES.items():
        assert spec.name == name
        assert spec.prompts <= KINDS.keys()
