"""Fixtures of the domain: a reader at work, and what leaves for the workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from annotation import queue
from annotation.models import Session, User
from tests.factories import SessionFactory


@dataclass(frozen=True)
class Sent:
    """A message on its way to a worker; ``holder`` is "" for the shared queue."""

    task: str
    message: dict[str, Any]
    holder: str


@pytest.fixture
def sent(monkeypatch) -> list[Sent]:
    """What is published, in order; sending happens at once and in line."""
    published: list[Sent] = []

    def publish(task, message, holder, *, expires=True):
        published.append(Sent(task, message, holder))

    monkeypatch.setattr(queue, "_publish", publish)
    monkeypatch.setattr(queue, "later", lambda job: job())
    return published


@pytest.fixture
def told(monkeypatch) -> list[dict[str, Any]]:
    """What all tabs are told, in order."""
    messages: list[dict[str, Any]] = []

    def tell(*, session, message):
        messages.append(message)

    for module in ("answer", "foresight", "seat", "turn", "uncertainty"):
        monkeypatch.setattr(f"annotation.services.{module}.session_tell", tell)
    return messages


@pytest.fixture
def session(db) -> Session:
    """An open session."""
    return SessionFactory()


@pytest.fixture
def reader(session) -> User:
    """The reader of ``session``."""
    return session.assignment.reader
