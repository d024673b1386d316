"""Which software wrote something: for manifests that are read years later."""

from __future__ import annotations

import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]


@cache
def software_version() -> dict[str, Any]:
    """Return name, version, commit and whether files differ from that commit.

    ``commit`` and ``changed`` are None where there is no git checkout, as in an image.
    """
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    commit = _git("rev-parse", "HEAD")
    status = _git("status", "--porcelain", "--untracked-files=no")
    return {
        "name": project["name"],
        "version": project["version"],
        "commit": commit,
        "changed": None if status is None else bool(status),
    }


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(CHECKOUT), *arguments],
            capture_output=True,
            check=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
