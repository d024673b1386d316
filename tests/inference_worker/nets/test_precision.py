"""Half precision where the machine has it, and only there."""

import torch
from torch import nn

from inference_worker.nets.precision import fast_autocast, has_fast_bfloat16


def test_convolutions_run_in_what_the_machine_is_fast_at():
    with torch.inference_mode(), fast_autocast("cpu"):
        out = nn.Conv2d(1, 8, 3)(torch.zeros(1, 1, 8, 8))
    expected = torch.bfloat16 if has_fast_bfloat16("cpu") else torch.float32
    assert out.dtype == expected


def test_a_cpu_without_bfloat16_is_left_in_single_precision(monkeypatch):
    monkeypatch.setattr(
        torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False, raising=False
    )
    with torch.inference_mode(), fast_autocast("cpu"):
        assert nn.Conv2d(1, 8, 3)(torch.zeros(1, 1, 8, 8)).dtype == torch.float32
