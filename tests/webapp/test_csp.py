"""The content security policy stands on every response."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from webapp.csp import POLICY


def fine(request: HttpRequest) -> HttpResponse:
    return HttpResponse("fine")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [path("fine/", fine), path("broken/", broken)]


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("/fine/", "testserver", 200),
        ("/nowhere/", "testserver", 404),
        ("/broken/", "testserver", 500),
        ("/fine/", "elsewhere.example", 400),
    ],
)
def test_every_response_carries_the_policy(address, host, status):
    client = Client(raise_request_exception=False, headers={"host": host})
    response = client.get(address)
    assert response.status_code == status
    assert response["Content-Security-Policy"] == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"


def test_the_policy_lets_no_script_be_written_into_a_page():
    directives = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert directives["default-src"] == "'none'"
    assert "unsafe-inline" not in directives["script-src"]
    assert "'unsafe-eval'" not in directives["script-src"]
