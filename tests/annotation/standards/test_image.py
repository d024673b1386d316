"""The normal form: numbers kept exactly in the narrowest type, and their window."""

import numpy as np
import pytest

from annotation.standards.image import make_image, narrowest, rescaled
from annotation.standards.window import default_window


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([[[-32768, 32767]]]), "<i2"),
        (np.array([[[0, 65535]]]), "<u2"),
        (np.array([[[-1, 65535]]]), "<f4"),
        (np.array([[[0.0, 7.0]]]), "<i2"),
        (np.array([[[0.5, 7.0]]]), "<f4"),
        (np.array([[[True, False]]]), "<i2"),
        (np.array([[[5, 6]]], dtype=">i4"), "<i2"),
    ],
)
def test_the_narrowest_type_that_holds_the_numbers(
    values: np.ndarray, dtype: str
) -> None:
    kept = narrowest(values)
    assert kept.dtype == np.dtype(dtype)
    assert np.array_equal(kept, values)


def test_whole_slopes_keep_whole_numbers() -> None:
    stored = np.array([65535, 0], dtype=np.uint16)
    assert rescaled(stored, 3, -7).tolist() == [196598, -7]
    assert rescaled(stored, 1.0, 0.0) is stored
    assert rescaled(stored, 0.5, 0).dtype == np.float32


def test_windows_fit_the_numbers() -> None:
    hu = np.linspace(-1000, 1000, 1000).reshape(10, 10, 10)
    assert default_window(hu, "CT") == (40.0, 400.0)
    centre, width = default_window(hu, "MR")
    assert (centre, width) == pytest.approx((5, 1970), abs=15)
    assert default_window(np.zeros((1, 2, 2, 3), np.uint8), "SM") == (128.0, 256.0)
    assert default_window(np.zeros((1, 2, 2), np.int16), "MR") == (0.0, 1.0)
    single = np.zeros((1, 100, 100), np.int16)
    single[0, 0, 0] = 9
    assert default_window(single, "MR") == (4.5, 9.0)


def test_an_image_has_the_shape_of_its_voxels() -> None:
    image = make_image(
        np.full((2, 3, 4), np.inf), np.eye(4), modality="MR", name="x", notices=("a",)
    )
    assert image.geometry.shape == (2, 3, 4)
    assert image.notices == ("a", "24 voxels without a number were set to 0.")
