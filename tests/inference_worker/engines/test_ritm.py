"""RITM asks for one label at a time, with marks and the last mask as input."""

import numpy as np
import pytest
import torch

from inference_worker.contract.engine import Label, Volume
from inference_worker.contract.errors import WeightsRefused
from inference_worker.contract.geometry import Geometry
from inference_worker.contract.prompts import Click, Visit
from inference_worker.engines import ritm
from inference_worker.nets import build_network, wrap_module
from inference_worker.nets.preprocessing import Frame, Preprocessing
from inference_worker.planar.engine import PlanarEngine, at_once
from inference_worker.planar.logits import marks_in_frame

LABELS = (Label(1, "liver"), Label(4, "spleen"))


class Listening(torch.nn.Module):
    """Answers "target" on positive marks and on the last mask; keeps what it heard."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.heard: list[torch.Tensor] = []

    def forward(self, image, guidance):
        self.heard.append(guidance)
        target = guidance[:, 0] + guidance[:, 2] - 2 * guidance[:, 1] - 0.5
        return torch.stack([-10 * target, 10 * target], dim=1)


def opened():
    module = Listening()
    base = wrap_module(
        module,
        ("background", "target"),
        preprocessing=Preprocessing(frame=Frame(longest=32)),
    )
    engine = PlanarEngine("ritm", at_once(ritm.MaskGuided(base)))
    voxels = np.zeros((2, 64, 64), np.int16)
    volume = Volume(voxels, Geometry((2, 64, 64), np.eye(4)), "CT", (40, 400), "d")
    return engine, engine.open(volume, LABELS), module


def answer(engine, state, *prompts):
    return [p.labels[0] for p in engine.step(state, prompts)][-1]


def test_marks_of_one_label_count_against_the_others():
    engine, state, module = opened()
    mask = answer(engine, state, Click(1, (0, 20, 20)), Click(4, (0, 20, 40)))
    assert mask[20, 20] == 1
    assert mask[20, 40] == 4
    guidance = module.heard[-1]  # (labels, 3, h, w)
    assert guidance[0, 0, 10, 10] == 1
    assert guidance[0, 1, 10, 20] == 1
    assert guidance[1, 0, 10, 20] == 1
    assert guidance[1, 1, 10, 10] == 1


def test_the_mask_shown_last_is_told_to_the_network():
    engine, state, module = opened()
    answer(engine, state, Click(1, (0, 20, 20)))
    assert not module.heard[-1][:, 2].any()
    answer(engine, state, Click(0, (0, 50, 50)))
    assert module.heard[-1][0, 2, 10, 10] == 1
    assert module.heard[-1][0, 1, 25, 25] == 1


def test_a_slice_without_marks_is_background():
    engine, state, module = opened()
    assert not answer(engine, state, Visit(0)).any()
    assert not module.heard


def test_a_thin_mark_is_not_lost_in_a_smaller_frame():
    said = np.full((64, 64), 255, np.uint8)
    said[33, 17] = 3
    frame = marks_in_frame(said, (16, 16))
    assert frame[8, 4] == 3
    assert (frame == 3).sum() == 1


def test_a_network_that_takes_no_marks_is_refused(monkeypatch):
    base = wrap_module(torch.nn.Conv2d(1, 2, 1), ("background", "target"))
    monkeypatch.setattr(ritm, "load_model", lambda name, device: base)
    with pytest.raises(WeightsRefused) as refused:
        ritm.build("ritm", weights="other", config={"seed": 0}, device="cpu")
    assert refused.value.code == "weights:does-not-fit"


def test_guidance_changes_nothing_before_training():
    sizes = {"encoder": "resnet18", "width": 8, "classes": 2, "channels": 1, "seed": 0}
    net = build_network("guided_unet", **sizes).eval()
    image, guidance = torch.rand(1, 1, 32, 32), torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(net(image, guidance), net(image))
