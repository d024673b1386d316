"""The embedded PostgreSQL: a foreground child on a unix socket."""

import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from webapp.stack.child import Child, bare_environment, wait_until
from webapp.stack.errors import StackError
from webapp.stack.places import Places, usable_programs
from webapp.stack.programs import postgres_programs

ROLE = "slicewise"
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def postgres_version(programs: Path) -> str:
    said = subprocess.run(
        [str(programs / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.split()[2].split(".")[0]


def check_version(data: Path, programs: Path) -> None:
    """Refuse data of another major version: PostgreSQL would, less helpfully."""
    kept = (data / "PG_VERSION").read_text().strip()
    ours = postgres_version(programs)
    if kept != ours:
        raise StackError(
            f"{data} was made by PostgreSQL {kept}, and {programs} is version {ours}. "
            f"Dump it with pg_dumpall of version {kept} and restore it into a new "
            f"directory, or set SLICEWISE_PG_BIN to programs of version {kept}."
        )


def initialise(
    places: Places,
    programs: Path,
    environment: Mapping[str, str],
    *,
    throw_away: bool,
) -> None:
    """Make an empty cluster, in one rename so that a half-made one is never used."""
    data = places.postgres / "data"
    making = places.postgres / "making"
    shutil.rmtree(making, ignore_errors=True)
    command = [str(programs / "initdb"), "-D", str(making), "-U", ROLE]
    # The socket lies in a directory of mode 0700: whoever reaches it is trusted.
    command += ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"]
    command += ["--locale=C", "--no-instructions"]
    if throw_away:
        command += ["--no-sync"]
    initdb = Child(
        "initdb",
        command,
        log=places.logs / "initdb.log",
        environment=bare_environment(environment),
        user=places.user,
        directory=places.postgres,
    )
    initdb.start()
    initdb.process.wait()
    if initdb.exit_code != 0:
        raise StackError(f"PostgreSQL's initdb failed:\n{initdb.tail()}")
    making.rename(data)


def postgres_child(
    places: Places, environment: Mapping[str, str], *, throw_away: bool = False
) -> Child:
    """Return the database server, its cluster made if there is none."""
    programs = usable_programs(postgres_programs(), places.user)
    data = places.postgres / "data"
    if data.exists():
        check_version(data, programs)
    else:
        initialise(places, programs, environment, throw_away=throw_away)
    options = ["listen_addresses=", f"unix_socket_directories={places.sockets}"]
    options += ["unix_socket_permissions=0700", "max_connections=200"]
    if throw_away:
        options += THROW_AWAY
    command = [str(programs / "postgres"), "-D", str(data)]
    for option in options:
        command += ["-c", option]
    return Child(
        "postgres",
        command,
        log=places.logs / "postgres.log",
        environment=bare_environment(environment),
        user=places.user,
        stop_signal=signal.SIGINT,  # "fast": sessions are ended, data is flushed
        directory=places.postgres,
    )


def database_url(places: Places, name: str = ROLE) -> str:
    return f"postgresql://{ROLE}@/{name}?host={quote(str(places.sockets), safe='')}"


def wait_for_postgres(child: Child, places: Places) -> None:
    """Wait until it answers, and see to it that our database exists."""

    def answers() -> bool:
        try:
            with psycopg.connect(
                database_url(places, "postgres"), autocommit=True
            ) as connection:
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(query, [ROLE]).fetchone() is None:
                    connection.execute(f"CREATE DATABASE {ROLE}")
        except psycopg.OperationalError:
            return False
        return True

    if not wait_until(answers, child=child, seconds=60):
        raise StackError(f"PostgreSQL did not start:\n{child.tail()}")
