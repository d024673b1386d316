"""Text from outside becomes JSON that the database can hold, or is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn
from uuid import UUID

from inference_worker.contract.errors import MessageError

MESSAGE_BYTES_MAX = 1 << 20
"""One message of the browser; more is a broken client, not a reader."""


def read_json(text: str) -> Any:
    """Parse JSON as RFC 8259 has it.

    Raises
    ------
    MessageError
        ``message:too-large`` over 1 MiB; ``message:malformed`` for anything that is no
        JSON, and for what PostgreSQL's jsonb cannot hold: NaN, infinities, NUL, lone
        surrogates.
    """
    if len(text) > MESSAGE_BYTES_MAX or len(text.encode()) > MESSAGE_BYTES_MAX:
        raise too_large(len(text))
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise malformed("it is not JSON") from error
    if "\\u0000" in text or "\\ud" in text.lower():
        _refuse_unstorable(value)
    return value


def read_object(text: str) -> dict[str, Any]:
    """Parse JSON that must be an object."""
    value = read_json(text)
    if not isinstance(value, dict):
        raise malformed("it is not an object")
    return value


def read_uuid(value: Any, name: str) -> UUID:
    """The UUID of the field ``name``."""
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise malformed(f"“{name}” is not a UUID") from error


def malformed(reason: str) -> MessageError:
    """What a message that cannot be read is answered with."""
    return MessageError("malformed", f"The message cannot be read: {reason}.")


def too_large(size: int) -> MessageError:
    """What a message over 1 MiB is answered with."""
    return MessageError(
        "too-large",
        "The message is larger than 1 MiB; send the strokes in several turns.",
        bytes=size,
        bytes_max=MESSAGE_BYTES_MAX,
    )


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{digits[:40]} is too large")
    return value


def _refuse_unstorable(value: Any) -> None:
    """Refuse NUL and lone surrogates anywhere; depth is bounded by the parser's."""
    if isinstance(value, str):
        if "\x00" in value or any(0xD800 <= ord(c) <= 0xDFFF for c in value):
            raise malformed("a text holds a character that cannot be stored")
    elif isinstance(value, Mapping):
        for name, each in value.items():
            _refuse_unstorable(name)
            _refuse_unstorable(each)
    elif isinstance(value, list):
        for each in value:
            _refuse_unstorable(each)
