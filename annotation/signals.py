"""Logging in and out is audited wherever it happens."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.dispatch import receiver

from annotation.models import User
from annotation.services.audit import audit_record


@receiver(user_logged_in)
def login_recorded(user: User, **_: Any) -> None:
    """Audit a login."""
    audit_record(actor=user, action="user:logged-in", subject=f"user:{user.pk}")


@receiver(user_logged_out)
def logout_recorded(user: User | None, **_: Any) -> None:
    """Audit a logout; one without a user is a session that had ended before."""
    if user is not None:
        audit_record(actor=user, action="user:logged-out", subject=f"user:{user.pk}")


@receiver(user_login_failed)
def failed_login_recorded(credentials: dict[str, Any], **_: Any) -> None:
    """Audit a refused login under the name that was tried."""
    tried = str(credentials.get("username", "")).replace("\x00", "")[:100]
    audit_record(actor=None, action="user:login-refused", subject=f"name:{tried}")
