"""Load a base model by registered name or path, without running what the file holds.

A model is two files of one name: weights (``.safetensors``: numbers only; or ``.pt2``,
a ``torch.export`` program) and ``.json`` beside them::

    {"architecture": {…}, "classes": ["background", …], "channels": 1,
     "preprocessing": {…}, "sha256": "…"}

``architecture`` is absent beside a program, ``sha256`` (of the weights file) optional.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from inference_worker.contract.errors import WeightsRefused
from inference_worker.nets.architecture import Architecture
from inference_worker.nets.base_model import BaseModel
from inference_worker.nets.preprocessing import Preprocessing
from inference_worker.nets.program import load_program

REGISTERED = Path(__file__).parent.parent / "weights"
"""Where the committed models lie; ``load_model("ct-abdomen")`` looks here."""

UNUSED = ("encoder.layer4.", "encoder.fc.")
"""Entries of segmentation-models-pytorch's files that a shallower encoder lacks."""


@dataclass(frozen=True)
class Description:
    """The ``.json`` beside a weights file."""

    classes: tuple[str, ...]
    channels: int
    preprocessing: Preprocessing
    architecture: Architecture | None = None
    sha256: str | None = None

    def to_json(self) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "classes": list(self.classes),
            "channels": self.channels,
            "preprocessing": self.preprocessing.to_json(),
        }
        if self.architecture is not None:
            fields["architecture"] = self.architecture.to_json()
        if self.sha256 is not None:
            fields["sha256"] = self.sha256
        return fields


def registered_models() -> list[str]:
    """Names of the base models that come with the product."""
    return sorted(
        path.stem
        for path in REGISTERED.glob("*.safetensors")
        if "architecture" in json.loads(path.with_suffix(".json").read_text())
    )


def load_model(
    name_or_path: str | Path, device: torch.device | str = "cpu"
) -> BaseModel:
    """The model of a registered name, or of a ``.safetensors`` or ``.pt2`` file.

    Raises
    ------
    WeightsRefused: ``weights:unknown`` no such name or file;
        ``weights:unsafe-format`` reading the file would run code in it;
        ``weights:altered`` its sha256 is not the recorded one;
        ``weights:does-not-fit`` it is broken, or is not the described network.
    """
    path = find_weights(str(name_or_path))
    description = _describe(path)
    content = path.read_bytes()
    digest = sha256(content).hexdigest()
    if description.sha256 not in (None, digest):
        raise WeightsRefused(
            "altered",
            f"{path.name} is not the file its description names; copy both again.",
            file=path.name,
            expected=description.sha256,
            found=digest,
        )
    if path.suffix == ".pt2":
        module = load_program(content, path.name)
    else:
        module = _build(description, content, path.name)
    return BaseModel(
        name=path.stem,
        module=module.requires_grad_(False).to(device),
        classes=description.classes,
        channels=description.channels,
        digest=digest,
        preprocessing=description.preprocessing,
    )


def save_model(
    path: Path,
    module: nn.Module,
    description: Description,
    *,
    dtype: torch.dtype = torch.float16,
    facts: dict[str, Any] | None = None,
) -> str:
    """Write ``path`` (.safetensors) and the .json beside it; returns the sha256.

    Weights are kept as ``dtype`` and counted up to float32 when loaded, so what is
    saved is what is used. ``facts`` (training data, seed, …) go into the .json.
    """
    tensors = {
        name: (value.to(dtype) if value.is_floating_point() else value).contiguous()
        for name, value in module.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    content = save(tensors)
    path.write_bytes(content)
    digest = sha256(content).hexdigest()
    fields = {**description.to_json(), "sha256": digest, **(facts or {})}
    path.with_suffix(".json").write_text(json.dumps(fields, indent=1) + "\n")
    return digest


def find_weights(name: str) -> Path:
    """The file of a registered name, or the path itself; refused where none is."""
    path = Path(name)
    if path.suffix in (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".npy"):
        raise WeightsRefused(
            "unsafe-format",
            f"Reading {path.name} could run code in it; convert it to .safetensors.",
            file=path.name,
        )
    if path.suffix not in (".safetensors", ".pt2"):
        path = REGISTERED / f"{name}.safetensors"
        if path.parent != REGISTERED or not path.is_file():
            raise WeightsRefused(
                "unknown",
                f"There is no model “{name}”; choose one of {registered_models()}.",
                name=name,
                known=registered_models(),
            )
    if not path.is_file():
        raise WeightsRefused(
            "unknown", f"There is no file {path.name}.", name=path.name
        )
    return path


def _describe(path: Path) -> Description:
    beside = path.with_suffix(".json")
    try:
        fields = json.loads(beside.read_text())
        architecture = fields.get("architecture")
        return Description(
            classes=tuple(str(name) for name in fields["classes"]),
            channels=int(fields["channels"]),
            preprocessing=Preprocessing.from_json(fields.get("preprocessing", {})),
            architecture=architecture and Architecture.from_json(architecture),
            sha256=fields.get("sha256"),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WeightsRefused(
            "does-not-fit",
            f"{beside.name} does not describe a model: {error!r}.",
            file=beside.name,
        ) from error


def _build(description: Description, content: bytes, file: str) -> nn.Module:
    """The described network with the tensors of a safetensors file."""
    architecture = description.architecture
    if architecture is None:
        raise _misfit(file, "its description names no architecture")
    if (architecture.classes, architecture.channels) != (
        len(description.classes),
        description.channels,
    ):
        raise _misfit(
            file,
            f"its network makes {architecture.classes} classes of "
            f"{architecture.channels} channels, its description names "
            f"{len(description.classes)} of {description.channels}",
        )
    module = architecture.build()
    fill(module, content, file)
    return module


def fill(module: nn.Module, content: bytes, file: str) -> None:
    """Give ``module`` every tensor of a safetensors file, or refuse the file."""
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise _misfit(file, f"it is not a safetensors file ({error})") from error
    wanted = {
        name: tensor
        for name, tensor in module.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    given = {
        name: tensor
        for name, tensor in tensors.items()
        if not name.endswith("num_batches_tracked") and not name.startswith(UNUSED)
    }
    missing, extra = sorted(set(wanted) - set(given)), sorted(set(given) - set(wanted))
    if missing or extra:
        raise _misfit(
            file,
            f"{len(missing)} tensors are missing ({', '.join(missing[:3])}) and "
            f"{len(extra)} are not of this network ({', '.join(extra[:3])})",
        )
    for name, tensor in wanted.items():
        if given[name].shape != tensor.shape:
            raise _misfit(
                file,
                f"{name} has shape {tuple(given[name].shape)}, "
                f"the network's has {tuple(tensor.shape)}",
            )
        if not given[name].isfinite().all():
            raise _misfit(file, f"{name} holds numbers that are not finite")
    module.load_state_dict(given, strict=False)


def _misfit(file: str, why: str) -> WeightsRefused:
    return WeightsRefused(
        "does-not-fit", f"{file} does not fit its network: {why}.", file=file
    )
