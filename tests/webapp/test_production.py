"""What production settings promise, asked of a process that runs under them."""

import json
import subprocess
import sys

import pytest

from webapp.settings import env

QUESTION = """
import json
from webapp.settings import production
names = ["ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE",
         "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "DEBUG"]
answer = {name: getattr(production, name) for name in names}
answer["proxy"] = getattr(production, "SECURE_PROXY_SSL_HEADER", None)
print(json.dumps(answer))
"""


def production_settings(**changes: str) -> dict[str, object]:
    said = subprocess.run(
        [sys.executable, "-c", QUESTION],
        env=env.inherited() | {"SECRET_KEY": "given"} | changes,
        cwd=env.CHECKOUT,
        capture_output=True,
        check=True,
    )
    return json.loads(said.stdout)


def test_production_sends_cookies_over_tls_only():
    found = production_settings(ALLOWED_HOSTS="a.example, b.example")
    assert found["ALLOWED_HOSTS"] == ["a.example", "b.example", "localhost"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://a.example", "https://b.example"]
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert found["DEBUG"] is False


@pytest.mark.parametrize("trusted", ["", "1"])
def test_a_proxys_word_on_tls_is_taken_only_when_trusted(trusted):
    found = production_settings(TRUSTED_PROXY=trusted)
    assert (found["proxy"] is not None) == (trusted == "1")
