"""What workers store beside the draft: snapshots that shorten replays, and carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from annotation.models import EngineSnapshot, Session
from annotation.services.fence import session_reported

SNAPSHOTS_KEPT = 12
"""Rows of one session, the newest; the workers prune the files themselves."""


@transaction.atomic
def snapshot_keep(*, report: Mapping[str, Any]) -> None:
    """Record a stored engine state; one that is known already changes nothing."""
    session = session_reported(report=report, submitted=True)
    if session is None:
        return
    EngineSnapshot.objects.update_or_create(
        session=session,
        log_digest=report["log_digest"],
        defaults={name: report[name] for name in ("seq", "key", "sha256")},
    )
    newest = session.snapshots.order_by("-created_at", "-pk")[:SNAPSHOTS_KEPT]
    session.snapshots.exclude(pk__in=[row.pk for row in newest]).delete()


def carry_keep(*, report: Mapping[str, Any]) -> None:
    """Record what a session leaves to the next ones, once; late is not too late."""
    Session.objects.filter(pk=report["session"], left_key="").update(
        left_key=report["key"], left_digest=report["sha256"], carry_wanted=False
    )
