"""Request bodies: at most 1 MiB, and nothing that the database cannot hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser, FormParser, MultiPartParser

from annotation.wire import MESSAGE_BYTES_MAX, malformed, read_json, too_large


class JsonParser(BaseParser):
    """Strict JSON. The framework's own reads a body of any length."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Read the body, no further than it may be long."""
        body = stream.read(MESSAGE_BYTES_MAX + 1)
        if len(body) > MESSAGE_BYTES_MAX:
            raise too_large(len(body))
        if not body:
            return {}
        try:
            return read_json(body.decode())
        except UnicodeDecodeError as error:
            raise malformed("it is not UTF-8") from error


FORM_PARSERS = (JsonParser, FormParser, MultiPartParser)
"""For ``navigator.sendBeacon``, which can carry the CSRF token in a form field only."""
