"""``make run``: this machine, plain HTTP, the embedded services."""

import socket

from webapp.settings import env
from webapp.settings.logs import logging_settings
from webapp.settings.shared import *  # noqa: F403


def local_hosts() -> list[str]:
    """Return the names this machine answers to; all its own when HOST opens it up."""
    names = ["localhost", "127.0.0.1", "[::1]", *env.read_list("ALLOWED_HOSTS")]
    host = env.read("HOST", "127.0.0.1")
    if host not in ("0.0.0.0", "::"):  # noqa: S104
        return [*names, host]
    own = socket.gethostname()
    try:
        addresses = {str(entry[4][0]) for entry in socket.getaddrinfo(own, None)}
    except OSError:
        addresses = set()
    return [*names, own, socket.getfqdn(), *sorted(addresses)]


ALLOWED_HOSTS = local_hosts()
LOGGING = logging_settings(machine_readable=False)
