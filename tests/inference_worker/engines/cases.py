"""The engines asked by the contract suite: a new engine adds one line to ``CASES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inference_worker import engines
from inference_worker.contract.engine import Engine, Label, Volume
from inference_worker.contract.geometry import Geometry, Region
from inference_worker.contract.prompts import (
    KIND_OF,
    Accept,
    Box,
    Click,
    ExtremePoints,
    Lasso,
    Paint,
    Prompt,
    Propagate,
    Scribble,
    Visit,
)

LABELS = (Label(1, "liver"), Label(3, "pancreas"), Label(4, "cyst"))
"""The tiny base model knows the first two; the third has no output channel."""

SHAPE = (3, 40, 48)


def tiny_model(directory: Path, network: str = "unet") -> str:
    """A small random network for two of the labels, written once; its path."""
    from inference_worker.nets import (
        Architecture,
        Description,
        Frame,
        Preprocessing,
        build_network,
        save_model,
    )

    path = directory / f"{network}.safetensors"
    if not path.exists():
        sizes: dict[str, Any] = {"encoder": "resnet18", "width": 8, "classes": 3}
        description = Description(
            classes=("background", "liver", "pancreas"),
            channels=1,
            preprocessing=Preprocessing(frame=Frame(longest=48)),
            architecture=Architecture(network, **sizes),
        )
        save_model(path, build_network(network, seed=0, **sizes), description)
    return str(path)


def tiny_pemed(directory: Path) -> str:
    """A small random PE-MED, written once; its path."""
    import torch

    from inference_worker.nets import Frame, Preprocessing
    from inference_worker.nets.pemed import PEMed, PEMedShape
    from inference_worker.nets.prompted import save_prompted

    path = directory / "pemed.safetensors"
    if not path.exists():
        shape = PEMedShape(
            widths=(8, 8, 8, 8), depths=(1, 1, 1, 1), heads=(1, 1, 1, 1), decoder=8
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            net = PEMed(shape).eval()
        frame = Preprocessing(frame=Frame(longest=64, multiple=32))
        save_prompted(path, "pemed", net, shape, frame)
    return str(path)


def tiny_prism(directory: Path) -> str:
    """A small random PRISM, written once; its path."""
    import torch

    from inference_worker.nets.prism import Prism
    from inference_worker.nets.prism_shape import PrismShape
    from inference_worker.nets.prism_weights import save_prism

    path = directory / "prism.safetensors"
    if not path.exists():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            net = Prism(PrismShape(16, (4, 8, 8), token=16, depth=1, heads=2, rounds=1))
        save_prism(path, net, {})
    return str(path)


def tiny_mem3d(directory: Path) -> str:
    """A small random Mem3D, written once; its path."""
    import torch

    from inference_worker.nets import Frame, Preprocessing
    from inference_worker.nets.mem3d import Mem3D, Mem3DShape
    from inference_worker.nets.prompted import save_prompted

    path = directory / "mem3d.safetensors"
    if not path.exists():
        shape = Mem3DShape(width=8, decoder=8, roi=32)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            net = Mem3D(shape).eval()
        frame = Preprocessing(frame=Frame(longest=64, multiple=32))
        save_prompted(path, "mem3d", net, shape, frame)
    return str(path)


@dataclass(frozen=True)
class Case:
    """One engine of the suite: settings that make it quick, and a base model."""

    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    weights: Callable[[Path], str] | None = None
    seed: int = 11

    def build(self, directory: Path) -> Engine[Any]:
        """The engine, as a worker builds it; weights lie in ``directory``."""
        return engines.build(
            self.name,
            weights=self.weights(directory) if self.weights else None,
            config={**self.config, "seed": self.seed},
        )

    def __str__(self) -> str:
        return self.name


_QUICK = {"steps": 2, "replay_steps": 2, "augmentations_max": 4}

CASES = [
    Case("toy"),
    Case("continual", _QUICK, tiny_model),
    Case("continual-published", _QUICK, partial(tiny_model, network="unetpp")),
    Case("manual"),
    Case("copy_previous"),
    Case("grabcut"),
    Case("random_walker"),
    Case("geodesic"),
    Case("constrained", {"iterations": 3}, tiny_model),
    Case("constrained-n", {"iterations": 3}, partial(tiny_model, network="unetpp")),
    Case("f-brs", {"iterations": 2}, tiny_model),
    Case("ritm", {}, partial(tiny_model, network="guided_unet")),
    Case("pemed", {}, tiny_pemed),
    Case("mem3d", {}, tiny_mem3d),
    Case("prism", {}, tiny_prism),
]


def grey_volume(depth: int = SHAPE[0], seed: int = 0) -> Volume:
    """Two blobs of different brightness in noise, float32, with a window."""
    shape = (depth, *SHAPE[1:])
    y, x = np.mgrid[0 : shape[1], 0 : shape[2]]
    image = np.random.default_rng(seed).normal(0, 10, shape)
    image += 100.0 * ((y - 18) ** 2 + (x - 14) ** 2 < 81)
    image += 200.0 * ((y - 22) ** 2 + (x - 34) ** 2 < 64)
    return _volume(image.astype(np.float32), "CT", (100.0, 300.0), f"grey{depth}{seed}")


def colour_volume() -> Volume:
    """The same blobs, stained."""
    grey = np.clip(grey_volume().voxels + 40, 0, 255)
    voxels = np.stack([grey, 255 - grey, 0.5 * grey], axis=-1).astype(np.uint8)
    return _volume(voxels, "SM", (128.0, 256.0), "colour")


def _volume(
    voxels: np.ndarray, modality: str, window: tuple[float, float], digest: str
) -> Volume:
    voxels.flags.writeable = False
    z, y, x = voxels.shape[:3]
    geometry = Geometry((z, y, x), np.diag([3.0, 1.0, 1.0, 1.0]))
    return Volume(voxels, geometry, modality, window, digest)


def stroke(label: int, z: int, y: int, x: int, length: int = 8) -> Scribble:
    """A thick horizontal stroke."""
    return Scribble(label, ((z, y, x), (z, y, x + length)), width=3)


def painted(z: int) -> Paint:
    """A person's own mask: two labels and background in a checked pattern."""
    region = Region((z, 4, 6), (z + 1, 12, 20))
    rows, columns = np.mgrid[0:8, 0:14]
    labels = np.choose((rows + columns) % 3, [0, 1, 3]).astype(np.uint8)[None]
    return Paint(region, labels, (rows % 2 == 0)[None])


STORY: list[list[Prompt]] = [
    [Visit(0)],
    [stroke(1, 0, 18, 10), stroke(3, 0, 22, 30), stroke(0, 0, 36, 4, 30)],
    [Click(4, (0, 30, 24)), Click(1, (0, 19, 12))],
    [Accept(0), Visit(1)],
    [Box(1, Region((1, 8, 4), (2, 29, 25))), stroke(1, 1, 18, 11), painted(1)],
    [
        Lasso(3, ((1, 16, 30), (1, 16, 38), (1, 28, 38), (1, 28, 30))),
        ExtremePoints(3, ((2, 15, 34), (2, 29, 34), (2, 22, 27), (2, 22, 41))),
    ],
    [Accept(1), Propagate(1, 0, 1), Visit(2)],
    [stroke(0, 2, 34, 6), Visit(0)],
]


def story(engine: Engine[Any], depth: int = SHAPE[0]) -> list[list[Prompt]]:
    """``STORY`` as far as ``engine`` takes it, on volumes of ``depth`` slices."""
    from inference_worker.contract.prompts import slice_of

    told = [
        [
            prompt
            for prompt in turn
            if KIND_OF[type(prompt)] in engine.spec.prompts and slice_of(prompt) < depth
        ]
        for turn in STORY
    ]
    return [turn for turn in told if turn]
