"""Planes in space: ordered by where they lie, and refused where no affine says it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.standards.stack import Plane, arrange, placement_notices
from inference_worker.contract.errors import ImportRefused

ALONG, DOWN, UP = np.eye(3)


def planes_at(heights: list[float], **changes: object) -> list[Plane]:
    made = {"along_x": ALONG, "along_y": DOWN, "spacing": (0.8, 0.7), **changes}
    return [Plane(position=np.array([5, 6, h]), **made) for h in heights]


def rotation(a: float, b: float, c: float) -> np.ndarray:
    """Rotation about z, y and x, written out."""
    z = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    y = [[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]]
    x = [[1, 0, 0], [0, np.cos(c), -np.sin(c)], [0, np.sin(c), np.cos(c)]]
    return np.array(z) @ np.array(y) @ np.array(x)


angles = st.floats(-3.1, 3.1)
sizes = st.floats(0.2, 9)


@given(
    turn=st.tuples(angles, angles, angles),
    spacing=st.tuples(sizes, sizes, sizes),
    shear=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    origin=st.tuples(*[st.floats(-500, 500)] * 3),
    order=st.permutations(range(6)),
)
def test_every_voxel_lands_where_its_slice_says_it_lies(
    turn: tuple, spacing: tuple, shear: tuple, origin: tuple, order: list[int]
) -> None:
    along, down, normal = rotation(*turn).T
    step = spacing[0] * normal + shear[0] * along + shear[1] * down
    planes = [
        Plane(np.array(origin) + index * step, along, down, spacing[1:])
        for index in order
    ]
    stack = arrange(planes)
    for z, which in enumerate(stack.order):
        plane = planes[which]
        for row, column in [(0, 0), (7, 3)]:
            expected = (
                plane.position
                + row * plane.spacing[0] * plane.along_y
                + column * plane.spacing[1] * plane.along_x
            )
            found = (stack.affine @ [z, row, column, 1])[:3]
            assert found == pytest.approx(expected, abs=1e-6)
    assert stack.affine[:3, 0] @ normal > 0


def test_slices_ascend_along_their_normal_whatever_their_order() -> None:
    stack = arrange(planes_at([9, 3, 6]))
    assert stack.order == (1, 2, 0)
    assert stack.affine[:3, 0] == pytest.approx([0, 0, 3])
    assert stack.notices == ()


def test_one_slice_takes_its_thickness() -> None:
    stack = arrange(planes_at([4], thickness=2.5))
    assert stack.affine[:3, 0] == pytest.approx([0, 0, 2.5])


def test_a_tilted_gantry_is_kept_exactly_and_said() -> None:
    tilt = np.radians(18.5)
    down = np.array([0, np.cos(tilt), np.sin(tilt)])
    planes = planes_at([0, 4, 8], along_y=down)
    stack = arrange(planes)
    assert stack.affine[:3, 0] == pytest.approx([0, 0, 4])
    assert "tilted by 18.5°" in stack.notices[0]


def test_rounded_positions_are_taken_and_said() -> None:
    stack = arrange(planes_at([0, 1.1, 2.2, 3.2, 4.3, 5.4]))
    assert stack.affine[2, 0] == pytest.approx(1.08, abs=0.01)
    assert "off an even spacing" in stack.notices[0]


@pytest.mark.parametrize(
    ("heights", "code", "words"),
    [
        (
            [0, 2, 4, 8, 10],
            "import:missing-slices",
            "1 slices are missing .after slice 3",
        ),
        ([0, 2, 4, 10, 12], "import:missing-slices", "2 slices are missing"),
        ([0, 1.08, 5.08, 12.08], "import:uneven-spacing", "1.08, 4, 7 mm"),
        ([0, 1, 2.5, 3.5, 4.5], "import:uneven-spacing", "1, 1.5 mm"),
        ([0, 2, 2, 4], "import:overlapping-slices", "at the same place"),
    ],
)
def test_what_no_affine_can_say_is_refused(
    heights: list[float], code: str, words: str
) -> None:
    with pytest.raises(ImportRefused, match=words) as refused:
        arrange(planes_at(heights))
    assert refused.value.code == code


def test_other_orientations_and_pixel_sizes_are_refused() -> None:
    turned = planes_at([3], along_x=DOWN, along_y=UP)
    with pytest.raises(ImportRefused) as refused:
        arrange(planes_at([0]) + turned)
    assert refused.value.code == "import:mixed-orientation"
    with pytest.raises(ImportRefused) as refused:
        arrange(planes_at([0]) + planes_at([3], spacing=(0.9, 0.7)))
    assert refused.value.code == "import:mixed-spacing"


@pytest.mark.parametrize(
    "changes",
    [
        {"along_y": np.array([0.1, 0.99, 0])},
        {"along_y": np.zeros(3)},
        {"along_x": np.array([2.0, 0, 0])},
        {"spacing": (0.0, 1.0)},
        {"spacing": (float("nan"), 1.0)},
    ],
)
def test_directions_that_span_no_slice_are_refused(changes: dict) -> None:
    with pytest.raises(ImportRefused) as refused:
        arrange(planes_at([0], **changes))
    assert refused.value.code == "import:geometry"


def test_a_sheared_slice_of_an_affine_is_refused_and_a_sheared_stack_said() -> None:
    affine = np.eye(4)[[2, 1, 0, 3]]
    assert placement_notices(affine) == ()
    tilted = affine.copy()
    tilted[:3, 0] = [0, 0.5, 1]
    assert "tilted by 26.6°" in placement_notices(tilted)[0]
    sheared = affine.copy()
    sheared[:3, 1] = [0.1, 1, 0]
    with pytest.raises(ImportRefused):
        placement_notices(sheared)
