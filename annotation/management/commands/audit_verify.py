"""``manage.py audit_verify``: prove the audit trail, or tell where it was touched."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import AuditEvent
from annotation.services.audit import audit_faults


class Command(BaseCommand):
    """Read every event once; exit 1 on the first fault found, all being listed."""

    help = "Verify the hash chain of the audit trail."

    def handle(self, *args: Any, **options: Any) -> None:
        faults = list(audit_faults())
        for fault in faults:
            self.stderr.write(f"event {fault.number}: {fault.reason}")
        if faults:
            raise CommandError(f"The audit trail has {len(faults)} faults.")
        count = AuditEvent.objects.count()
        last = AuditEvent.objects.order_by("number").last()
        self.stdout.write(
            f"{count} audit events, unbroken; the last digest is "
            f"{last.digest if last else 'none'}."
        )
