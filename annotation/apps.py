"""The Django app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    """The one app of the product; its migrations lie in the top-level folder."""

    name = "annotation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the signals; their receivers need the tables."""
        import_module("annotation.signals")
