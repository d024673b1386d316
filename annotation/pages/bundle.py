"""What Vite built: the entry of the viewer and everything it loads at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.templatetags.static import static

ENTRY = "src/main.ts"


@dataclass(frozen=True)
class Bundle:
    """Addresses of the viewer's files."""

    script: str
    styles: tuple[str, ...]
    preloads: tuple[str, ...]


class BundleMissing(Exception):
    """The viewer has not been built: ``make run`` builds it."""


def viewer_bundle() -> Bundle:
    """Read Vite's manifest; again on every request while developing."""
    found = finders.find("viewer/.vite/manifest.json")
    if not isinstance(found, str):
        raise BundleMissing("frontend/dist is missing; run “make run”")
    path = Path(found)
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, _modified: int) -> Bundle:
    manifest: dict[str, Any] = json.loads(path.read_text())
    entry = manifest[ENTRY]
    imports = [manifest[name] for name in entry.get("imports", [])]
    styles = [style for chunk in [*imports, entry] for style in chunk.get("css", [])]
    return Bundle(
        script=_address(entry["file"]),
        styles=tuple(_address(style) for style in dict.fromkeys(styles)),
        preloads=tuple(_address(chunk["file"]) for chunk in imports),
    )


def _address(file: str) -> str:
    return static(f"viewer/{file}")
