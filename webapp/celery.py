"""Celery on the web side: publishes work, and runs the ``desk`` that takes answers."""

import os
from typing import Any

import django
from celery import Celery, signals
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings.local")

# Without Celery's own Django fixup: it closes the whole connection pool after every
# task, which costs the next one a new pool, and breaks threads that were using it.
app = Celery("slicewise", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")


@signals.import_modules.connect(sender=app)
def set_up_django(**_: Any) -> None:
    """Before the tasks are imported, and with them the tables."""
    django.setup()


@signals.task_prerun.connect
@signals.task_postrun.connect
def give_back_connections(**_: Any) -> None:
    """As Django does around every request."""
    close_old_connections()


# Receivers are called in the order they came: the tasks need Django set up.
app.autodiscover_tasks(["annotation"])
