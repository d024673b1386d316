"""Every error that crosses a door of the product.

    SlicewiseError
    ├── UserError                 the user's: shown in a sentence, with what to do
    │   ├── PromptError           prompt:*      a mark that cannot be taken
    │   ├── MessageError          message:*     a message that cannot be read
    │   ├── ImportRefused         import:*      a file that cannot be brought in
    │   ├── ExportRefused         export:*      masks that cannot be handed out
    │   ├── WeightsRefused        weights:*     a weights file that cannot be used
    │   ├── SessionRefused        session:*     a session not in the right state
    │   └── AccessRefused         access:*      somebody without the right
    └── ServiceError              ours: logged with session and turn, shown plainly
        ├── EngineFailed          engine:*      an engine broke on good input
        └── StoreFailed           store:*       a stored array is missing or altered

The code (``family:reason``) is stable: clients and tests match on it, never on words.
"""

from __future__ import annotations

from typing import Any, ClassVar


class SlicewiseError(Exception):
    """An error with a stable ``code``, a sentence and the values it speaks of."""

    family: ClassVar[str] = "error"

    def __init__(self, reason: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.code = f"{self.family}:{reason}"
        self.message = message
        self.extra = extra

    def as_json(self) -> dict[str, Any]:
        """The one shape on every door."""
        return {"code": self.code, "message": self.message, "extra": self.extra}


class UserError(SlicewiseError):
    """Something the user can put right."""


class PromptError(UserError):
    """A mark outside the volume, of an unknown label, or of a kind not taken."""

    family = "prompt"


class MessageError(UserError):
    """A message that is malformed, too large or of an unknown type."""

    family = "message"


class ImportRefused(UserError):
    """A file that is truncated, encrypted, no image, or too large."""

    family = "import"


class ExportRefused(UserError):
    """An export into a place that is taken, or of nothing."""

    family = "export"


class WeightsRefused(UserError):
    """A weights file that would run code or does not fit the named network."""

    family = "weights"


class SessionRefused(UserError):
    """A session that is open elsewhere, submitted, or has nothing to undo."""

    family = "session"


class AccessRefused(UserError):
    """An object that does not exist for this user."""

    family = "access"


class ServiceError(SlicewiseError):
    """Something we have to put right."""


class EngineFailed(ServiceError):
    """An engine raised on input that its spec takes."""

    family = "engine"


class StoreFailed(ServiceError):
    """A stored array is missing, or its digest is not the recorded one."""

    family = "store"
