"""The wiring as a Django app, so that Celery is set up wherever Django is."""

from importlib import import_module

from django.apps import AppConfig


class WiringConfig(AppConfig):
    name = "webapp"

    def ready(self) -> None:
        # Services publish through Celery's default app, from any thread.
        import_module("webapp.celery").app.set_default()
