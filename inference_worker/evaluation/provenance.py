"""Which code, on what machine, made a result."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

from inference_worker.arithmetic import arithmetic_of

ROOT = Path(__file__).resolve().parents[2]


def commit() -> str | None:
    """The commit of the sources, with ``+`` where the worker's differ from it."""
    head = _git("rev-parse", "--short=12", "HEAD")
    if not head:
        return None
    return head + (
        "+" if _git("status", "--porcelain", "-uno", "--", "inference_worker") else ""
    )


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def provenance(device: str) -> dict[str, Any]:
    """Commit, interpreter and arithmetic, for the head of a result file."""
    return {
        "commit": commit(),
        "python": platform.python_version(),
        **arithmetic_of(device, torch.get_num_threads()),
    }
