"""The work one message asks for: catch up with the log, answer its turns, keep states.

Turns before the first one asked for were answered by somebody and are replayed in
silence. A turn that the warm state already holds is not computed again: its answer is
what the canvas shows where the turn changed it. A step is left between two predictions
when the reader has cancelled its turn or the session went to another worker.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog
from redis import RedisError

from inference_worker.answers import Answer, Correspondent, Progress, Times
from inference_worker.canvas import Canvas
from inference_worker.contract import names
from inference_worker.contract.engine import Prediction
from inference_worker.contract.errors import (
    EngineFailed,
    SessionRefused,
    SlicewiseError,
    UserError,
)
from inference_worker.heartbeat import Activity
from inference_worker.lease import Standing
from inference_worker.messages import CloseSession, Foresee, Log, TakeTurns, Turn
from inference_worker.sessions import Session, Sessions

log = structlog.get_logger(__name__)


class Superseded(Exception):
    """Another worker has the session; what this one computes is not wanted."""


class TurnFailed(Exception):
    """A turn (None: what comes before any) could not be answered, and why."""

    def __init__(self, turn: Turn | None, error: SlicewiseError) -> None:
        super().__init__(error.message)
        self.turn = turn
        self.error = error


class Watch(Protocol):
    """Tells a step how it stands; see ``lease.Leases.standing``."""

    def standing(self, session: str, fence: int) -> Standing: ...


@dataclass(frozen=True)
class Policy:
    """When states are kept; see ``config.WorkerConfig``."""

    snapshot_turns: int = 8
    snapshot_compute_s: float = 10.0
    undo_depth: int = 4


@dataclass
class Work:
    """What a worker does for one session under one fence."""

    sessions: Sessions
    watch: Watch
    activity: Activity
    policy: Policy
    to: Correspondent

    def take_turns(self, message: TakeTurns) -> None:
        """Answer the turns a message asks for, or send the canvas where it asks none.

        Raises
        ------
        Superseded: the session was given to another worker.
        """
        told = self.sessions.told_in_full(message.header, message.log)
        first = _first_wanted(told, message.answer_from)
        wanted = told.turns[first:]
        times = Times(sent_at=message.sent_at)
        try:
            with blamed(wanted[0] if wanted else None):
                session = self._caught_up(message, told, first)
            if session is None:
                self.to.cold()
                return
            times.loaded()
            for index in range(first, len(told.turns)):
                with blamed(told.turns[index]):
                    self._answer(session, told, index, times)
            if message.answer_from is None:
                self.to.canvas(session.canvas, session.log, times)
        except TurnFailed as failure:
            self.to.failed(failure.turn, failure.error)

    def foresee(self, session: Session, message: Foresee) -> None:
        """Report what visits of the slices would show, each while it is still wished.

        Nothing of the session changes. What breaks is logged and no more: the reader
        has asked for nothing yet, and the visit itself will say what is wrong.

        Raises
        ------
        Superseded: the session was given to another worker.
        """
        for z in message.slices:
            if not self._wished(message) or session.state is None:
                return
            self.activity.touch()
            try:
                canvas = session.foresee(z)
            except Exception:
                log.exception("slice not foreseen", slice=z)
                return
            if self._wished(message):
                self.to.show(
                    names.FORESEEN,
                    canvas.pack(canvas.changes(session.canvas)),
                    name=f"{message.wish}-{z}",
                    log_digest=message.log_digest,
                    wish=message.wish,
                )

    def close(self, message: CloseSession) -> bool:
        """Store what the session learned and say where; "" for nothing.

        False where the log has to be told first.
        """
        told = message.log
        if told is not None:
            told = self.sessions.told_in_full(message.header, told)
        elif (warm := self.sessions.warm(message.header)) is not None:
            told = warm.log
        key = sha256 = ""
        try:
            with blamed(None):
                session = None
                if told is not None:
                    session = self._replayed(message, told, len(told.turns))
                if session is None:
                    self.to.cold()
                    return False
                carry = session.engine.close(session.state)
                if carry is not None:
                    store = self.sessions.snapshots
                    key, sha256 = store.write_carry(session.header, carry)
        except TurnFailed:
            # Logged. The session is over, and trying again would fail again.
            key = sha256 = ""
        self.to.report(names.CARRY_SAVED, key=key, sha256=sha256)
        return True

    def store(self, session: Session) -> None:
        """Store the session's present state, unless it is there."""
        digest, snapshots = session.log.digest, self.sessions.snapshots
        name = session.header.session
        if not session.log.turns or digest in snapshots.digests(name):
            return
        try:
            kept = session.checkpoint(self.policy.undo_depth)
            key, sha256 = snapshots.write(session.header, kept)
            snapshots.prune(name, session.log.digests)
        except OSError as error:
            # The session goes on; only a later restart takes longer.
            log.error("snapshot not stored", error=str(error))
            return
        session.unstored_turns, session.unstored_s = 0, 0.0
        seq = session.log.turns[-1].seq
        self.to.report(
            names.SNAPSHOT_SAVED, log_digest=digest, seq=seq, key=key, sha256=sha256
        )

    def _caught_up(self, message: TakeTurns, told: Log, first: int) -> Session | None:
        """The session with everything before the turn at ``first`` taken, or more."""
        session = self.sessions.warm(message.header)
        if session is not None and message.answer_from is not None:
            taken = _taken(session, told)
            known = told.digests[first + 1 : taken + 1]
            if taken > first and all(d in session.changed for d in known):
                return session
        return self._replayed(message, told, first)

    def _replayed(
        self, message: TakeTurns | CloseSession, told: Log, limit: int
    ) -> Session | None:
        """The session after the first ``limit`` turns told, and no more."""
        session = self.sessions.open_at(message.header, told, limit)
        if session is None:
            return None
        session.fence = message.fence
        missing = told.turns[len(session.log.turns) : limit]
        watched = told.turns[limit] if limit < len(told.turns) else None
        progress = Progress(self.to, watched)
        for number, turn in enumerate(missing):
            with blamed(turn):
                for _ in self._steps(session, turn, watched):
                    progress.report(number / len(missing), "replay")
            # States in between are kept only where an undo may come back to them.
            self._keep(session, turn, recent=len(missing) - number)
        return session

    def _answer(self, session: Session, told: Log, index: int, times: Times) -> None:
        turn, digest = told.turns[index], told.digests[index + 1]
        times.begin_turn()
        answer = Answer(self.to, turn, digest, session.canvas, times)
        if _taken(session, told) > index:
            answer.show_again(session.canvas, session.changed[digest])
            return
        progress = Progress(self.to, turn)
        held: tuple[Prediction, Canvas] | None = None
        for prediction, canvas, seconds in self._steps(session, turn, turn):
            times.compute_s += seconds
            if prediction is None:
                break
            if held is not None:
                answer.show(*held, final=False)
                held = None
            if prediction.fraction < 1:
                answer.show(prediction, canvas, final=False)
                progress.report(prediction.fraction, prediction.stage)
            else:
                held = (prediction, canvas)
        answer.show(held[0] if held else None, session.canvas, final=True)
        log.info("turn answered", turn=turn.id, seq=turn.seq, **times.as_json())
        self._keep(session, turn, recent=0)

    def _steps(
        self, session: Session, turn: Turn, watched: Turn | None
    ) -> Iterator[tuple[Prediction | None, Canvas, float]]:
        """Step ``session``; with each prediction, the engine's seconds for it."""
        steps = session.step(turn)
        while True:
            self._check_wanted(session, watched)
            self.activity.touch()
            began = time.perf_counter()
            try:
                prediction, canvas = next(steps)
            except StopIteration:
                return
            seconds = time.perf_counter() - began
            session.unstored_s += seconds
            yield prediction, canvas, seconds

    def _wished(self, message: Foresee) -> bool:
        try:
            standing = self.watch.standing(message.session, self.to.fence)
        except RedisError:
            return False
        if standing.superseded:
            raise Superseded
        return standing.wished == message.wish

    def _check_wanted(self, session: Session, watched: Turn | None) -> None:
        try:
            standing = self.watch.standing(session.header.session, self.to.fence)
        except RedisError as error:
            # Nobody can take the session or cancel a turn while Valkey is away.
            log.warning("lease not read", error=str(error))
            return
        if standing.superseded:
            raise Superseded
        if watched is not None and standing.cancelled == watched.id:
            # Not the turn that is being replayed is cancelled, but who waits for it.
            refusal = SessionRefused("cancelled", "The mark was taken back.")
            raise TurnFailed(watched, refusal)

    def _keep(self, session: Session, turn: Turn, *, recent: int) -> None:
        """Keep the state after ``turn``, which has ``recent`` more to follow it."""
        session.weigh_uncertainty()
        due = (
            turn.accepts()
            or session.unstored_turns >= self.policy.snapshot_turns
            or session.unstored_s >= self.policy.snapshot_compute_s
        )
        if due or recent <= self.policy.undo_depth:
            session.checkpoint(self.policy.undo_depth)
        if due:
            self.store(session)


def _first_wanted(told: Log, answer_from: int | None) -> int:
    """Index of the first turn whose predictions are wanted; past the end for none."""
    if answer_from is None:
        return len(told.turns)
    return sum(turn.seq < answer_from for turn in told.turns)


def _taken(session: Session, told: Log) -> int:
    """How many of the turns told the warm state holds; 0 where it is of another log."""
    if session.state is None:
        return 0
    if session.log.index(told.digest) is not None:
        return len(told.turns)
    return told.index(session.log.digest) or 0


@contextmanager
def blamed(turn: Turn | None) -> Iterator[None]:
    """Turn what breaks into ``TurnFailed``, logging what is our own fault."""
    try:
        yield
    except (Superseded, TurnFailed):
        raise
    except UserError as error:
        raise TurnFailed(turn, error) from error
    except SlicewiseError as error:
        log.exception("turn failed", turn=turn.id if turn else None, code=error.code)
        raise TurnFailed(turn, error) from error
    except Exception as error:
        log.exception("turn failed", turn=turn.id if turn else None)
        raise TurnFailed(
            turn,
            EngineFailed(
                "failed",
                "The engine could not answer this mark; undo it and try another.",
            ),
        ) from error
