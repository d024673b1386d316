"""Another process that goes on with a stored state; see ``continue_elsewhere``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from inference_worker.contract.catalog import ENGINES
from inference_worker.engines import MODULES
from inference_worker.snapshots import read_state
from tests.inference_worker.engines import toy
from tests.inference_worker.engines.cases import CASES, LABELS, grey_volume, story


def introduce_toy() -> None:
    """Make the toy an engine like any other in this process."""
    MODULES["toy"] = toy.__name__
    ENGINES["toy"] = toy.SPEC


def pin() -> None:
    """The arithmetic that production pins, for tests."""
    torch.set_num_threads(1)
    torch.set_deterministic_debug_mode("error")


def continue_elsewhere(
    name: str, weights: Path, stored: Path, turn: int
) -> list[np.ndarray]:
    """Wake the state in ``stored`` and take the story from ``turn`` to its end."""
    introduce_toy()
    pin()
    engine = next(case for case in CASES if case.name == name).build(weights)
    snapshot, _ = read_state(stored)
    state = engine.load(grey_volume(), LABELS, snapshot)
    return [
        prediction.labels
        for prompts in story(engine)[turn:]
        for prediction in engine.step(state, prompts)
    ]
