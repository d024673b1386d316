"""A worker's door: each message claims its session, is worked on, and makes room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import structlog

from inference_worker.answers import Correspondent
from inference_worker.contract import names
from inference_worker.contract.errors import MessageError
from inference_worker.desk import Desk
from inference_worker.heartbeat import Activity
from inference_worker.lease import Claim
from inference_worker.messages import (
    CloseSession,
    Foresee,
    SessionHeader,
    TakeTurns,
    TellUncertainty,
)
from inference_worker.sessions import Session, Sessions
from inference_worker.work import Policy, Superseded, Watch, Work

log = structlog.get_logger(__name__)


class SessionLeases(Watch, Protocol):
    """What the runtime asks of ``lease.Leases``."""

    worker: str

    def claim(self, session: str, fence: int) -> Claim: ...

    def release(self, session: str) -> None: ...


class Runtime:
    """Answers messages one at a time; everything it keeps can be lost."""

    def __init__(
        self,
        *,
        root: Path,
        sessions: Sessions,
        leases: SessionLeases,
        desk: Desk,
        policy: Policy,
        activity: Activity,
    ) -> None:
        self.sessions = sessions
        self._root = root
        self._leases = leases
        self._desk = desk
        self._policy = policy
        self._activity = activity

    def take_turns(self, body: Mapping[str, Any]) -> None:
        """Handle ``inference.take_turns``."""
        try:
            message = TakeTurns.read(body)
        except MessageError as error:
            log.error("message unreadable", error=error.message)
            return
        held = self._holding(message.header, message.fence, names.TAKE_TURNS, body)
        with held as work:
            if work is not None:
                work.take_turns(message)
        while (session := self.sessions.crowded()) is not None:
            self._give_up(session)

    def foresee(self, body: Mapping[str, Any]) -> None:
        """Handle ``inference.foresee``: only where the session is warm, and ours."""
        try:
            message = Foresee.read(body)
        except MessageError as error:
            log.error("message unreadable", error=error.message)
            return
        session = self.sessions.awake(message.session, message.log_digest)
        if session is None or session.fence != message.fence:
            return
        with structlog.contextvars.bound_contextvars(session=message.session):
            try:
                self._work(message.session, message.fence).foresee(session, message)
            except Superseded:
                self.sessions.forget(message.session)
            finally:
                self._activity.rest()

    def tell_uncertainty(self, body: Mapping[str, Any]) -> None:
        """Handle ``inference.tell_uncertainty``: of what is at hand, else nothing."""
        try:
            message = TellUncertainty.read(body)
        except MessageError as error:
            log.error("message unreadable", error=error.message)
            return
        session = self.sessions.known(message.session)
        found = None
        if session is not None and session.fence == message.fence:
            found = session.unsure.get(message.slice)
        self._work(message.session, message.fence).to.report(
            names.UNCERTAINTY_TOLD,
            wish=message.wish,
            slice=message.slice,
            map=None if found is None else found.to_json(message.slice),
        )

    def close_session(self, body: Mapping[str, Any]) -> None:
        """Handle ``inference.close_session``."""
        try:
            message = CloseSession.read(body)
        except MessageError as error:
            log.error("message unreadable", error=error.message)
            return
        session = message.header.session
        held = self._holding(message.header, message.fence, names.CLOSE_SESSION, body)
        with held as work:
            if work is None or (message.carry and not work.close(message)):
                return
            self.sessions.forget(session)
            self.sessions.snapshots.forget(session)
            work.to.forget_answers()
            self._leases.release(session)

    def put_to_sleep(self) -> None:
        """Store every warm state and give all sessions back: the worker goes."""
        for session in self.sessions:
            self._give_up(session)

    @contextmanager
    def _holding(
        self, header: SessionHeader, fence: int, task: str, body: Mapping[str, Any]
    ) -> Iterator[Work | None]:
        """The work on a session whose lease is ours; None where it is somebody's."""
        name = header.session
        with structlog.contextvars.bound_contextvars(
            session=name, engine=header.engine, fence=fence
        ):
            claim = self._leases.claim(name, fence)
            if not claim.taken:
                log.info("session held", outcome=claim.outcome, by=claim.holder)
                self.sessions.forget(name)
                if claim.outcome == "elsewhere":
                    self._desk.pass_on(task, body, claim.holder)
                yield None
                return
            try:
                yield self._work(name, fence)
            except Superseded:
                log.info("session given to another worker")
                self.sessions.forget(name)
            finally:
                self._activity.rest()

    def _work(self, session: str, fence: int) -> Work:
        to = Correspondent(self._desk, self._root, session, fence, self._leases.worker)
        return Work(self.sessions, self._leases, self._activity, self._policy, to)

    def _give_up(self, session: Session) -> None:
        name = session.header.session
        if session.state is not None:
            self._work(name, session.fence).store(session)
        self.sessions.forget(name)
        self._leases.release(name)
