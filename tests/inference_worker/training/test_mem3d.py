"""Mem3D's training: prompts by the simulated annotator, sequences, a cut run."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from inference_worker.nets import build_network, wrap_module
from inference_worker.nets.mem3d import KINDS, SMALL, Mem3D, Mem3DShape
from inference_worker.nets.prompted import load_prompted
from inference_worker.training import mem3d, mem3d_lessons, mem3d_memory
from inference_worker.training.mem3d import start_encoders, train
from inference_worker.training.mem3d_lessons import (
    first_guidance,
    piece_of,
    reached_iou,
    segmentation_loss,
    spoilt,
)
from inference_worker.training.sequences import LENGTH, Stack, draw_sequences
from inference_worker.training.strokes import stroke_in
from inference_worker.training.targets import Pools

NOTHING = Pools((), {"train": [], "held_out": []})
TINY = replace(SMALL, width=8, decoder=8, roi=32)


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setattr(mem3d, "SMALL", TINY)
    monkeypatch.setattr(mem3d_lessons, "BATCH", 2)
    monkeypatch.setattr(mem3d_lessons, "SEQUENCES", 2)
    monkeypatch.setattr(mem3d_lessons, "VIEW", 48)
    monkeypatch.setattr(mem3d, "QUALITY_STEPS", 2)


def ball() -> Stack:
    z, y, x = np.mgrid[:20, :40, :40]
    inside = (z - 10) ** 2 + (y - 20) ** 2 + (x - 20) ** 2 < 81
    return Stack((60 + 120 * inside).astype(np.uint8), inside.astype(np.uint8))


def few() -> Stack:
    """Two slices of a patient, four apart."""
    whole = ball()
    return Stack(whole.image[[8, 12]], whole.labels[[8, 12]], (3, 7))


def disk() -> np.ndarray:
    y, x = np.mgrid[:48, :48]
    return (y - 20) ** 2 + (x - 26) ** 2 < 100


@pytest.mark.parametrize(
    "stacks",
    [{"organs": [ball()]}, {"slices": [few()]}, {}],
    ids=["whole", "few", "still"],
)
def test_a_sequence_begins_with_its_target_and_goes_on(stacks):
    drawn = draw_sequences(stacks, NOTHING, 48, 3, np.random.default_rng(1))
    assert drawn.images.shape == (3, LENGTH, 1, 48, 48)
    assert drawn.images.dtype == np.float32
    assert drawn.targets[:, 0].any(axis=(1, 2, 3)).all()
    assert not np.array_equal(drawn.images[:, 0], drawn.images[:, 4])


def test_in_some_sequences_the_target_ends():
    rng, whole = np.random.default_rng(0), ball()
    amid = Stack(np.pad(whole.image, 12), np.pad(whole.labels, 12))
    drawn = draw_sequences({"organs": [amid]}, NOTHING, 32, 12, rng)
    held = drawn.targets.any(axis=(2, 3, 4)).sum(axis=1)
    assert ((held > 0) & (held < LENGTH)).sum() >= 3


def test_every_slice_is_seen_where_the_target_was_one_slice_before():
    drawn = draw_sequences(
        {"organs": [ball()]}, NOTHING, 48, 4, np.random.default_rng(2)
    )
    centres = drawn.windows[:, :, 1:3]
    assert (np.abs(np.diff(centres, axis=1)) < 12).all()
    share = drawn.targets[:, 0].mean(axis=(1, 2, 3))
    assert ((share > 0.02) & (share < 0.6)).all()


def test_neighbouring_slices_of_a_patient_make_a_run():
    stack = few()
    drawn = draw_sequences(
        {"slices": [stack]}, NOTHING, 48, 8, np.random.default_rng(0)
    )
    numbers = {float(z) for z in drawn.windows[..., 0].ravel()}
    assert {3.0, 7.0} <= numbers <= {0.0, 1.0, 2.0, 3.0, 4.0, 7.0}


def test_a_batch_is_learnt_by_heart():
    """Net, loss and reading can learn at all: a loss alone does not say so."""
    torch.manual_seed(0)
    net = Mem3D(replace(TINY, width=16, decoder=16)).train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    reached = []
    for _ in range(30):
        rng = np.random.default_rng(0)
        loss, dice = mem3d_lessons.memory_loss(net, {"organs": [ball()]}, NOTHING, rng)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        reached.append(dice)
    assert reached[-1] > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_prompt_marks_the_target_in_a_region_that_holds_the_marks(kind):
    for seed in range(5):
        marked, square = first_guidance(kind, disk(), np.random.default_rng(seed))
        assert (marked & disk()).any()
        rows, columns = square.within(disk().shape)
        assert marked[rows, columns].sum() > 0.5 * marked.sum()


def test_of_many_parts_one_is_the_target():
    many = np.zeros((40, 40), dtype=bool)
    for row in range(0, 40, 8):
        many[row : row + 3, 5:9] = True
    piece = piece_of(many, np.random.default_rng(0))
    assert piece.sum() == 12
    assert (many & piece).sum() == 12
    assert piece_of(disk(), np.random.default_rng(0)) is not None


def test_a_stroke_takes_away_what_does_not_belong():
    drawn = stroke_in(np.ones((48, 48), bool), disk(), np.random.default_rng(0), 0.25)
    marked, adds = drawn
    assert not adds
    assert (marked & ~disk()).any()
    assert stroke_in(disk(), disk(), np.random.default_rng(0), 0.25) is None


def test_a_spoilt_mask_is_another():
    rng = np.random.default_rng(0)
    assert any(not np.array_equal(spoilt(disk(), rng), disk()) for _ in range(4))


def test_the_quality_to_be_learnt_is_the_iou_that_was_reached():
    truth = torch.zeros(3, 1, 4, 4)
    truth[:2, :, :2] = 1
    share = torch.zeros(3, 1, 4, 4)
    share[0, :, :1] = 0.9
    share[1, :, 2:] = 0.9
    assert reached_iou(share, truth).tolist() == [0.5, 0.0, 1.0]


def test_every_encoder_starts_from_the_base_models():
    torch.manual_seed(0)
    net = Mem3D(TINY)
    base = wrap_module(
        build_network("unet", encoder="resnet18", width=8, depth=4, seed=1),
        ["background", "thing"],
    )
    start_encoders(net, base)
    wanted = base.module.encoder
    for encoder in (net.query_encoder, net.memory_encoder):
        assert torch.equal(encoder.conv1.weight[:, :1], wanted.conv1.weight)
        assert torch.equal(
            encoder.layer2[0].conv1.weight, wanted.layer2[0].conv1.weight
        )
    prompted = net.interactions["any"].encoder
    assert torch.equal(prompted.layer1[0].conv1.weight, wanted.layer1[0].conv1.weight)


def test_the_last_steps_teach_the_quality_head_alone(tmp_path):
    stacks = {"organs": [ball()]}
    train(NOTHING, stacks, tmp_path, steps=2, stop_after=2)
    before = load_file(tmp_path / "checkpoint.safetensors")
    train(NOTHING, stacks, tmp_path, steps=2)
    after = load_file(tmp_path / "checkpoint.safetensors")
    for name, value in after.items():
        if name.startswith("network/"):
            kept = before[name.replace("network/", "averaged/")]
            assert torch.equal(kept, value) == (not name.startswith("network/quality"))


def test_with_and_without_memory_learn_from_the_same_weights(tmp_path):
    stacks = {"organs": [ball()]}
    begun = train(NOTHING, stacks, tmp_path / "start", steps=1)
    start = load_prompted(str(begun), "mem3d", Mem3DShape, Mem3D)
    before = start.module.state_dict()
    sizes = set()
    for matched in (True, False):
        out = tmp_path / str(matched)
        path = mem3d_memory.train(NOTHING, stacks, start, out, matched=matched, steps=2)
        model = load_prompted(str(path), "mem3d", Mem3DShape, Mem3D)
        after = model.module.state_dict()
        assert model.shape == replace(TINY, matched=matched)
        moved = {name for name, value in after.items() if (value != before[name]).any()}
        assert "decoder.head.weight" in moved
        assert not any(name.startswith("interactions") for name in moved)
        # What only a memory asks for is left as it was without.
        assert ("query_key.weight" in moved) == matched
        sizes.add(sum(value.numel() for value in after.values()))
    assert len(sizes) == 1


def test_pixels_that_need_not_be_copied_weigh_more():
    truth, carried = torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 4, 4)
    truth[..., :4], carried[..., 1:2, :] = 1, 1
    logits = torch.zeros(1, 1, 8, 8, requires_grad=True)
    segmentation_loss(logits, truth, carried).backward()
    news = logits.grad[0, 0, 2, 6].abs()
    assert news > 2 * logits.grad[0, 0, 6, 6].abs()


def test_a_run_that_was_cut_continues_as_if_it_never_was(tmp_path):
    whole = train(NOTHING, {"organs": [ball()]}, tmp_path / "whole", steps=4)
    train(NOTHING, {"organs": [ball()]}, tmp_path / "cut", steps=4, stop_after=2)
    cut = train(NOTHING, {"organs": [ball()]}, tmp_path / "cut", steps=4)
    assert whole.read_bytes() == cut.read_bytes()
    model = load_prompted(str(cut), "mem3d", Mem3DShape, Mem3D)
    assert model.shape == TINY
