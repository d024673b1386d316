import json

import pytest

from inference_worker.contract.errors import WeightsRefused
from inference_worker.evaluation.splits import check_split, seen_patients


def write(path, header):
    weights = path / "model.safetensors"
    weights.with_suffix(".json").write_text(json.dumps(header))
    return str(weights)


HEADER = {
    "training": {
        "patients": {"train": ["PANCREAS_0001", "10001"], "held_out": ["btcv_03"]}
    }
}


def test_a_patient_on_both_sides_is_refused(tmp_path):
    weights = write(tmp_path, HEADER)
    with pytest.raises(WeightsRefused, match="PANCREAS_0001-1106"):
        check_split(["btcv_00", "PANCREAS_0001-1106"], weights, allow_seen=False)


def test_a_flipped_copy_is_the_same_patient(tmp_path):
    weights = write(tmp_path, HEADER)
    with pytest.raises(WeightsRefused):
        check_split(["flipped_10001_103"], weights, allow_seen=False)


def test_patients_held_out_are_welcome(tmp_path):
    weights = write(tmp_path, HEADER)
    assert check_split(["btcv_03", "btcv_00"], weights, allow_seen=False) == []


def test_seen_patients_may_be_allowed_and_are_named(tmp_path):
    weights = write(tmp_path, HEADER)
    cases = ["mirrored_10001_1", "btcv_00"]
    assert check_split(cases, weights, allow_seen=True) == ["mirrored_10001_1"]


def test_patients_are_found_in_every_form_of_list():
    assert seen_patients({"patients": ["a"]}) == {"a"}
    assert seen_patients({"patients": {"train": ["a"], "validation": ["b"]}}) == {
        "a",
        "b",
    }
    assert seen_patients({"patients": {"train": {"set": ["a"]}, "test": ["c"]}}) == {
        "a"
    }
    assert seen_patients({}) == set()
