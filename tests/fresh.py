"""Both of README's commands on a clean clone, in an empty home and environment.

``make fresh`` starts this with any Python: it uses nothing that has to be installed.
It clones HEAD, runs the first command until a reader who logs in is shown the demo
case and its pixels, presses Ctrl-C, looks for processes left behind, starts once more
for the warm time, and runs the second command. As root, ``--user nobody`` does all of
it as that user.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from contextlib import suppress
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
# How to reach the package registries from this machine; nothing else comes along.
KEPT = re.compile(
    r"PATH|PIP_\w+|TORCH_PIP_ARGS|NPM_CONFIG_\w+|npm_config_\w+|NODE_EXTRA_CA_CERTS"
    r"|SSL_CERT_\w+|\w+_CA_BUNDLE|(HTTPS?|NO|https?|no)_(PROXY|proxy)"
)
KEPT_FILES = (".config/pip/pip.conf", ".pip/pip.conf", ".npmrc")
FIRST_START_S = 300
WARM_START_S = 10
STOP_S = 20


class Failed(Exception):
    """Something README promises did not happen."""


def say(sentence: str) -> None:
    sys.stdout.write(f"fresh: {sentence}\n")
    sys.stdout.flush()


def readme_commands() -> list[list[str]]:
    """Return README's two commands, as its first block of shell gives them."""
    block = re.search(r"```sh\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.S)
    if block is None:
        raise Failed("README.md has no block of shell commands")
    lines = [line.split("#")[0].split() for line in block[1].splitlines()]
    commands = [line for line in lines if line[:1] == ["make"]]
    if [command[1] for command in commands] != ["run", "test"]:
        raise Failed(f"README.md's commands are {commands}, not make run, make test")
    return commands


class Clone:
    """A checkout of HEAD in a temporary directory, and an empty home beside it."""

    def __init__(self, user: str | None) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="slicewise-fresh-"))
        self.checkout = self.directory / "slicewise"
        self.home = self.directory / "home"
        self.user = pwd.getpwnam(user) if user else None
        clone = ["git", "clone", "--quiet", str(CHECKOUT), str(self.checkout)]
        subprocess.run(clone, check=True)
        self.home.mkdir()
        for name in KEPT_FILES:
            if (Path.home() / name).is_file():
                (self.home / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path.home() / name, self.home / name)
        if self.user is not None:
            owner = f"{self.user.pw_uid}:{self.user.pw_gid}"
            subprocess.run(["chown", "-R", owner, str(self.directory)], check=True)

    def start(self, command: list[str], **variables: str) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if KEPT.fullmatch(k)}
        as_user = {}
        if self.user is not None:
            as_user = {"user": self.user.pw_uid, "group": self.user.pw_gid}
            as_user["extra_groups"] = []
        return subprocess.Popen(
            command,
            cwd=self.checkout,
            env=environment | {"HOME": str(self.home)} | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **as_user,
        )

    def processes(self, *places: str) -> list[str]:
        """Return the command lines that name the clone or one of ``places``."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
                directory = os.readlink(entry.parent / "cwd")
            except OSError:
                continue
            if any(place in f"{words} {directory}/" for place in places):
                found.append(f"{entry.parent.name} {words[:100]}")
        return found


class Output:
    """What a process says, passed on line by line and kept."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line)
            sys.stdout.write(f"  {line}")
            sys.stdout.flush()

    def wait_for(self, pattern: str, seconds: float) -> re.Match[str]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := re.search(pattern, "".join(self.lines)):
                return found
            if self.process.poll() is not None:
                raise Failed(f"it ended with {self.process.returncode}")
            time.sleep(0.05)
        raise Failed(f"no {pattern!r} within {seconds:g} s")


class Browser:
    """A session of HTTP, with cookies and Django's token."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.cookies = http.cookiejar.CookieJar()
        handler = urllib.request.HTTPCookieProcessor(self.cookies)
        self.opener = urllib.request.build_opener(handler)

    def ask(self, path: str, data: bytes | None = None, kind: str = "") -> bytes:
        token = next((c.value for c in self.cookies if c.name == "csrftoken"), "")
        headers = {"X-CSRFToken": token or "", "Referer": self.address}
        if kind:
            headers["Content-Type"] = kind
        request = urllib.request.Request(  # noqa: S310 - our own address
            urllib.parse.urljoin(self.address, path), data=data, headers=headers
        )
        with self.opener.open(request, timeout=60) as response:
            return response.read()

    def log_in(self, username: str, password: str) -> None:
        self.ask("/login/")
        form = {"username": username, "password": password}
        self.ask("/login/", urllib.parse.urlencode(form).encode())


def check_served(address: str, password: str) -> None:
    """Log in as the reader, open the demo's CT and fetch one of its slices."""
    browser = Browser(address)
    browser.log_in("reader", password)
    if b"Synthetic abdomen" not in browser.ask("/"):
        raise Failed("the worklist does not show the demo's case")
    groups = json.loads(browser.ask("/api/worklist"))["groups"]
    cases = [case for group in groups for case in group["assignments"]]
    case = next(case for case in cases if "abdomen" in json.dumps(case))
    page = browser.ask(f"/cases/{case['id']}/").decode()
    for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        if not browser.ask(asset):
            raise Failed(f"{asset} is empty")
    opened = browser.ask(
        f"/api/assignments/{case['id']}/session", b"{}", "application/json"
    )
    volume = json.loads(opened)["volume"]
    instance = volume["instances"][0]
    series = f"studies/{volume['study']}/series/{volume['series']}"
    frame = browser.ask(f"{volume['wado_root']}/{series}/instances/{instance}/frames/1")
    depth, rows, columns = volume["shape"][:3]
    if len(frame) != rows * columns * 2:
        raise Failed(f"a slice of {rows} × {columns} came as {len(frame)} bytes")
    say(f"the demo's CT is served: {depth} slices of {rows} × {columns}")


def serve_once(clone: Clone, command: list[str], most_s: float) -> tuple[str, str]:
    """Run the first command until it serves; return its data and what it said."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.monotonic()
    process = clone.start([*command, f"PORT={port}"])
    output = Output(process)
    try:
        served = output.wait_for(r"served at (\S+)(?:.|\n)*data is in ([^;]+);", 1800)
        took = time.monotonic() - began
        say(f"served {took:.1f} s after the command (promised: {most_s:g} s)")
        said = "".join(output.lines)
        if password := re.search(r"Account reader, password (\S+)", said):
            check_served(served[1], password[1])
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.wait(STOP_S)
    left = clone.processes(f"{clone.directory}/", served[2])
    if left:
        raise Failed("processes were left behind:\n" + "\n".join(left))
    if took > most_s:
        raise Failed(f"served after {took:.1f} s, which is more than {most_s:g} s")
    say("Ctrl-C left no process behind")
    return served[2], said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--user", help="whom to run as; only root may say")
    parser.add_argument("--patience", type=float, default=1, help="times the promises")
    parser.add_argument("--no-test", action="store_true", help="the first command only")
    given = parser.parse_args()
    run, test = readme_commands()
    clone = Clone(given.user)
    kept = ""
    try:
        kept, said = serve_once(clone, run, FIRST_START_S * given.patience)
        if "password" not in said:
            raise Failed("the first start printed no password")
        _, said = serve_once(clone, run, WARM_START_S * given.patience)
        if "password" in said:
            raise Failed("the second start did not find the first one's data")
        if not given.no_test:
            began = time.monotonic()
            process = clone.start(test)
            output = Output(process)
            code = process.wait()
            output.thread.join()
            say(f"make test ended with {code} after {time.monotonic() - began:.0f} s")
            return code
    except Failed as failure:
        say(f"FAILED: {failure}")
        return 1
    finally:
        shutil.rmtree(clone.directory, ignore_errors=True)
        if kept:
            shutil.rmtree(kept, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
