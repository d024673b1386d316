"""Fixtures of the whole suite."""

import os
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings


def pytest_configure() -> None:
    """Let child processes a test starts meet this worker's own Valkey database."""
    os.environ["REDIS_URL"] = django_settings.REDIS_URL
    os.environ["SLICEWISE_DATA"] = str(django_settings.SLICEWISE_DATA)


@pytest.fixture
def file_store(tmp_path: Path, settings, monkeypatch) -> Path:
    """An empty file store that lives as long as the test."""
    settings.SLICEWISE_DATA = tmp_path / "store"
    settings.SLICEWISE_DATA.mkdir()
    monkeypatch.setenv("SLICEWISE_DATA", str(settings.SLICEWISE_DATA))
    return settings.SLICEWISE_DATA


@pytest.fixture
def valkey():
    """A client of this worker's own Valkey database, emptied before the test."""
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.flushdb()
        yield client
