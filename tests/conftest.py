"""Fixtures of the whole suite."""

import os
from pathlib import Path
from typing import Any

import pgtrigger
import pytest
import redis
from channels.layers import channel_layers
from django.conf import settings as django_settings
from django.test import TransactionTestCase
from xdist.scheduler import LoadScopeScheduling


def pytest_configure() -> None:
    """Let child processes a test starts meet this worker's own Valkey database."""
    os.environ["REDIS_URL"] = django_settings.REDIS_URL
    os.environ["SLICEWISE_DATA"] = str(django_settings.SLICEWISE_DATA)


TOGETHER = {
    "tests/flow/test_processes.py",
    "tests/inference_worker/engines/test_continual_teaching.py",
    "tests/inference_worker/nets/test_program.py",
}
"""What they prepare once takes longer than most of their tests."""


class TwoBrowsers(LoadScopeScheduling):
    """Browser tests are two long rows, begun first, and most others go one by one.

    Each row has a stack of its own, and waits more than it works. The mark
    ``xdist_group`` would say so too, but pytest 9.2's node ids do not take its suffix.
    """

    def _split_scope(self, nodeid: str) -> str:
        path, _, _ = nodeid.partition("::")
        if path in TOGETHER:
            return path
        folder, _, name = path.rpartition("/")
        if folder != "tests/e2e":
            return nodeid
        return "first browser" if name < "test_p" else "second browser"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TwoBrowsers:
    return TwoBrowsers(config, log)


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


@pytest.fixture(autouse=True)
def own_channel_layer():
    """A layer for each test: a lock that one leaves taken would stop all others."""
    yield
    channel_layers.backends.clear()


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
