"""Axes turned for the eye and back: every voxel keeps its place in the patient."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.standards.orientation import (
    RAS_TO_LPS,
    find_grid,
    grid_of,
    onto,
)
from inference_worker.contract.errors import ImportRefused
from inference_worker.contract.geometry import Geometry

angles = st.floats(-3.1, 3.1)


@st.composite
def affines(draw: st.DrawFn) -> np.ndarray:
    """Any rotation, anisotropic spacing, axes swapped and reversed; RAS."""
    a, b, c = (draw(angles) for _ in range(3))
    z = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    x = [[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]]
    again = [[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]]
    turned = np.array(z) @ np.array(x) @ np.array(again)
    spacing = [draw(st.floats(0.3, 6)) for _ in range(3)]
    signs = [draw(st.sampled_from([-1, 1])) for _ in range(3)]
    order = draw(st.permutations(range(3)))
    affine = np.eye(4)
    affine[:3, :3] = (turned * spacing * signs)[:, order]
    affine[:3, 3] = [draw(st.floats(-300, 300)) for _ in range(3)]
    return affine


@given(affine=affines(), shape=st.tuples(*[st.integers(2, 5)] * 3))
def test_every_voxel_keeps_its_place_and_its_value(
    affine: np.ndarray, shape: tuple[int, int, int]
) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    grid = find_grid(shape, affine)
    slices = grid.to_slices(array)
    to_lps = grid.affine_of_slices(shape)
    for z, y, x in [(0, 0, 0), (1, 0, 1), tuple(n - 1 for n in slices.shape)]:
        i, j, k = np.argwhere(array == slices[z, y, x])[0]
        right, front, up = (affine @ [i, j, k, 1])[:3]
        assert (to_lps @ [z, y, x, 1])[:3] == pytest.approx([-right, -front, up])
    assert np.array_equal(grid.to_file(slices), array)


@given(affine=affines())
def test_slices_ascend_along_their_normal_and_are_shown_upright(
    affine: np.ndarray,
) -> None:
    grid = find_grid((4, 5, 6), affine)
    step, down, along = grid.affine_of_slices((4, 5, 6))[:3, :3].T
    assert step @ np.cross(along, down) > 0
    if abs(step[2]) > 0.8 * np.linalg.norm(step):  # axial
        assert along @ [1, 0, 0] + down @ [0, 1, 0] > 0


def test_the_axis_is_the_patient_s_unless_slices_are_clearly_coarser() -> None:
    even = np.diag([1.0, 1, 1, 1])
    assert find_grid((9, 9, 9), even).axes[0] == 2
    coarse = np.diag([4.0, 1, 1, 1])
    assert find_grid((9, 9, 9), coarse).axes[0] == 0
    slightly = np.diag([1.4, 1, 1, 1])
    assert find_grid((9, 9, 9), slightly).axes[0] == 2
    assert find_grid((9, 1, 9), even).axes[0] == 1


def test_a_plain_ras_volume_is_shown_as_radiologists_hang_it() -> None:
    grid = find_grid((4, 5, 6), np.eye(4))
    along = grid.affine_of_slices((4, 5, 6))
    # Columns count to the patient's left, rows to the back, slices to the head.
    assert along[:3, 2] == pytest.approx([1, 0, 0])
    assert along[:3, 1] == pytest.approx([0, 1, 0])
    assert along[:3, 0] == pytest.approx([0, 0, 1])


def test_coronal_and_sagittal_slices_have_the_head_on_top() -> None:
    for axis, columns in ((1, [1, 0, 0]), (0, [0, 1, 0])):
        spacing = np.ones(4)
        spacing[axis] = 5
        grid = find_grid((4, 5, 6), np.diag(spacing))
        along = grid.affine_of_slices((4, 5, 6))
        assert grid.axes[0] == axis
        assert along[:3, 2] == pytest.approx(columns)
        assert along[:3, 1] == pytest.approx([0, 0, -1])


@pytest.mark.parametrize("flaw", [np.zeros((4, 4)), np.full((4, 4), np.nan)])
def test_an_affine_that_places_nothing_is_refused(flaw: np.ndarray) -> None:
    with (
        np.errstate(all="ignore"),
        pytest.raises(ImportRefused) as refused,
    ):
        find_grid((4, 5, 6), flaw)
    assert refused.value.code == "import:geometry"


def test_a_grid_comes_back_from_json_and_defaults_to_xyz() -> None:
    affine = np.diag([2.0, 3, 4, 1])
    grid = find_grid((4, 5, 6), affine)
    again = grid_of({"grid": grid.as_json()}, np.eye(4))
    assert (again.axes, again.flips) == (grid.axes, grid.flips)
    assert np.array_equal(again.affine, affine)
    volume = np.arange(6).reshape(1, 2, 3)
    own = grid_of({}, np.diag([4.0, 3, 2, 1])[[2, 1, 0, 3]])
    assert np.array_equal(own.to_file(volume), volume.transpose(2, 1, 0))
    assert own.affine[:3, :3] == pytest.approx(np.diag([-2.0, -3, 4]))


@given(
    affine=affines(),
    order=st.permutations(range(3)),
    flips=st.tuples(*[st.booleans()] * 3),
)
def test_labels_in_another_axis_order_find_their_voxels(
    affine: np.ndarray, order: list[int], flips: tuple[bool, bool, bool]
) -> None:
    shape = (3, 4, 5)
    geometry = Geometry(shape, affine)
    labels = np.random.default_rng(0).integers(0, 4, shape)
    saved, saved_affine = labels, affine
    step = np.eye(4)[:, [*order, 3]]
    saved, saved_affine = saved.transpose(order), saved_affine @ step
    for axis, flip in enumerate(flips):
        if flip:
            back = np.eye(4)
            back[axis, axis], back[axis, 3] = -1, saved.shape[axis] - 1
            saved, saved_affine = np.flip(saved, axis), saved_affine @ back
    assert np.array_equal(onto(geometry, saved, saved_affine), labels)


@pytest.mark.parametrize("what", ["shifted", "finer", "turned", "smaller"])
def test_labels_on_other_voxels_are_refused(what: str) -> None:
    geometry = Geometry((4, 4, 4), np.eye(4))
    labels, affine = np.zeros((4, 4, 4)), np.eye(4)
    if what == "shifted":
        affine[0, 3] = 0.5
    elif what == "finer":
        affine[0, 0] = 0.8
    elif what == "turned":
        affine[:2, :2] = [[0.8, -0.6], [0.6, 0.8]]
    else:
        labels = labels[1:]
    with pytest.raises(ImportRefused) as refused:
        onto(geometry, labels, affine)
    assert refused.value.code == "import:label-grid"


def test_ras_to_lps_undoes_itself() -> None:
    assert np.array_equal(RAS_TO_LPS @ RAS_TO_LPS, np.eye(4))
