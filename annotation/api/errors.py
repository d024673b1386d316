"""One shape for everything that goes wrong: ``{"code", "message", "extra"}``."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from annotation.wire import MESSAGE_BYTES_MAX, too_large
from inference_worker.contract.errors import (
    AccessRefused,
    SessionRefused,
    SlicewiseError,
    StoreFailed,
    UserError,
)

log = structlog.get_logger(__name__)

_STATUS_BY_CODE = {
    "access:missing": status.HTTP_404_NOT_FOUND,
    "access:read-only": status.HTTP_403_FORBIDDEN,
    "access:not-logged-in": status.HTTP_401_UNAUTHORIZED,
    "message:too-large": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
}
_STATUS_BY_TYPE: tuple[tuple[type[SlicewiseError], int], ...] = (
    (AccessRefused, status.HTTP_403_FORBIDDEN),
    (SessionRefused, status.HTTP_409_CONFLICT),
    (UserError, status.HTTP_400_BAD_REQUEST),
    (StoreFailed, status.HTTP_503_SERVICE_UNAVAILABLE),
    (SlicewiseError, status.HTTP_500_INTERNAL_SERVER_ERROR),
)
# What the framework refuses before a view is reached.
_FRAMEWORK: tuple[tuple[type[Exception], str, str], ...] = (
    (exceptions.NotAuthenticated, "access:not-logged-in", "Log in first."),
    (exceptions.AuthenticationFailed, "access:not-logged-in", "Log in first."),
    (exceptions.PermissionDenied, "access:forbidden", "You may not do this."),
    (exceptions.NotFound, "access:missing", "There is nothing at this address."),
    (
        exceptions.MethodNotAllowed,
        "message:method-not-allowed",
        "This address does not take that method.",
    ),
    (exceptions.ParseError, "message:malformed", "The request cannot be read."),
    (exceptions.ValidationError, "message:invalid", "The request is not complete."),
    (
        exceptions.UnsupportedMediaType,
        "message:media-type",
        "Send the request as application/json.",
    ),
    (exceptions.NotAcceptable, "message:media-type", "Ask for application/json."),
    (exceptions.APIException, "message:refused", "The request was refused."),
)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Answer any exception of a view in the one shape; what is ours is logged."""
    set_rollback()
    if isinstance(error, RequestDataTooBig):
        error = too_large(MESSAGE_BYTES_MAX)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, SlicewiseError):
        return _answer_own(error)
    if isinstance(error, exceptions.APIException):
        return _answer_framework(error)
    log.error("request failed", path=context["request"].path, exc_info=error)
    return Response(
        {
            "code": "service:unexpected",
            "message": "Something went wrong here; it has been logged. Try again.",
            "extra": {},
        },
        status=status.HTTP_500_INTERNAL_SERVER_ERROR,
    )


def _answer_own(error: SlicewiseError) -> Response:
    if not isinstance(error, UserError):
        log.error("request failed", code=error.code, **error.extra)
    by_type = next(code for kind, code in _STATUS_BY_TYPE if isinstance(error, kind))
    return Response(error.as_json(), status=_STATUS_BY_CODE.get(error.code, by_type))


def _answer_framework(error: exceptions.APIException) -> Response:
    code, message = next(
        (code, message) for kind, code, message in _FRAMEWORK if isinstance(error, kind)
    )
    answer = Response({"code": code, "message": message, "extra": {}})
    # The framework turns 401 into 403 where a login form is not its own.
    answer.status_code = (
        status.HTTP_401_UNAUTHORIZED
        if code == "access:not-logged-in"
        else error.status_code
    )
    if isinstance(error, exceptions.ValidationError):
        answer.data["extra"] = {"fields": error.detail}
    elif isinstance(error, exceptions.PermissionDenied):
        # The one detail worth passing on: which check of the CSRF token failed.
        answer.data["extra"] = {"reason": str(error.detail)}
    if wait := getattr(error, "wait", None):
        answer["Retry-After"] = str(int(wait))
    return answer
