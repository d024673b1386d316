"""Fixtures of the whole suite."""

import os
from pathlib import Path

import pgtrigger
import pytest
import redis
from django.conf import settings as django_settings
from django.test import TransactionTestCase


def pytest_configure() -> None:
    """Let child processes a test starts meet this worker's own Valkey database."""
    os.environ["REDIS_URL"] = django_settings.REDIS_URL
    os.environ["SLICEWISE_DATA"] = str(django_settings.SLICEWISE_DATA)


@pytest.fixture(scope="session", autouse=True)
def empty_tables_past_triggers():
    """Let a transactional test's tables be emptied; only here may the audit be."""
    flush = TransactionTestCase._fixture_teardown

    def flush_past_triggers(test: TransactionTestCase) -> None:
        with pgtrigger.ignore():
            flush(test)

    TransactionTestCase._fixture_teardown = flush_past_triggers
    yield
    TransactionTestCase._fixture_teardown = flush


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
