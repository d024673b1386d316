"""Patients stay on one side; slices come out upright, with what their set knows."""

import numpy as np
import pytest
from PIL import Image

from inference_worker.nets import Frame, Intensity, Preprocessing
from inference_worker.training.augmentation import Augmentation, view
from inference_worker.training.examples import (
    TURNS,
    Example,
    Source,
    as_stored,
    body_of,
    cases_of,
    read_examples,
    split_patients,
    upright,
)

CLASSES = ("background", "liver", "pancreas")


@pytest.mark.parametrize("seed", range(5))
def test_no_patient_is_on_both_sides(seed):
    images = [f"patient{i // 7}" for i in range(70)]
    used, held_out = split_patients(images, 0.25, seed)
    assert not set(used) & set(held_out)
    assert set(used) | set(held_out) == set(images)
    assert len(held_out) == 2


def test_the_split_does_not_depend_on_the_order_or_number_of_images():
    images = [f"patient{i // 3}" for i in range(30)]
    assert split_patients(images, 0.3, 4) == split_patients(images[::-1] * 2, 0.3, 4)
    assert split_patients(images, 0.3, 4) != split_patients(images, 0.3, 5)


def test_somebody_is_always_held_out_and_somebody_trained_on():
    assert [len(side) for side in split_patients(["a", "b"], 0.01, 0)] == [1, 1]
    assert [len(side) for side in split_patients(["a", "b"], 0.99, 0)] == [1, 1]


def test_a_source_is_read_from_its_text():
    assert Source.parse("scans:liver").labels == {1: "liver"}
    assert Source.parse("a/b:1=liver,4=left kidney").labels == {
        1: "liver",
        4: "left kidney",
    }
    for wrong in ("scans", ":liver", "scans:", "scans:x=liver"):
        with pytest.raises(ValueError, match=r"DIR:class|invalid literal"):
            Source.parse(wrong)


def patient_like(stored):
    """A body with its spine below and its liver on the left, stored turned."""
    image = np.zeros((64, 64), np.uint8)
    image[8:56, 8:56] = 60
    image[44:54, 28:36] = 250
    image[16:40, 10:28] = 130
    return as_stored(image, stored), as_stored((image == 130) * np.uint8(255), stored)


@pytest.mark.parametrize("stored", TURNS)
def test_slices_come_out_as_a_reading_room_shows_them(tmp_path, stored):
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    image, mask = patient_like(stored)
    Image.fromarray(image).save(tmp_path / "images" / "odd_01_7.png")
    Image.fromarray(mask).save(tmp_path / "masks" / "odd_01_7.png")
    source = Source(str(tmp_path), {1: "liver"}, stored={"odd_*": stored})
    preprocessing = Preprocessing(Intensity(), Frame(64))
    (files,) = cases_of(source, tmp_path)
    (example,) = read_examples(source, files, CLASSES, preprocessing, 1)
    straight, straight_mask = patient_like("upright")
    np.testing.assert_array_equal(example.image, straight)
    np.testing.assert_array_equal(example.target, straight_mask > 0)
    assert example.labelled.tolist() == [True, True, False]
    assert example.patient == "odd_01"
    assert (example.inside == (straight > 0)).mean() > 0.99


@pytest.mark.parametrize("turned", TURNS)
def test_turning_back_undoes_turning(turned):
    plane = np.arange(12, dtype=np.uint8).reshape(3, 4)
    np.testing.assert_array_equal(as_stored(upright(plane, turned), turned), plane)


def test_the_body_is_filled_and_the_table_left_out():
    image = np.zeros((80, 80), np.uint8)
    image[10:60, 10:70] = 60
    image[30:40, 30:50] = 0
    image[70:72, 5:75] = 90
    inside = body_of(image)
    assert inside[35, 40]
    assert not inside[71, 40]
    assert not inside[5, 5]


def example():
    image, mask = patient_like("upright")
    target = (mask > 0).astype(np.uint8)
    return Example("p", image, target, np.array([True, True]), body_of(image))


@pytest.mark.parametrize("seed", range(8))
def test_a_view_moves_image_and_target_together(seed):
    plain = Augmentation(
        turned_share=1.0, gamma=1.0, contrast=1.0, brightness=0, noise=0, blur=0
    )
    image, target = view(example(), 48, plain, np.random.default_rng(seed))
    assert image.shape == (1, 48, 48)
    assert target.shape == (48, 48)
    liver = np.abs(image[0] - 130 / 255) < 0.02
    if target.any():
        both = (liver & (target == 1)).sum()
        assert 2 * both / (liver.sum() + target.sum()) > 0.85


def test_views_repeat_with_their_seed_and_stay_in_range():
    how = Augmentation(rewindow_share=1.0, inverted_share=0.5, turned_share=0.5)
    for seed in range(10):
        first, target = view(example(), 32, how, np.random.default_rng(seed))
        second, _ = view(example(), 32, how, np.random.default_rng(seed))
        np.testing.assert_array_equal(first, second)
        assert first.min() >= 0
        assert first.max() <= 1
        assert set(np.unique(target)) <= {0, 1}


def test_another_window_shows_fat_inside_the_body_only():
    image = np.zeros((64, 64), np.uint8)
    image[8:56, 8:56] = 60
    image[20:40, 20:40] = 0
    fat = Example(
        "p", image, (image > 0) * np.uint8(1), np.ones(2, bool), body_of(image)
    )
    how = Augmentation(
        scale=(1, 1),
        rotation_deg=0,
        rewindow_share=1.0,
        gamma=1,
        contrast=1,
        brightness=0,
        noise=0,
        blur=0,
    )
    shown = []
    for seed in range(30):
        views, _ = view(fat, 64, how, np.random.default_rng(seed))
        shown.append((views[0, 24:36, 24:36].mean(), views[0, :4].mean()))
    inside, outside = np.array(shown).T
    assert (outside == 0).all()
    assert (inside > 0.05).any()
