"""The embedded PostgreSQL and Valkey: foreground children on unix sockets."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from webapp.stack.child import Child, wait_until
from webapp.stack.errors import StackError
from webapp.stack.places import Places, reachable, usable_programs
from webapp.stack.programs import postgres_programs, valkey_program

ROLE = "slicewise"
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def bare_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a server needs: no PGDATA, PGHOST… of the person's own."""
    kept = ("PATH", "TZ", "LD_LIBRARY_PATH")
    return {name: environment[name] for name in kept if name in environment} | {
        "LC_ALL": "C",
        "LANG": "C",
    }


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


def initialise(places: Places, programs: Path, environment: Mapping[str, str]) -> None:
    """Make an empty cluster, in one rename so that a half-made one is never used."""
    data = places.postgres / "data"
    making = places.postgres / "making"
    shutil.rmtree(making, ignore_errors=True)
    command = [str(programs / "initdb"), "-D", str(making), "-U", ROLE]
    # The socket lies in a directory of mode 0700: whoever reaches it is trusted.
    command += ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"]
    command += ["--locale=C", "--no-sync", "--no-instructions"]
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
        initialise(places, programs, environment)
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


def valkey_child(
    places: Places, environment: Mapping[str, str], *, throw_away: bool = False
) -> Child:
    """Return the message broker. Nothing in it is the only copy: leases, queues."""
    program = valkey_program()
    if not reachable(program, places.user):
        target = Path("/var/lib/slicewise/programs") / program.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.parent.chmod(0o755)
        shutil.copy2(program, target)
        program = target
    settings = {
        "port": "0",
        "unixsocket": str(places.sockets / "valkey.sock"),
        "unixsocketperm": "700",
        "dir": str(places.valkey),
        "databases": "64",
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
    }
    if not throw_away:
        # So that a message outlives a restart; a lost second is mended by the log.
        settings |= {"appendonly": "yes", "appendfsync": "everysec"}
    command = [str(program)]
    for name, value in settings.items():
        command += [f"--{name}", value]
    return Child(
        "valkey",
        command,
        log=places.logs / "valkey.log",
        environment=bare_environment(environment),
        user=places.user,
        directory=places.valkey,
    )


def redis_url(places: Places) -> str:
    return f"unix://{places.sockets / 'valkey.sock'}"


def wait_for_valkey(child: Child, places: Places) -> None:
    def answers() -> bool:
        try:
            with redis.Redis.from_url(redis_url(places)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    if not wait_until(answers, child=child, seconds=30):
        raise StackError(f"Valkey did not start:\n{child.tail()}")


def machine_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))
