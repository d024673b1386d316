"""Load and save PRISM: a ``.safetensors`` file with its sizes in a ``.json`` beside it.

``{"engine": "prism", "shape": {…}, "sha256": "…", "training": {…}}``. Nothing that a
file holds is run, and every misfit is refused in words.
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

from inference_worker.contract.errors import WeightsRefused
from inference_worker.contract.weights import REGISTERED
from inference_worker.nets.prism import Prism
from inference_worker.nets.prism_shape import PrismShape


@dataclass(frozen=True)
class PrismModel:
    """Weights shared between sessions, so never changed.

    Attributes
    ----------
    digest: sha256 of the weights file.
    """

    name: str
    net: Prism
    digest: str


def save_prism(path: Path, net: Prism, facts: dict[str, Any]) -> str:
    """Write ``path`` (float16) and the .json beside it; returns the sha256."""
    tensors = {n: t.half().contiguous() for n, t in net.state_dict().items()}
    content = save(tensors)
    path.write_bytes(content)
    digest = sha256(content).hexdigest()
    fields = {"engine": "prism", "shape": net.shape.to_json(), "sha256": digest}
    path.with_suffix(".json").write_text(json.dumps(fields | facts, indent=1) + "\n")
    return digest


def load_prism(name_or_path: str | Path, device: str = "cpu") -> PrismModel:
    """The PRISM of a registered name or a ``.safetensors`` file, in eval mode.

    Raises
    ------
    WeightsRefused: ``weights:unknown`` no such name or file; ``weights:altered`` its
        sha256 is not the recorded one; ``weights:does-not-fit`` it is no PRISM, or
        not of the sizes beside it.
    """
    path = Path(name_or_path)
    if path.suffix != ".safetensors":
        path = REGISTERED / f"{name_or_path}.safetensors"
    if not path.is_file():
        raise WeightsRefused(
            "unknown", f"There are no weights “{name_or_path}”.", name=str(name_or_path)
        )
    content = path.read_bytes()
    digest = sha256(content).hexdigest()
    try:
        fields = json.loads(path.with_suffix(".json").read_text())
        recorded = fields.get("sha256")
        if fields["engine"] != "prism":
            raise ValueError(f"it is for {fields['engine']}")
        net = Prism(PrismShape(**fields["shape"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WeightsRefused(
            "does-not-fit",
            f"“{path.stem}” is not described as a network of PRISM: {error!r}.",
            file=path.name,
        ) from error
    if recorded not in (None, digest):
        raise WeightsRefused(
            "altered",
            f"{path.name} is not the file its description names; copy both again.",
            file=path.name,
            expected=recorded,
            found=digest,
        )
    try:
        net.load_state_dict(load(content))
        if not all(t.isfinite().all() for t in net.state_dict().values()):
            raise ValueError("it holds numbers that are not finite")
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise WeightsRefused(
            "does-not-fit",
            f"{path.name} does not fit its network: {str(error)[:200]}.",
            file=path.name,
        ) from error
    net = net.eval().requires_grad_(False).to(device)
    net = net.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    return PrismModel(path.stem, net, digest)
