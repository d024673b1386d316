"""PRISM: one encoding, many turns; candidates, a selector, a corrective network."""

import json

import numpy as np
import pytest
import torch

from inference_worker.contract.errors import WeightsRefused
from inference_worker.nets.prism import Prism, select
from inference_worker.nets.prism_convolution import Conv3d
from inference_worker.nets.prism_prompts import (
    BOX_HIGH,
    BOX_LOW,
    POINT_NEGATIVE,
    STROKE_POSITIVE,
    Mark,
    PatchBox,
    Told,
    as_tensors,
    box_map,
    mark_map,
    standardise,
    tokens_of,
)
from inference_worker.nets.prism_shape import ENCODERS, SMALL, SOURCE, PrismShape
from inference_worker.nets.prism_weights import load_prism, save_prism

TINY = {"patch": 16, "widths": (4, 8, 8), "token": 16, "depth": 1, "heads": 2}


def tiny(**changes) -> Prism:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Prism(PrismShape(**{**TINY, "rounds": 1, **changes})).eval()


def asked(net, image, tokens=5):
    patch, count = image.shape[-1], len(image)
    generator = torch.Generator().manual_seed(1)
    points = torch.rand(count, tokens, 3, generator=generator)
    kinds = torch.full((count, tokens), 2)
    dense = torch.randn(count, 4, *(patch,) * 3, generator=generator)
    return net.answer(net.encode(image), points, kinds, dense), dense


@pytest.mark.parametrize("shape", [SMALL, SOURCE], ids=["small", "source"])
def test_it_has_the_shapes_it_says_without_computing(shape):
    with torch.device("meta"):
        net = Prism(shape)
        image = torch.zeros(1, 1, *(shape.patch,) * 3)
        features = net.encode(image)
        points, kinds = torch.zeros(1, 3, 3), torch.zeros(1, 3, dtype=torch.long)
        dense = torch.zeros(1, 4, *image.shape[2:])
        masks, scores = net.answer(features, points, kinds, dense)
        corrected = net.correct(image, masks[:, :1], dense[:, :1], dense[:, 1:2])
    assert [f.shape[1] for f in features] == [*shape.widths[:-1], shape.token]
    assert features[-1].shape[-1] == shape.patch // shape.stride
    assert masks.shape == (1, shape.masks, *image.shape[2:])
    assert scores.shape == (1, shape.masks)
    assert corrected.shape == image.shape


def test_the_small_one_fits_into_ten_megabytes():
    with torch.device("meta"):
        count = sum(p.numel() for p in Prism(SMALL).parameters())
    assert count <= 2.5e6


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_encoder_takes_part_in_the_answer(encoder):
    net = tiny(encoder=encoder)
    image = torch.randn(1, 1, 16, 16, 16, generator=torch.Generator().manual_seed(0))
    (masks, scores), _ = asked(net, image)
    (masks.sum() + scores.sum()).backward()
    for name, parameter in net.encoder.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_one_crop_serves_several_targets():
    net, image = tiny(), torch.randn(1, 1, 16, 16, 16)
    features = net.encode(image)
    points = torch.rand(2, 4, 3)
    kinds = torch.tensor([[1, 2, 0, 0], [2, 2, 2, 1]])
    dense = torch.randn(2, 4, 16, 16, 16)
    with torch.no_grad():
        both, _ = net.answer(features, points, kinds, dense)
        alone, _ = net.answer(features, points[1:], kinds[1:], dense[1:])
    torch.testing.assert_close(both[1:], alone, atol=1e-4, rtol=1e-4)


def test_the_place_of_a_point_and_its_sign_change_the_answer():
    net, image = tiny(), torch.randn(1, 1, 16, 16, 16)
    features, dense = net.encode(image), torch.zeros(1, 4, 16, 16, 16)
    answers = []
    with torch.no_grad():
        for place, kind in ((0.2, 2), (0.8, 2), (0.2, 1)):
            points, kinds = torch.full((1, 1, 3), place), torch.tensor([[kind]])
            answers.append(net.answer(features, points, kinds, dense)[0])
    assert not torch.equal(answers[0], answers[1])
    assert not torch.equal(answers[0], answers[2])


def test_the_candidate_of_highest_confidence_is_selected():
    masks = torch.arange(6.0).reshape(2, 3, 1, 1, 1)
    scores = torch.tensor([[0.1, 0.9, 0.2], [0.5, 0.4, 0.3]])
    assert select(masks, scores).flatten().tolist() == [1.0, 3.0]


def test_the_corrective_network_sends_no_gradient_into_the_candidates():
    net, image = tiny(), torch.randn(1, 1, 16, 16, 16)
    logits = torch.randn(1, 1, 16, 16, 16, requires_grad=True)
    maps = torch.zeros(1, 1, 16, 16, 16)
    net.correct(image, logits, maps, maps).sum().backward()
    assert logits.grad is None


def test_without_a_corrective_network_the_candidate_stands():
    net, logits = tiny(corrective=0), torch.randn(1, 1, 16, 16, 16)
    assert net.correct(logits, logits, logits, logits) is logits


@pytest.mark.parametrize(
    "sizes", [{"encoder": "mlp"}, {"patch": 18}, {"token": 18, "heads": 4}]
)
def test_sizes_that_make_no_network_are_refused(sizes):
    with pytest.raises(ValueError, match=r"encoder|divide"):
        PrismShape(**{**TINY, **sizes})


def test_marks_become_tokens_and_maps():
    stroke = Mark(np.array([[4.0, 4.0, x] for x in range(12)]), True, stroke=True)
    point = Mark(np.array([[1.0, 2.0, 20.0]]), False, stroke=False)
    box = PatchBox((2.0, 2.0, 2.0), (6.0, 6.0, 20.0))
    told = Told([stroke, point], box, np.zeros((16, 16, 16), np.float32))
    places, kinds = tokens_of(told, 16)
    expected = [BOX_LOW, BOX_HIGH, *[STROKE_POSITIVE] * 8, POINT_NEGATIVE]
    assert kinds.tolist() == expected
    assert places.min() >= 0
    assert places.max() == 1
    assert mark_map(told.marks, True, 16)[4, 4, :12].all()
    assert not mark_map(told.marks, False, 16).any()  # it lies outside the patch
    assert box_map(box, 16).sum() == 4 * 4 * 14
    silent = Told([], None, told.previous)
    points, kinds, dense = as_tensors([told, silent], 16)
    assert points.shape == (2, 11, 3)
    assert not kinds[1].any()
    assert not dense[1].any()


def test_a_crop_is_standardised_whatever_its_units():
    rng = np.random.default_rng(0)
    crop = rng.normal(size=(8, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(
        standardise(crop), standardise(1000 * crop - 24), atol=1e-3
    )
    assert not standardise(np.full((8, 8, 8), 7, np.float32)).any()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "small.safetensors"
    save_prism(path, tiny(), {})
    return path


def test_weights_come_back_as_they_were_saved(saved):
    model = load_prism(saved)
    assert model.net.shape == PrismShape(**{**TINY, "rounds": 1})
    for name, tensor in tiny().state_dict().items():
        torch.testing.assert_close(
            model.net.state_dict()[name], tensor.half().float(), msg=name
        )
    assert not any(p.requires_grad for p in model.net.parameters())


def change(path, **fields):
    body = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps(body | fields))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sha256": "0" * 64}, "weights:altered"),
        ({"engine": "pemed"}, "weights:does-not-fit"),
        ({"shape": {"sides": 3}}, "weights:does-not-fit"),
        ({"shape": {**TINY, "depth": 2}}, "weights:does-not-fit"),
    ],
)
def test_weights_that_do_not_fit_are_refused(saved, fields, code):
    change(saved, **fields)
    with pytest.raises(WeightsRefused) as caught:
        load_prism(saved)
    assert caught.value.code == code


def test_weights_that_are_not_there_are_refused():
    with pytest.raises(WeightsRefused) as caught:
        load_prism("nothing-of-that-name")
    assert caught.value.code == "weights:unknown"


def test_one_image_is_convolved_like_several():
    layer = Conv3d(4, 8, 3, stride=2, padding=1)
    images = torch.randn(2, 4, 9, 9, 9)
    with torch.no_grad():
        alone = torch.cat([layer(images[:1]), layer(images[1:])])
        torch.testing.assert_close(alone, layer(images), atol=1e-5, rtol=1e-5)
