"""Wiring only: settings, doors (ASGI, URLs, Celery) and the supervisor."""
