"""The environment has one reader, and what it reads is declared."""

import stat

import pytest

from webapp.settings import env


def test_an_undeclared_variable_is_refused():
    with pytest.raises(LookupError, match="SLICEWISE_TYPO"):
        env.read("SLICEWISE_TYPO")


def test_an_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("PORT", "")
    assert env.read("PORT", "8000") == "8000"


def test_a_database_url_is_read_as_libpq_reads_it():
    entry = env.database(
        "postgresql://eva:s%40fe@/cases?host=%2Frun%2Fpg&sslmode=disable"
    )
    assert entry["NAME"] == "cases"
    assert entry["USER"] == "eva"
    assert entry["PASSWORD"] == "s@fe"
    assert entry["HOST"] == "/run/pg"
    assert entry["OPTIONS"] == {"sslmode": "disable"}


@pytest.mark.parametrize(
    ("redis_url", "broker"),
    [
        ("redis://cache:6379/2", "redis://cache:6379/2"),
        ("unix:///run/v.sock", "redis+socket:///run/v.sock?virtual_host=0"),
        ("unix:///run/v.sock?db=3", "redis+socket:///run/v.sock?virtual_host=3"),
    ],
)
def test_the_broker_is_valkey_unless_another_is_named(monkeypatch, redis_url, broker):
    monkeypatch.delenv("BROKER_URL", raising=False)
    assert env.broker(redis_url) == broker
    monkeypatch.setenv("BROKER_URL", "amqp://rabbit")
    assert env.broker(redis_url) == "amqp://rabbit"


@pytest.mark.parametrize(
    ("url", "fourth"),
    [
        ("unix:///run/v.sock", "unix:///run/v.sock?db=4"),
        ("unix:///run/v.sock?db=1", "unix:///run/v.sock?db=4"),
        ("redis://cache:6379", "redis://cache:6379/4"),
        ("redis://cache:6379/1", "redis://cache:6379/4"),
    ],
)
def test_parallel_tests_take_other_numbered_databases(url, fourth):
    assert env.numbered(url, 4) == fourth


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("SLICEWISE_DATA", str(tmp_path / "data"))
    first = env.secret_key()
    kept = tmp_path / "data" / "stack" / "secret_key"
    assert len(first) >= 50
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert env.secret_key() == first
    monkeypatch.setenv("SECRET_KEY", "given")
    assert env.secret_key() == "given"


def test_a_second_terminal_finds_the_services_of_the_running_stack(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SLICEWISE_DATA", str(tmp_path))
    assert env.service_url("DATABASE_URL") == ""
    env.services_file().parent.mkdir()
    env.services_file().write_text(
        "DATABASE_URL=postgresql:///a?host=b\nREDIS_URL=unix:///c\n"
    )
    assert env.service_url("DATABASE_URL") == "postgresql:///a?host=b"
    monkeypatch.setenv("DATABASE_URL", "postgresql:///given")
    assert env.service_url("DATABASE_URL") == "postgresql:///given"
