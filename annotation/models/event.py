"""What happened in the browser, as the browser's monotonic clock saw it."""

from __future__ import annotations

from django.db import models

from annotation.models.session import Session


class Event(models.Model):
    """One event; times are derived from these when asked, never accumulated.

    ``tab`` names one load of the page, ``seq`` counts within it, ``t`` is its
    ``performance.now()`` in ms, ``received_at`` the server's arrival time.
    """

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="events"
    )
    tab = models.UUIDField()
    seq = models.PositiveIntegerField()
    t = models.FloatField()
    kind = models.CharField(max_length=32)
    data = models.JSONField(default=dict)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["session", "tab", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "tab", "seq"], name="event_seq_once_per_tab"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.t:.0f} ms"
