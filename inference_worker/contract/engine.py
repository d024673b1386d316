"""What an engine is: it opens a volume, answers prompts, and can be put to sleep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.geometry import Geometry, Region
from inference_worker.contract.prompts import Prompt

State = TypeVar("State")


@dataclass(frozen=True)
class Label:
    """One class of a project; ``value`` 1..255 is its number in every mask."""

    value: int
    name: str


@dataclass(frozen=True)
class Volume:
    """One annotatable image.

    Attributes
    ----------
    voxels: (z, y, x), or (z, y, x, 3) uint8 for RGB; read-only, often memory-mapped.
        CT in Hounsfield units.
    geometry: position of the (z, y, x) grid.
    modality: DICOM modality (CT, MR, SM …).
    window: (centre, width) for display, in units of ``voxels``.
    digest: sha256 of the stored voxels.
    """

    voxels: NDArray[Any]
    geometry: Geometry
    modality: str
    window: tuple[float, float]
    digest: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along (z, y, x), without the colour axis."""
        return self.geometry.shape


@dataclass(frozen=True)
class Prediction:
    """Labels that replace what was there in ``region``.

    Attributes
    ----------
    labels: uint8, shape of ``region``.
    stage: what produced it ("first", "refined", …), shown to nobody, timed by all.
    probability: float16 (labels, z, y, x) or None; channel order of the labels opened.
    quality: slice → estimated quality in [0, 1].
    fraction: how much of the step is done, in (0, 1]; 1 only on the last.
    """

    region: Region
    labels: NDArray[np.uint8]
    stage: str = "final"
    probability: NDArray[np.float16] | None = None
    quality: Mapping[int, float] = field(default_factory=dict)
    fraction: float = 1.0


@dataclass(frozen=True)
class Snapshot:
    """A sleeping state: named arrays and JSON, never pickle."""

    arrays: Mapping[str, NDArray[Any]]
    header: Mapping[str, Any]


Carry = Snapshot
"""What the next volume may start from."""


@dataclass(frozen=True)
class EngineSpec:
    """What the catalogue says of an engine.

    Attributes
    ----------
    prompts: wire names of the prompts it takes (``prompts.KINDS``).
    planar: works slice by slice; otherwise in 3D.
    learns: what one slice teaches changes its answers on others.
    needs_weights: opens a base model, or a network of its own.
    weights: registered name of those it opens where none are named; "" for no such.
    any_plane: marks made across the slices are for it as good as those on one.
    """

    name: str
    title: str
    prompts: frozenset[str]
    planar: bool
    learns: bool
    needs_weights: bool
    source: str
    weights: str = ""
    any_plane: bool = False


class Engine(Protocol[State]):
    """One method. States of different sessions share nothing that changes.

    ``step`` is deterministic given state, seed and device. It yields predictions as
    they become ready; **the state changes only when the iterator is exhausted**, so a
    step abandoned at any yield has never happened. Prompts that the spec does not list
    are refused (``PromptError("not-taken", …)``) before anything is computed.
    """

    spec: EngineSpec

    def open(
        self, volume: Volume, labels: Sequence[Label], *, carry: Carry | None = None
    ) -> State: ...

    def step(self, state: State, prompts: Sequence[Prompt]) -> Iterator[Prediction]: ...

    def save(self, state: State) -> Snapshot: ...

    def load(
        self, volume: Volume, labels: Sequence[Label], snapshot: Snapshot
    ) -> State: ...

    def close(self, state: State) -> Carry | None: ...
