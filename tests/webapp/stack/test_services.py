"""The embedded services for real: kept data, versions, one stack per directory."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from webapp.settings import env
from webapp.stack import postgres
from webapp.stack.errors import StackError
from webapp.stack.lock import alone, running

WRITE = """
import os, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"]) as database:
    database.execute("CREATE TABLE note AS SELECT 'kept' AS text")
redis.Redis.from_url(os.environ["REDIS_URL"]).set("note", "kept")
"""
READ = """
import os, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"]) as database:
    print(database.execute("SELECT text FROM note").fetchone()[0])
print(redis.Redis.from_url(os.environ["REDIS_URL"]).get("note").decode())
"""


@pytest.fixture
def kept_data():
    """A data directory that root's stand-in for PostgreSQL can reach."""
    with tempfile.TemporaryDirectory(prefix="slicewise-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory) / "data"


def stack(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    """Run the supervisor as on a machine that has no servers."""
    environment = env.inherited() | {"SLICEWISE_DATA": str(data)}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-m", "webapp.stack", *arguments],
        cwd=env.CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_second_start_finds_the_data_of_the_first(kept_data):
    first = stack("with", "--", sys.executable, "-c", WRITE, data=kept_data)
    assert first.returncode == 0, first.stderr
    second = stack("with", "--", sys.executable, "-c", READ, data=kept_data)
    assert second.stdout.split() == ["kept", "kept"], second.stderr
    assert not (kept_data / "stack" / "services.env").exists()


def test_a_commands_exit_code_is_handed_on(kept_data):
    ended = stack("test", "--", sys.executable, "-c", "exit(7)", data=kept_data)
    assert ended.returncode == 7
    assert not kept_data.exists()


def test_data_of_another_major_version_is_refused_with_a_way_out(tmp_path):
    (tmp_path / "PG_VERSION").write_text("11\n")
    with pytest.raises(StackError, match="pg_dumpall of version 11"):
        postgres.check_version(tmp_path, postgres.postgres_programs())


def test_two_stacks_do_not_share_a_data_directory(tmp_path):
    assert not running(tmp_path / "data")
    with alone(tmp_path / "data"):
        assert running(tmp_path / "data")
        with (
            pytest.raises(StackError, match=f"process {os.getpid()}"),
            alone(tmp_path / "data"),
        ):
            pytest.fail("two stacks at once")
    assert not running(tmp_path / "data")
