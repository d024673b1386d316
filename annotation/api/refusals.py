"""Which errors an operation answers with, for the OpenAPI schema."""

from __future__ import annotations

from typing import Any

from annotation.api.schema import ErrorSerializer


def answers(good: Any, *refusals: int, status: int = 200) -> dict[int, Any]:
    """``good`` with ``status``; every door may also say 401."""
    return {status: good} | dict.fromkeys((401, *refusals), ErrorSerializer)
