"""Networks that take more than an image, as two files of one name.

Beside the weights (``.safetensors``) lies a ``.json``::

    {"network": "pemed", "shape": {…}, "preprocessing": {…}, "sha256": "…"}

``shape`` holds the sizes of that network. They are registered where base models are
(``weights/``), and as safely read: numbers only, whose sha256 is checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from inference_worker.contract.errors import WeightsRefused
from inference_worker.nets.preprocessing import Preprocessing
from inference_worker.nets.weights_file import fill, find_weights


@dataclass(frozen=True)
class PromptedModel:
    """A trained network with what has to be done to its images.

    Attributes
    ----------
    module: in evaluation mode, without gradients; shared, so never changed.
    shape: the sizes it was built with.
    digest: sha256 of the weights.
    """

    name: str
    module: nn.Module
    shape: Any
    preprocessing: Preprocessing
    digest: str


def load_prompted(
    name_or_path: str,
    network: str,
    shape_of: Callable[..., Any],
    build: Callable[[Any], nn.Module],
    device: torch.device | str = "cpu",
) -> PromptedModel:
    """The ``network`` of a registered name or of a ``.safetensors`` file.

    Parameters
    ----------
    shape_of: makes the sizes of the .json's ``shape``. build: an untrained network.

    Raises
    ------
    WeightsRefused: ``weights:unknown`` no such name or file; ``weights:altered`` its
        sha256 is not the recorded one; ``weights:does-not-fit`` of another network.
    """
    path = find_weights(str(name_or_path))
    try:
        fields = json.loads(path.with_suffix(".json").read_text())
        if fields["network"] != network:
            raise ValueError(f"they are of a {fields['network']}")
        sizes = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in fields["shape"].items()
        }
        shape = shape_of(**sizes)
        preprocessing = Preprocessing.from_json(fields["preprocessing"])
        expected = str(fields["sha256"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise WeightsRefused(
            "does-not-fit",
            f"The weights “{path.stem}” are not of the network {network}: {error!r}.",
            name=path.stem,
        ) from error
    content = path.read_bytes()
    digest = sha256(content).hexdigest()
    if digest != expected:
        raise WeightsRefused(
            "altered",
            f"{path.name} is not the file its description names; copy both again.",
            file=path.name,
            expected=expected,
            found=digest,
        )
    module = build(shape).eval()
    fill(module, content, path.name)
    return PromptedModel(
        path.stem,
        module.requires_grad_(False).to(device),
        shape,
        preprocessing,
        digest,
    )


def save_prompted(
    path: Path,
    network: str,
    module: nn.Module,
    shape: Any,
    preprocessing: Preprocessing,
    *,
    facts: dict[str, Any] | None = None,
) -> str:
    """Write ``path`` (half precision) and the .json beside it; returns the sha256."""
    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in module.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    content = save(tensors)
    path.write_bytes(content)
    digest = sha256(content).hexdigest()
    fields = {
        "network": network,
        "shape": asdict(shape),
        "preprocessing": preprocessing.to_json(),
        "sha256": digest,
        **(facts or {}),
    }
    path.with_suffix(".json").write_text(json.dumps(fields, indent=1) + "\n")
    return digest
