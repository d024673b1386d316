"""Voxels become what the network was trained on, whatever they are kept as."""

import numpy as np
import pytest

from inference_worker.contract.engine import Volume
from inference_worker.contract.geometry import Geometry
from inference_worker.nets import Frame, Intensity, Preprocessing
from inference_worker.nets.preprocessing import resize_plane

PLAIN = Intensity(window=(0, 250), mean=(0.0,), std=(1.0,))


def volume_of(voxels, modality="CT", spacing=(1.0, 1.0, 1.0)):
    affine = np.zeros((4, 4))
    affine[[2, 1, 0], [0, 1, 2]] = spacing
    affine[3, 3] = 1
    geometry = Geometry(voxels.shape[:3], affine)
    return Volume(voxels, geometry, modality, (40.0, 400.0), "0" * 64)


def ramp(dtype, low, high, shape=(2, 32, 32)):
    return np.linspace(low, high, int(np.prod(shape))).reshape(shape).astype(dtype)


def test_ct_is_seen_through_the_models_window():
    volume = volume_of(ramp(np.int16, -1000, 1000))
    image = Preprocessing(PLAIN, Frame(32)).image(volume, 1, 1)
    assert image.shape == (1, 1, 32, 32)
    hounsfield = volume.voxels[1].astype(np.float32)
    np.testing.assert_allclose(image[0, 0], np.clip(hounsfield / 250, 0, 1), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_eight_bit_ct_is_not_taken_for_hounsfield_units(dtype):
    assert PLAIN.span(volume_of(ramp(dtype, 0, 255))) == (0.0, 255.0)


def test_mr_spans_its_percentiles_over_the_whole_volume():
    voxels = ramp(np.uint16, 0, 4000)
    low, high = PLAIN.span(volume_of(voxels, "MR"))
    expected = np.percentile(voxels, (0.5, 99.5))
    np.testing.assert_allclose((low, high), expected, atol=1)


def test_an_empty_volume_is_still_finite():
    image = Preprocessing(PLAIN, Frame(32)).image(
        volume_of(np.zeros((1, 32, 32), np.float32), "MR"), 0, 1
    )
    assert np.isfinite(image.numpy()).all()


def test_pictures_are_stretched_where_asked():
    dim = ramp(np.uint8, 0, 30, (1, 32, 32, 3))
    assert PLAIN.span(volume_of(dim, "SM")) == (0.0, 255.0)
    stretched = Intensity(percentiles=(0, 100), stretch=True)
    assert stretched.span(volume_of(dim, "SM")) == (0.0, 30.0)


def test_colour_and_grey_become_what_the_network_takes():
    colour = volume_of(np.full((1, 16, 16, 3), (255, 0, 0), np.uint8), "SM")
    grey = volume_of(np.full((1, 16, 16), 255, np.uint8), "OT")
    prepare = Preprocessing(PLAIN, Frame(16))
    assert prepare.image(colour, 0, 1).mean().item() == pytest.approx(0.299)
    assert prepare.image(colour, 0, 3)[0, :, 0, 0].tolist() == [1, 0, 0]
    assert prepare.image(grey, 0, 3)[0, :, 0, 0].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("shape", "spacing", "frame", "size"),
    [
        ((1, 512, 512), (1, 0.8, 0.8), Frame(256), (256, 256)),
        ((1, 512, 384), (1, 0.8, 0.8), Frame(256), (256, 192)),
        ((1, 100, 80), (1, 1, 1), Frame(256), (256, 208)),
        ((1, 100, 80), (1, 1, 1), Frame(256, enlarge=False), (96, 80)),
        ((1, 512, 512), (1, 0.7, 0.7), Frame(256, pixel_mm=1.6), (224, 224)),
        ((1, 122, 101), (1, 3, 3), Frame(256, pixel_mm=1.6), (224, 192)),
        # Too far from the training images to be a real scale: as if there were none.
        ((1, 2048, 2048), (1, 1, 1), Frame(256, pixel_mm=1.6), (256, 256)),
        ((1, 300, 200), (1, 1, 1), Frame(256, fixed=(64, 96)), (64, 96)),
        ((1, 1, 400), (1, 1, 1), Frame(256), (16, 256)),
    ],
)
def test_the_frame_follows_size_or_scale(shape, spacing, frame, size):
    volume = volume_of(np.zeros(shape, np.int16), spacing=spacing)
    assert frame.size(volume) == size
    assert Preprocessing(PLAIN, frame).image(volume, 0, 1).shape == (1, 1, *size)


def test_preprocessing_survives_its_json():
    given = Preprocessing(
        Intensity((1, 2), (3, 4), (0.1, 0.2, 0.3), (1, 2, 3), stretch=True),
        Frame(64, 1.5, enlarge=False, multiple=8, fixed=(32, 48)),
    )
    assert Preprocessing.from_json(given.to_json()) == given


@pytest.mark.parametrize(
    "fields",
    [
        {"intensity": {"window": (3, 3)}},
        {"intensity": {"std": (0,)}},
        {"frame": {"longest": 8}},
        {"colour": {}},
        {"frame": {"width": 3}},
    ],
)
def test_impossible_preprocessing_is_refused(fields):
    with pytest.raises((ValueError, TypeError)):
        Preprocessing.from_json(fields)


def test_labels_are_resized_without_new_values():
    labels = np.zeros((40, 30), np.uint8)
    labels[10:20, 5:20] = 7
    assert set(np.unique(resize_plane(labels, (64, 64)))) == {0, 7}
    assert set(np.unique(resize_plane(labels, (16, 16)))) == {0, 7}
