"""Where embedded services keep things, and whom they run as."""

import os
import stat
from pathlib import Path

import pytest

from webapp.stack import places
from webapp.stack.errors import StackError


def test_sockets_lie_with_the_data_where_the_path_is_short():
    root = Path("/srv/slicewise/stack")
    assert places.socket_directory(root) == root / "sockets"


def test_a_path_too_long_for_a_socket_gets_a_short_place_of_its_own():
    long = Path("/srv") / ("x" * 100)
    short = places.socket_directory(long / "stack")
    assert len(os.fsencode(short / ".s.PGSQL.5432")) <= 107
    assert places.socket_directory(long / "stack") == short
    assert places.socket_directory(long / "other") != short


def test_the_directories_of_services_are_closed_to_others(tmp_path):
    tmp_path.chmod(0o755)
    made = places.prepare(tmp_path / "data" / "stack", embedded=False)
    assert stat.S_IMODE(made.logs.stat().st_mode) == 0o700
    assert not stat.S_IMODE(made.root.stat().st_mode) & (stat.S_IROTH | stat.S_IWOTH)
    assert not made.postgres.exists()


def test_root_is_told_of_a_directory_postgres_cannot_enter(tmp_path, monkeypatch):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    stranger = os.geteuid() + 1
    assert not places.reachable(closed / "stack", stranger)
    assert places.reachable(closed / "stack", None)
    monkeypatch.setattr(places, "service_user", lambda: stranger)
    monkeypatch.setattr(places.pwd, "getpwuid", lambda user: FAKE_ENTRY)
    with pytest.raises(StackError, match=r"somebody may not enter.*DATABASE_URL"):
        places.prepare(closed / "stack", embedded=True)


class FAKE_ENTRY:
    pw_name = "somebody"


def test_a_user_without_an_entry_is_pointed_at_a_server(monkeypatch):
    monkeypatch.setattr(places.os, "geteuid", lambda: 54_321)
    monkeypatch.setattr(places.pwd, "getpwuid", {}.__getitem__)
    with pytest.raises(StackError, match=r"54321 has no entry.*DATABASE_URL"):
        places.service_user()


def test_root_runs_services_as_postgres_or_else_as_nobody(monkeypatch):
    class Entry:
        def __init__(self, number: int) -> None:
            self.pw_uid = number

    known = {"postgres": Entry(101), "nobody": Entry(65_534)}
    monkeypatch.setattr(places.os, "geteuid", lambda: 0)
    monkeypatch.setattr(places.pwd, "getpwnam", known.__getitem__)
    assert places.service_user() == 101
    del known["postgres"]
    assert places.service_user() == 65_534
    known.clear()
    with pytest.raises(StackError, match="DATABASE_URL"):
        places.service_user()
