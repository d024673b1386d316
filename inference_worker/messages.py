"""What arrives from the web side, read once into types; see contract/names.py."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inference_worker.contract.engine import Label
from inference_worker.contract.errors import MessageError
from inference_worker.contract.log import EMPTY_LOG, extend_digest
from inference_worker.contract.prompts import Prompt
from inference_worker.contract.wire import prompt_from_json


@dataclass(frozen=True)
class Turn:
    """One turn as the log keeps it; ``body`` is its prompts as JSON."""

    id: str
    seq: int
    body: tuple[Mapping[str, Any], ...]

    def prompts(self) -> list[Prompt]:
        """The prompts themselves."""
        return [prompt_from_json(prompt) for prompt in self.body]

    def accepts(self) -> bool:
        """Whether the reader accepts a slice in this turn."""
        return any(prompt.get("kind") == "accept" for prompt in self.body)


@dataclass(frozen=True)
class Log:
    """Turns after a prefix that is known by its digest alone.

    ``digests[i]`` names the log of ``base`` and the first ``i`` of ``turns``.
    """

    base: str
    turns: tuple[Turn, ...]
    digests: tuple[str, ...]

    @classmethod
    def of(cls, base: str, turns: Sequence[Turn]) -> Log:
        """The log of ``turns`` after ``base``."""
        log = cls(base, (), (base,))
        for turn in turns:
            log = log.then(turn)
        return log

    def then(self, turn: Turn) -> Log:
        """This log with one more turn."""
        digest = extend_digest(self.digest, turn.id, list(turn.body))
        return Log(self.base, (*self.turns, turn), (*self.digests, digest))

    @property
    def digest(self) -> str:
        """Digest of the whole log."""
        return self.digests[-1]

    def index(self, digest: str) -> int | None:
        """How many of ``turns`` lie before ``digest``; None: it names no prefix."""
        return self.digests.index(digest) if digest in self.digests else None

    def upto(self, index: int) -> Log:
        """The log of the first ``index`` turns."""
        return Log(self.base, self.turns[:index], self.digests[: index + 1])

    def after(self, known: Log) -> Log:
        """This log told from further back, where ``known`` reaches its base."""
        index = known.index(self.base)
        if self.base == EMPTY_LOG or index is None:
            return self
        return Log(
            known.base,
            known.turns[:index] + self.turns,
            known.digests[:index] + self.digests,
        )


@dataclass(frozen=True)
class SessionHeader:
    """What makes replays of a session exact: all that its state depends on."""

    session: str
    volume_key: str
    labels: tuple[Label, ...]
    engine: str
    weights: str | None
    config: str  # canonical JSON, so that headers compare and hash
    seed: int
    carry_key: str | None

    def settings(self) -> dict[str, Any]:
        """The engine's settings, with the session's seed."""
        return {**json.loads(self.config), "seed": self.seed}

    def as_json(self) -> dict[str, Any]:
        """What a snapshot must agree with before it is used."""
        return {
            "session": self.session,
            "volume": self.volume_key,
            "labels": [[label.value, label.name] for label in self.labels],
            "engine": self.engine,
            "weights": self.weights,
            "config": self.config,
            "seed": self.seed,
            "carry": self.carry_key,
        }


@dataclass(frozen=True)
class TakeTurns:
    """Answer the turns from ``answer_from`` on; None: show the whole log's canvas."""

    header: SessionHeader
    fence: int
    log: Log
    answer_from: int | None
    sent_at: float

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> TakeTurns:
        """Read a message; ``message:malformed`` names what is wrong with it."""
        try:
            first = body["answer_from"]
            return cls(
                header=_header(body),
                fence=int(body["fence"]),
                log=_log(body["log"]),
                answer_from=None if first in ("", None) else int(first),
                sent_at=float(body["sent_at"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _malformed(error) from error


@dataclass(frozen=True)
class CloseSession:
    """Give up a session, keeping what it learned where ``carry`` is set."""

    header: SessionHeader
    fence: int
    log: Log | None  # None: as the warm session has it
    carry: bool

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> CloseSession:
        """Read a message; ``message:malformed`` names what is wrong with it."""
        try:
            return cls(
                header=_header(body),
                fence=int(body["fence"]),
                log=_log(body["log"]) if body.get("log") else None,
                carry=bool(body["carry"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _malformed(error) from error


@dataclass(frozen=True)
class Foresee:
    """Show what a visit of ``slices`` would, as long as ``wish`` stands.

    No turn: the log stays what it is, and so does the state; a session that is not warm
    at exactly ``log_digest`` owes no answer.
    """

    session: str
    fence: int
    log_digest: str
    wish: str
    slices: tuple[int, ...]

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Foresee:
        """Read a message; ``message:malformed`` names what is wrong with it."""
        try:
            return cls(
                session=str(body["session"]),
                fence=int(body["fence"]),
                log_digest=str(body["log_digest"]),
                wish=str(body["wish"]),
                slices=tuple(int(z) for z in body["slices"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _malformed(error) from error


@dataclass(frozen=True)
class TellUncertainty:
    """Say how unsure the engine was of a slice when it last answered it."""

    session: str
    fence: int
    wish: str
    slice: int

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> TellUncertainty:
        """Read a message; ``message:malformed`` names what is wrong with it."""
        try:
            return cls(
                session=str(body["session"]),
                fence=int(body["fence"]),
                wish=str(body["wish"]),
                slice=int(body["slice"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _malformed(error) from error


def _header(body: Mapping[str, Any]) -> SessionHeader:
    return SessionHeader(
        session=str(body["session"]),
        volume_key=str(body["volume_key"]),
        labels=tuple(
            Label(int(label["value"]), str(label["name"])) for label in body["labels"]
        ),
        engine=str(body["engine"]),
        weights=body["weights"] or None,
        config=json.dumps(body["config"] or {}, sort_keys=True),
        seed=int(body["seed"]),
        carry_key=body["carry_key"] or None,
    )


def _log(body: Mapping[str, Any]) -> Log:
    turns = [
        Turn(str(turn["id"]), int(turn["seq"]), tuple(turn["prompts"]))
        for turn in body["turns"]
    ]
    return Log.of(str(body["base"]), turns)


def _malformed(error: Exception) -> MessageError:
    return MessageError(
        "malformed",
        f"A message to the workers cannot be read: {error!r}.",
        error=str(error),
    )
