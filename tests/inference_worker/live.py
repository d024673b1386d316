"""The worker's application with the toy among its engines: ``celery -A`` this."""

from inference_worker.app import app
from inference_worker.engines import MODULES

MODULES["toy"] = "tests.inference_worker.engines.toy"

__all__ = ["app"]
