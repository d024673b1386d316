"""Answers sent in fewer bytes to whoever reads them so (RFC 9110, 8.4)."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import zstandard
from django.http import HttpRequest

# At their quickest: a CT slice halves either way, and the network is not always slow.
_CODERS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=1).compress(body),
    "gzip": lambda body: gzip.compress(body, compresslevel=1, mtime=0),
}


def coding_for(request: HttpRequest) -> str:
    """Return the best content coding that the client names; empty for none."""
    named = set()
    for item in request.headers.get("Accept-Encoding", "").split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        if not any(_is_nought(parameter) for parameter in parameters):
            named.add(name)
    return next((coding for coding in _CODERS if coding in named), "")


def encode(body: bytes, coding: str) -> bytes:
    """Return ``body`` in a coding that `coding_for` found."""
    return _CODERS[coding](body) if coding else body


def _is_nought(parameter: str) -> bool:
    """Whether a weight of zero refuses the coding (RFC 9110, 12.4.2)."""
    name, _, weight = parameter.partition("=")
    return name == "q" and weight.strip("0.") == ""
