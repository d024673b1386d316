"""Which weights a name stands for, as the web side records it; nothing is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from inference_worker.contract.errors import WeightsRefused

REGISTERED: Final = Path(__file__).parent.parent / "weights"
"""Where the committed models lie, each with a .json that describes it."""


def weights_digest(name_or_path: str) -> str:
    """sha256 of the weights of a registered name or path; "" for no weights.

    Raises
    ------
    WeightsRefused: ``weights:unknown`` where no description of them can be read.
    """
    if not name_or_path:
        return ""
    path = Path(name_or_path)
    if path.suffix not in (".safetensors", ".pt2"):
        path = REGISTERED / f"{name_or_path}.json"
    try:
        description = json.loads(path.with_suffix(".json").read_text())
        return str(description["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsRefused(
            "unknown",
            f"The weights “{name_or_path}” are not installed here; "
            "ask the lead to choose others.",
            weights=name_or_path,
        ) from error
