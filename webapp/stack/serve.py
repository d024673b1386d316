"""``run``: everything, until Ctrl-C."""

import http.client
import signal
import socket
import sys
import time

from webapp.settings import env
from webapp.stack.child import wait_until
from webapp.stack.errors import StackError
from webapp.stack.lock import alone
from webapp.stack.places import prepare
from webapp.stack.preparation import Preparation
from webapp.stack.processes import Processes
from webapp.stack.services import announced, embedded, start_services
from webapp.stack.supervisor import Supervisor


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def number(name: str, default: int, highest: int) -> int:
    text = env.read(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= highest:
        raise StackError(f"{name}={text} is not a number from 1 to {highest}.")
    return int(text)


def check_port(host: str, port: int) -> None:
    """Refuse a port that is taken, before anything is started."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise StackError(
            f"Cannot listen on {host} port {port} ({error.strerror or error}). "
            f"Give another one: make run PORT={port + 1 if port < 65535 else 8000}"
        ) from None


def serves(host: str, port: int) -> bool:
    """Whether the site answers and finds itself healthy."""
    wildcards = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    connection = http.client.HTTPConnection(wildcards.get(host, host), port, timeout=10)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def run() -> int:
    """Serve until interrupted; return the exit code."""
    began = time.monotonic()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Also SIGINT, which a shell's & has left ignored.
        signal.signal(ending, interrupt)
    host = env.read("HOST", "127.0.0.1")
    port = number("PORT", 8000, 65535)
    workers = number("WORKERS", 1, 64)
    check_port(host, port)
    data = env.data_directory()
    supervisor = Supervisor()
    with alone(data):
        try:
            places = prepare(data / "stack", embedded=embedded())
            urls = start_services(supervisor, places)
            environment = env.inherited() | urls | {"SLICEWISE_DATA": str(data)}
            environment.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings.local")
            with announced(urls):
                start_site(
                    supervisor,
                    Processes(environment, places.logs, host, port, workers),
                    Preparation(environment, places.root / "prepared"),
                )
                say(
                    f"Slicewise is served at http://{host}:{port}/ after "
                    f"{time.monotonic() - began:.1f} s. Its data is in {data}; "
                    "Ctrl-C stops it."
                )
                supervisor.watch()
        except KeyboardInterrupt:
            say("Stopping.")
        finally:
            supervisor.stop()
    return 0


def start_site(
    supervisor: Supervisor, processes: Processes, preparation: Preparation
) -> None:
    """Start what serves pages first, and return when it does.

    A site that was prepared before starts while the preparation looks it over once
    more; a new one would show pages without their tables. What answers scribbles comes
    up while the reader logs in.
    """
    early = preparation.done_before()
    preparation.start()
    if early:
        web = supervisor.add(processes.web)
    preparation.finish()
    if not early:
        web = supervisor.add(processes.web)
    supervisor.add(processes.desk)
    for number in range(1, processes.workers + 1):
        supervisor.add(processes.worker(number))
    supervisor.add(processes.watch)
    site = (processes.host, processes.port)
    if not wait_until(lambda: serves(*site), child=web, seconds=60):
        raise StackError(f"The site did not come up:\n{web.tail()}")
