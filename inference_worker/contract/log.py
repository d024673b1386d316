"""The digest that names a log of turns, and every prefix of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

EMPTY_LOG = ""
"""Digest of a log without turns."""


def extend_digest(digest: str, turn_id: str, prompts: Any) -> str:
    """Digest of the log that ``digest`` names with one more turn."""
    body = json.dumps([digest, turn_id, prompts], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


def prefix_digests(turns: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Digest after each of ``turns`` (``{"id", "prompts", …}``), in order."""
    digest = EMPTY_LOG
    for turn in turns:
        digest = extend_digest(digest, turn["id"], turn["prompts"])
        yield digest
