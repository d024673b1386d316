"""The state of one session, and how it sleeps: exact to the bit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.contract.engine import Carry, Label, Snapshot
from inference_worker.contract.errors import EngineFailed
from inference_worker.contract.wire import prompt_from_json, prompt_to_json
from inference_worker.engines.continual.frame import Frame
from inference_worker.engines.continual.memory import Page
from inference_worker.nets.labelled import (
    NEW_BIAS,
    NEW_WEIGHT,
    Network,
    Weights,
)

_PARTS = ("shown", "sight", "mended", "heard")
"""Arrays of a page."""


@dataclass
class State:
    """Everything kept between the turns of one volume.

    A ``Weights`` is never changed in place once it is in a state, nor is a ``Page``: a
    branch shares them with its origin.

    Attributes
    ----------
    start: the base model's weights and neutral new channels.
    student, teacher: the two copies (methods, section 1).
    seed: of everything drawn at random. turns, steps: taken so far.
    pages: slice → what is remembered of it. accepted: slices, in order of acceptance.
    record: see ``trust``. refused: updates that the guard damped.
    """

    frame: Frame
    network: Network
    labels: tuple[Label, ...]
    start: Weights
    student: Weights
    teacher: Weights
    record: NDArray[np.float64]
    seed: int = 0
    turns: int = 0
    steps: int = 0
    refused: int = 0
    pages: dict[int, Page] = field(default_factory=dict)
    accepted: tuple[int, ...] = ()

    @property
    def channels(self) -> dict[int, int]:
        """Label value → output channel."""
        return {label.value: i + 1 for i, label in enumerate(self.labels)}

    @property
    def values(self) -> NDArray[np.uint8]:
        """Value of every output channel in masks."""
        return np.array([0, *(label.value for label in self.labels)], dtype=np.uint8)

    def taught(self, answer: str) -> Weights:
        """The copy that answers, ``teacher`` or ``student``."""
        return self.teacher if answer == "teacher" else self.student

    def forget_sights(self, kept: Collection[int]) -> None:
        """Drop what can be seen again of slices that bear no marks."""
        for index, page in self.pages.items():
            if index not in kept and page.mended is None and page.sight is not None:
                self.pages[index] = replace(page, sight=None, heard=None)

    def branch(self) -> State:
        """A state that may go its own way."""
        return replace(self, pages=dict(self.pages))

    def adopt(self, branch: State) -> None:
        """Become what ``branch`` has become."""
        self.__dict__.update(branch.__dict__)


def save(state: State, digest: str) -> Snapshot:
    """``digest`` names the base model that the difference is taken from."""
    arrays: dict[str, NDArray[Any]] = {"record": state.record}
    for copy in ("teacher", "student"):
        arrays |= _differences(copy, getattr(state, copy), state.start)
    pages = {}
    for index, page in state.pages.items():
        pages[str(index)] = {
            "prompts": [prompt_to_json(prompt) for prompt in page.prompts],
            "accepted": page.accepted,
        }
        for part in _PARTS:
            array = getattr(page, part)
            if array is not None:
                arrays[f"{part}/{index}"] = array
    header = {
        "base": digest,
        "labels": [label.name for label in state.labels],
        "seed": state.seed,
        "turns": state.turns,
        "steps": state.steps,
        "refused": state.refused,
        "accepted": list(state.accepted),
        "pages": pages,
    }
    return Snapshot(arrays, header)


def restore(state: State, snapshot: Snapshot, digest: str) -> None:
    """Fill a newly opened ``state`` from ``snapshot``.

    Raises
    ------
    EngineFailed: ``engine:foreign-snapshot``, it belongs to another base model or to
        other labels.
    """
    header = snapshot.header
    names = [label.name for label in state.labels]
    if header["base"] != digest or header["labels"] != names:
        raise EngineFailed(
            "foreign-snapshot",
            f"The snapshot was made with base {header['base'][:12]} and labels "
            f"{header['labels']}, not {digest[:12]} and {names}.",
        )
    state.teacher = _applied("teacher", snapshot.arrays, state.start)
    state.student = _applied("student", snapshot.arrays, state.start)
    state.record = np.array(snapshot.arrays["record"], dtype=np.float64)
    state.seed = int(header["seed"])
    state.turns = int(header["turns"])
    state.steps = int(header["steps"])
    state.refused = int(header["refused"])
    state.accepted = tuple(int(z) for z in header["accepted"])
    state.pages = {
        int(index): Page(
            tuple(prompt_from_json(body) for body in page["prompts"]),
            accepted=bool(page["accepted"]),
            **{
                part: np.array(snapshot.arrays[f"{part}/{index}"])
                for part in _PARTS
                if f"{part}/{index}" in snapshot.arrays
            },
        )
        for index, page in header["pages"].items()
    }


def carry_of(state: State, digest: str) -> Carry:
    """What the teacher has learnt, for the next volume of the same base model."""
    own = {n: w for n, w in state.teacher.items() if not n.startswith("new.")}
    arrays: dict[str, NDArray[Any]] = dict(_differences("teacher", own, state.start))
    for row, label in enumerate(state.network.new):
        name = state.labels[label].name
        arrays[f"new/{name}"] = np.append(
            state.teacher[NEW_WEIGHT][row].cpu().numpy().ravel(),
            state.teacher[NEW_BIAS][row].cpu().numpy(),
        )
    return Carry(arrays, {"base": digest})


def start_from(state: State, carry: Carry, digest: str) -> None:
    """Begin ``state`` with the weights that an earlier volume taught.

    New channels are taken over by the name of their label.

    Raises
    ------
    EngineFailed: ``engine:foreign-carry``, it was made with another base model.
    """
    if carry.header["base"] != digest:
        raise EngineFailed(
            "foreign-carry",
            f"The carry was made with base {carry.header['base'][:12]}, "
            f"not {digest[:12]}.",
        )
    weights = _applied("teacher", carry.arrays, state.start)
    if state.network.new:
        weight, bias = weights[NEW_WEIGHT].clone(), weights[NEW_BIAS].clone()
        for row, label in enumerate(state.network.new):
            learnt = carry.arrays.get(f"new/{state.labels[label].name}")
            if learnt is not None:
                values = torch.from_numpy(np.asarray(learnt, dtype=np.float32))
                weight[row] = values[:-1].view_as(weight[row])
                bias[row] = values[-1]
        weights[NEW_WEIGHT], weights[NEW_BIAS] = weight, bias
    state.teacher = dict(weights)
    state.student = dict(weights)


def _differences(
    copy: str, weights: Weights, start: Weights
) -> dict[str, NDArray[np.int32]]:
    """Weights that changed, as the exclusive or of their bits with the start's.

    A difference of floats added again is not exact; bits are.
    """
    found = {}
    for name, value in weights.items():
        if not torch.equal(value, start[name]):
            found[f"{copy}/{name}"] = _bits(value) ^ _bits(start[name])
    return found


def _applied(copy: str, arrays: Mapping[str, NDArray[Any]], start: Weights) -> Weights:
    weights = dict(start)
    for name, old in start.items():
        bits = arrays.get(f"{copy}/{name}")
        if bits is not None:
            value = (_bits(old) ^ np.asarray(bits, dtype=np.int32)).view(np.float32)
            weights[name] = torch.empty_like(old).copy_(torch.from_numpy(value))
    return weights


def _bits(weight: torch.Tensor) -> NDArray[np.int32]:
    return np.asarray(weight.detach().cpu().contiguous().numpy().view(np.int32))
