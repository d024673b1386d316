"""Label values: the project's stay; pictures and object numbers become its label."""

import numpy as np
import pytest

from annotation.standards.label_values import as_labels
from inference_worker.contract.errors import ImportRefused


def test_the_project_s_own_values_stay() -> None:
    found = np.array([[[0, 6, 11], [0, 11, 6]]], dtype=np.float32)
    labels, notices = as_labels(found, {6, 11})
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, found)
    assert notices == ()


def test_values_of_other_things_become_background_and_are_said() -> None:
    labels, notices = as_labels(np.array([[[1, 6, 250]]]), {6, 11})
    assert labels.tolist() == [[[0, 6, 0]]]
    assert "1, 250" in notices[0]


def test_a_black_and_white_picture_is_set_above_half() -> None:
    blurred = np.array([[[0, 3, 100, 200, 254, 255, 255]]], dtype=np.uint8)
    labels, notices = as_labels(blurred, {2})
    assert labels.tolist() == [[[0, 0, 0, 2, 2, 2, 2]]]
    assert notices == ()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_numbered_objects_are_joined(dtype: type) -> None:
    objects = np.arange(240, dtype=dtype).reshape(1, 15, 16)
    labels, notices = as_labels(objects, {1})
    assert int(labels.sum()) == 239
    assert "239 numbered objects" in notices[0]


def test_an_empty_mask_is_empty() -> None:
    labels, notices = as_labels(np.zeros((1, 2, 2), np.uint8), {1, 2})
    assert not labels.any()
    assert notices == ()


@pytest.mark.parametrize(
    "found", [np.array([[[0.2, 0.7]]]), np.array([[[0, 7, 9]]])], ids=["soft", "other"]
)
def test_what_is_no_label_is_refused(found: np.ndarray) -> None:
    with pytest.raises(ImportRefused) as refused:
        as_labels(found, {1, 2})
    assert refused.value.code == "import:label-values"
