"""Models come back as they were saved; files that run code or misfit do not come in."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from inference_worker.contract.engine import Volume
from inference_worker.contract.errors import WeightsRefused
from inference_worker.contract.geometry import Geometry
from inference_worker.nets import (
    Architecture,
    Description,
    Frame,
    Intensity,
    Preprocessing,
    digest_of,
    load_model,
    registered_models,
    save_model,
    wrap_module,
)

TINY = Architecture("unet", "resnet18", width=8, classes=3)
DESCRIPTION = Description(
    ("background", "liver", "pancreas"),
    1,
    Preprocessing(Intensity(window=(0, 250)), Frame(64)),
    TINY,
)


def tiny(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return TINY.build()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(path, tiny(), DESCRIPTION, facts={"training": {"seed": 1}})
    return path


def refused(path, code):
    with pytest.raises(WeightsRefused) as refusal:
        load_model(path)
    assert refusal.value.code == code
    return refusal.value.message


def test_a_saved_model_comes_back(saved):
    model = load_model(saved)
    image = torch.randn(1, 1, 32, 32)
    half = tiny()
    half.load_state_dict(
        {
            n: t.half() if t.is_floating_point() else t
            for n, t in half.state_dict().items()
        }
    )
    assert model.classes == DESCRIPTION.classes
    assert model.preprocessing == DESCRIPTION.preprocessing
    assert torch.equal(model.module(image), half(image))
    assert not model.module.training
    assert not any(p.requires_grad for p in model.module.parameters())


def test_the_digest_is_that_of_the_file_and_stable(saved):
    first, second = load_model(saved), load_model(saved)
    recorded = json.loads(saved.with_suffix(".json").read_text())["sha256"]
    assert first.digest == second.digest == recorded
    assert digest_of(first.module) == digest_of(second.module)
    assert digest_of(first.module) != digest_of(tiny(1))


def test_an_altered_file_is_refused(saved):
    content = bytearray(saved.read_bytes())
    content[-1] ^= 1
    saved.write_bytes(content)
    refused(saved, "weights:altered")


class Bomb:
    def __reduce__(self):
        return (open, ("detonated", "w"))


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".ckpt", ".pkl"])
def test_formats_that_run_code_are_refused_unread(tmp_path, monkeypatch, suffix):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"model{suffix}"
    torch.save({"weights": Bomb()}, path)
    refused(path, "weights:unsafe-format")
    assert not (tmp_path / "detonated").exists()


def test_a_pickle_under_another_name_is_refused_unread(saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(Bomb(), saved)
    fields = json.loads(saved.with_suffix(".json").read_text())
    del fields["sha256"]
    saved.with_suffix(".json").write_text(json.dumps(fields))
    refused(saved, "weights:does-not-fit")
    assert not (tmp_path / "detonated").exists()


def rewritten(saved, change):
    """The saved model with its tensors changed and no recorded digest."""
    tensors = load_file(saved)
    change(tensors)
    save_file(tensors, saved)
    fields = json.loads(saved.with_suffix(".json").read_text())
    del fields["sha256"]
    saved.with_suffix(".json").write_text(json.dumps(fields))
    return saved


def test_a_missing_tensor_is_named(saved):
    path = rewritten(saved, lambda t: t.pop("encoder.conv1.weight"))
    assert "encoder.conv1.weight" in refused(path, "weights:does-not-fit")


def test_a_foreign_tensor_is_named(saved):
    path = rewritten(saved, lambda t: t.update(surprise=torch.zeros(1)))
    assert "surprise" in refused(path, "weights:does-not-fit")


def test_a_tensor_of_another_shape_is_named(saved):
    path = rewritten(
        saved, lambda t: t.update({"segmentation_head.0.bias": torch.zeros(4)})
    )
    assert "segmentation_head.0.bias" in refused(path, "weights:does-not-fit")


def test_numbers_that_are_not_finite_are_refused(saved):
    path = rewritten(saved, lambda t: t["encoder.conv1.weight"].fill_(float("nan")))
    assert "finite" in refused(path, "weights:does-not-fit")


def test_the_unused_layers_of_a_deeper_encoder_are_left_out(saved):
    path = rewritten(
        saved, lambda t: t.update({"encoder.layer4.0.conv1.weight": torch.zeros(1)})
    )
    assert load_model(path).classes == DESCRIPTION.classes


@pytest.mark.parametrize(
    "change",
    [
        {"classes": ["background", "liver"]},
        {"classes": None},
        {"channels": 3},
        {"architecture": {"network": "transformer"}},
        {"architecture": None},
        {"architecture": "unet"},
        {"preprocessing": {"intensity": {"window": [1, 0]}}},
    ],
)
def test_a_description_that_does_not_fit_is_refused(saved, change):
    beside = saved.with_suffix(".json")
    fields = json.loads(beside.read_text())
    beside.write_text(json.dumps({**fields, **change}))
    refused(saved, "weights:does-not-fit")


def test_weights_without_a_description_are_refused(saved):
    saved.with_suffix(".json").unlink()
    refused(saved, "weights:does-not-fit")


@pytest.mark.parametrize(
    "name", ["nothing-of-that-name", "../weights/x", "a.safetensors"]
)
def test_an_unknown_name_is_refused(name):
    refused(name, "weights:unknown")


def test_every_registered_model_loads_and_is_small():
    for name in registered_models():
        model = load_model(name)
        side = 64
        with torch.inference_mode():
            logits = model.module(torch.zeros(1, model.channels, side, side))
        assert logits.shape == (1, len(model.classes), side, side)
        assert model.classes[0] == "background"


def test_any_module_can_be_wrapped():
    module = nn.Conv2d(1, 2, 1)
    model = wrap_module(
        module, ["background", "thing"], preprocessing=Preprocessing(frame=Frame(32))
    )
    volume = Volume(
        np.zeros((2, 40, 30), np.uint8),
        Geometry((2, 40, 30), np.eye(4)),
        "OT",
        (0, 1),
        "",
    )
    assert model.prepare(volume, 1).shape == (1, 1, *model.frame_size(volume))
    probability = model.predict(volume, 1)
    assert probability.shape == (2, 40, 30)
    np.testing.assert_allclose(probability.sum(axis=0), 1, atol=1e-5)


@pytest.mark.parametrize("classes", [["background"], ["background", "a", "a"]])
def test_classes_that_make_no_sense_are_refused(classes):
    with pytest.raises(ValueError, match="classes"):
        wrap_module(nn.Conv2d(1, 2, 1), classes)


def test_a_safetensors_header_that_lies_is_refused(saved):
    header = json.dumps({"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}})
    saved.write_bytes(struct.pack("<Q", len(header)) + header.encode())
    fields = json.loads(saved.with_suffix(".json").read_text())
    del fields["sha256"]
    saved.with_suffix(".json").write_text(json.dumps(fields))
    refused(saved, "weights:does-not-fit")


def test_a_zip_that_is_no_program_is_refused(tmp_path):
    path = tmp_path / "model.pt2"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("hello.txt", "hello")
    path.write_bytes(content.getvalue())
    path.with_suffix(".json").write_text(json.dumps(DESCRIPTION.to_json()))
    refused(path, "weights:does-not-fit")
