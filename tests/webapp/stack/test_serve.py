"""What ``run`` checks before it starts anything."""

import socket

import pytest

from webapp.stack import serve
from webapp.stack.errors import StackError


def test_a_port_that_is_taken_is_named_with_another_to_try():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=rf"port {port} .*PORT=\d+"):
            serve.check_port("127.0.0.1", port)
    serve.check_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(StackError, match=r"192\.0\.2\.1"):
        serve.check_port("192.0.2.1", 8000)


@pytest.mark.parametrize("text", ["0", "70000", "http", "-1"])
def test_a_port_that_is_no_port_is_refused(monkeypatch, text):
    monkeypatch.setenv("PORT", text)
    with pytest.raises(StackError, match=f"PORT={text} is not"):
        serve.number("PORT", 8000, 65535)
