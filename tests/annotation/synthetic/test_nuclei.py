"""The synthetic micrograph: dark nuclei where its truth says."""

import numpy as np

from annotation.synthetic.nuclei import micrograph


def test_one_seed_makes_one_micrograph() -> None:
    first, again = micrograph(5, side=96, nuclei=8), micrograph(5, side=96, nuclei=8)
    assert first.voxels.shape == (1, 96, 96, 3)
    assert first.voxels.dtype == np.uint8
    assert np.array_equal(first.voxels, again.voxels)
    assert np.array_equal(first.labels, again.labels)


def test_nuclei_are_darker_in_red_than_what_surrounds_them() -> None:
    made = micrograph(1, side=192, nuclei=30)
    red = made.voxels[..., 0]
    inside = made.labels == 1
    assert 0.02 < inside.mean() < 0.6
    assert red[inside].mean() < red[~inside].mean() - 40
