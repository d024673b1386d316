"""Voxels and points are one another's inverse, however the volume lies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_worker.contract.errors import PromptError
from inference_worker.contract.geometry import Geometry, Region

angles = st.floats(-np.pi, np.pi)
spacings = st.floats(0.1, 8).flatmap(
    lambda s: st.sampled_from([s, -s])  # a negative one flips the axis
)


def rotation(a: float, b: float) -> np.ndarray:
    about_z = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    about_x = [[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]]
    return np.asarray(about_z) @ np.asarray(about_x)


@given(a=angles, b=angles, scale=st.tuples(spacings, spacings, spacings))
def test_oblique_flipped_and_anisotropic_volumes_round_trip(a, b, scale):
    affine = np.eye(4)
    affine[:3, :3] = rotation(a, b)[:, ::-1] * scale
    affine[:3, 3] = (-120.5, 33.25, 900)
    geometry = Geometry((30, 40, 50), affine)
    voxels = np.array([[0, 0, 0], [29, 39, 49], [3.25, 17, 8.5]])
    back = geometry.to_voxels(geometry.to_points(voxels))
    np.testing.assert_allclose(back, voxels, atol=1e-8)
    np.testing.assert_allclose(geometry.spacing, np.abs(scale))


def test_the_first_column_of_the_affine_is_the_step_between_slices():
    affine = np.array(
        [[0, 0, 0.7, -100], [0, 0.7, 0, -90], [5, 0, 0, 40], [0, 0, 0, 1.0]]
    )
    geometry = Geometry((4, 8, 8), affine)
    np.testing.assert_allclose(
        geometry.to_points([2, 1, 3]), [[-100 + 2.1, -90 + 0.7, 50]]
    )


def test_a_voxel_outside_is_refused_with_both_values():
    geometry = Geometry((4, 8, 8), np.eye(4))
    geometry.check_voxels([[0, 0, 0], [3, 7, 7]])
    with pytest.raises(PromptError) as refused:
        geometry.check_voxels([[0, 0, 0], [4, 0, 0]])
    assert refused.value.code == "prompt:outside-volume"
    assert refused.value.extra == {"voxel": [4, 0, 0], "shape": [4, 8, 8]}


def test_a_singular_affine_is_refused():
    with pytest.raises(ValueError, match="invertible"):
        Geometry((1, 1, 1), np.zeros((4, 4)))


def test_a_region_is_cut_into_its_slices():
    region = Region((2, 1, 1), (4, 5, 6))
    assert [r.start for r in region.each_slice()] == [(2, 1, 1), (3, 1, 1)]
    assert region.within((4, 5, 6))
    assert not region.within((3, 5, 6))
