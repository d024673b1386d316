"""Guessed labels keep to anatomy, and never overrule what a set says."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from inference_worker.nets import Intensity, Preprocessing, wrap_module
from inference_worker.training.examples import Example, body_of
from inference_worker.training.guesses import check_unseen, guess_labels
from inference_worker.training.losses import IGNORED


class BrightIsLiver(nn.Module):
    """Logits that follow the intensity: above 0.5 liver, the more the surer."""

    def forward(self, image):
        score = 40 * (image[:, :1] - 0.5)
        return torch.cat([-score, score, torch.full_like(score, -50)], dim=1)


MODEL = wrap_module(
    BrightIsLiver(),
    ("background", "liver", "pancreas"),
    preprocessing=Preprocessing(Intensity(mean=(0.0,), std=(1.0,))),
)


def slice_with(regions):
    image = np.zeros((80, 80), np.uint8)
    image[5:75, 5:75] = 60
    for rows, columns, value in regions:
        image[rows, columns] = value
    target = np.zeros((80, 80), np.uint8)
    target[40:46, 40:46] = 2
    labelled = np.array([True, False, True])
    return Example("p", image, target, labelled, body_of(image))


LIVER = (slice(20, 45), slice(8, 30), 200)
SPLEEN = (slice(20, 50), slice(55, 73), 200)
VESSEL = (slice(30, 33), slice(18, 21), 128)


def test_the_region_on_the_livers_side_is_liver_and_the_other_background():
    guessed = guess_labels(slice_with([LIVER, SPLEEN]), ["liver"], MODEL)
    assert guessed.labelled.all()
    assert (guessed.target[25:40, 12:26] == 1).all()
    assert (guessed.target[20:50, 55:73] == 0).all()


def test_given_labels_are_kept():
    everywhere = (slice(10, 70), slice(8, 46), 200)
    guessed = guess_labels(slice_with([everywhere]), ["liver"], MODEL)
    assert (guessed.target[40:46, 40:46] == 2).all()


def test_what_is_unsure_is_ignored():
    guessed = guess_labels(slice_with([LIVER, VESSEL]), ["liver"], MODEL)
    assert (guessed.target == IGNORED)[30:33, 18:21].any()


@pytest.mark.parametrize("regions", [[], [SPLEEN]])
def test_without_a_liver_the_class_stays_unknown(regions):
    guessed = guess_labels(slice_with(regions), ["liver"], MODEL)
    assert guessed.labelled.tolist() == [True, False, True]
    assert set(np.unique(guessed.target)) == {0, 2}


def test_an_example_is_not_changed_in_place():
    given = slice_with([LIVER])
    kept = replace(given, target=given.target.copy(), labelled=given.labelled.copy())
    guess_labels(given, ["liver"], MODEL)
    np.testing.assert_array_equal(given.target, kept.target)
    np.testing.assert_array_equal(given.labelled, kept.labelled)


def test_a_teacher_that_saw_somebody_held_out_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    patients = {"train": ["a", "b"], "held_out": ["c"]}
    path.with_suffix(".json").write_text(
        json.dumps({"training": {"patients": patients}})
    )
    check_unseen(path, ["c", "d"])
    with pytest.raises(ValueError, match="same seed"):
        check_unseen(path, ["b"])
