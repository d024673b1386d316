"""Where a training run stands, as plain tensors: nothing in the file can run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn


def save(
    path: Path,
    network: nn.Module,
    averaged: dict[str, torch.Tensor],
    optimizer: torch.optim.Optimizer,
    done: int,
) -> None:
    """One file, moved into place whole: a kill leaves the last one."""
    tensors = {f"network/{n}": t for n, t in network.state_dict().items()}
    tensors |= {f"averaged/{n}": t for n, t in averaged.items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{n}": t for n, t in state.items()}
    tensors["done"] = torch.tensor(done)
    written = path.with_suffix(".new")
    save_file({n: t.detach().cpu().contiguous() for n, t in tensors.items()}, written)
    written.replace(path)


def resume(
    path: Path,
    network: nn.Module,
    averaged: dict[str, torch.Tensor],
    optimizer: torch.optim.Optimizer,
) -> int:
    """Take up a checkpoint where there is one; returns the steps done."""
    if not path.is_file():
        return 0
    tensors = load_file(path)
    network.load_state_dict(_below("network/", tensors))
    for name, value in _below("averaged/", tensors).items():
        averaged[name].copy_(value)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in _below("optimizer/", tensors).items():
        index, _, entry = name.partition("/")
        state.setdefault(int(index), {})[entry] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return int(tensors["done"])


def note_run(folder: Path, begun: int, done: int, **settings: Any) -> list[Any]:
    """Write down that a run took ``folder``'s network from one step to another.

    Returns all runs so far, for the model's description: a training that was continued
    with other settings says so.
    """
    path = folder / "runs.json"
    runs: list[Any] = json.loads(path.read_text()) if path.is_file() else []
    if done > begun:
        runs.append({"from": begun, "to": done, **settings})
        path.write_text(json.dumps(runs))
    return runs


def _below(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {
        n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)
    }
