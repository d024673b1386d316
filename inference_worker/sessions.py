"""Warm session states; losing one costs time, never work.

A session's state is a function of its header (engine, weights, settings, seed, volume,
labels, carry) and of the log of turns. So any state whose log is a prefix of the one
wanted will do to start from: the warm one, one of the last few kept in memory, one in
the store, or the empty one. The furthest is taken and the rest of the log is replayed.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from inference_worker.canvas import Canvas, painted_slices
from inference_worker.contract.engine import Carry, Engine, Prediction, Volume
from inference_worker.contract.errors import StoreFailed
from inference_worker.contract.geometry import Region
from inference_worker.contract.log import EMPTY_LOG
from inference_worker.contract.prompts import Visit
from inference_worker.contract.store import read_volume, voxels_path
from inference_worker.contract.uncertainty import Uncertainty
from inference_worker.messages import Log, SessionHeader, Turn
from inference_worker.snapshots import SnapshotStore, StoredState

CHANGES_KEPT = 64
"""Turns of a session whose changed regions are remembered, for answering again."""

BuildEngine = Callable[[SessionHeader], Engine[Any]]

log = structlog.get_logger(__name__)


@dataclass
class Session:
    """A warm session: the engine's state and the canvas after ``log``.

    Attributes
    ----------
    fence: of the last message about it.
    state: the engine's; None where a step broke and it cannot be trusted.
    checkpoints: the last few states by log digest, asleep in memory.
    unsure: by slice, how unsure the engine was when it last answered it; of what was
        answered since the state was last restored, where the engine tells it.
    unweighed: by slice, the last prediction of which that has still to be worked out.
    changed: by log digest, where the last turn of that log changed the canvas.
    unstored_turns, unstored_s: turns and computing since a state was last stored.
    """

    header: SessionHeader
    engine: Engine[Any]
    volume: Volume
    log: Log
    canvas: Canvas
    state: Any | None
    checkpoints: OrderedDict[str, StoredState] = field(default_factory=OrderedDict)
    changed: OrderedDict[str, list[Region]] = field(default_factory=OrderedDict)
    unsure: dict[int, Uncertainty] = field(default_factory=dict)
    unweighed: dict[int, Prediction] = field(default_factory=dict)
    fence: int = 0
    unstored_turns: int = 0
    unstored_s: float = 0.0

    @property
    def nbytes(self) -> int:
        """Bytes held, the state itself taken to be as large as when asleep."""
        sizes = [
            sum(array.nbytes for array in kept.snapshot.arrays.values())
            + kept.canvas.nbytes
            for kept in self.checkpoints.values()
        ]
        told = sum(each.levels.nbytes for each in self.unsure.values())
        return told + sum(sizes) + (sizes[-1] if sizes else self.canvas.nbytes)

    def step(self, turn: Turn) -> Iterator[tuple[Prediction | None, Canvas]]:
        """Take ``turn``: each prediction with the canvas that shows it.

        The last pair has no prediction and the canvas the turn ends with; only when the
        iterator is exhausted has the turn happened. An error of the engine leaves the
        session without a state, to be restored from a checkpoint.
        """
        prompts = turn.prompts()
        by_hand = painted_slices(prompts)
        canvas = self.canvas.fork()
        canvas.say(prompts)
        newest: dict[int, Prediction] = {}
        try:
            for prediction in self.engine.step(self.state, prompts):
                canvas.show(prediction, but=by_hand)
                if prediction.probability is not None:
                    newest |= dict.fromkeys(_slices(prediction.region), prediction)
                yield prediction, canvas.fork()
        except Exception:
            self.state = None
            raise
        self._commit(turn, canvas)
        self.unweighed |= newest
        yield None, canvas

    def weigh_uncertainty(self) -> None:
        """Work out how unsure the last answers were; nobody waits for it."""
        for index, prediction in self.unweighed.items():
            self.unsure[index] = _uncertainty(prediction, index, self.canvas)
        self.unweighed.clear()

    def foresee(self, z: int) -> Canvas:
        """What the first answer to a visit of slice ``z`` would show.

        The step is left at its first prediction, so that by the engines' contract it
        never happened: state, canvas and log are those of before.
        """
        canvas = self.canvas.fork()
        try:
            prediction = next(self.engine.step(self.state, [Visit(z)]), None)
        except Exception:
            self.state = None
            raise
        if prediction is not None:
            canvas.show(prediction, but=frozenset())
        return canvas

    def _commit(self, turn: Turn, canvas: Canvas) -> None:
        self.log = self.log.then(turn)
        self.changed[self.log.digest] = canvas.changes(self.canvas)
        while len(self.changed) > CHANGES_KEPT:
            self.changed.popitem(last=False)
        self.canvas = canvas
        self.unstored_turns += 1

    def checkpoint(self, depth: int) -> StoredState:
        """Keep the present state in memory beside the ``depth`` before it."""
        digest = self.log.digest
        kept = self.checkpoints.pop(digest, None) or StoredState(
            digest, self.engine.save(self.state), self.canvas
        )
        self.checkpoints[digest] = kept
        while len(self.checkpoints) > depth + 1:
            self.checkpoints.popitem(last=False)
        return kept

    def awake_at(self, digest: str) -> bool:
        """Whether the state at hand is the one after the log that ``digest`` names."""
        return self.state is not None and self.log.digest == digest

    def open(self, carry: Carry | None) -> None:
        """Begin anew, with an empty log."""
        self.state = self.engine.open(self.volume, self.header.labels, carry=carry)
        self.canvas = Canvas(self.volume.shape)
        self.log = Log.of(EMPTY_LOG, ())
        self._forget_uncertainty()
        self.unstored_turns, self.unstored_s = 0, 0.0

    def wake(self, kept: StoredState, log: Log) -> None:
        """Go on from a sleeping state, which is the one after ``log``."""
        self.state = self.engine.load(self.volume, self.header.labels, kept.snapshot)
        self.canvas, self.log = kept.canvas, log
        self._forget_uncertainty()

    def _forget_uncertainty(self) -> None:
        self.unsure.clear()
        self.unweighed.clear()


class Sessions:
    """The warm sessions of one worker, least recently used first."""

    def __init__(
        self,
        root: Path,
        snapshots: SnapshotStore,
        build: BuildEngine,
        *,
        sessions_max: int,
        bytes_max: int,
        check_volumes: bool,
    ) -> None:
        self.snapshots = snapshots
        self._root = root
        self._build = build
        self._sessions_max = sessions_max
        self._bytes_max = bytes_max
        self._check_volumes = check_volumes
        self._warm: OrderedDict[str, Session] = OrderedDict()
        self._volumes: OrderedDict[str, Volume] = OrderedDict()

    def __len__(self) -> int:
        return len(self._warm)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._warm.values()))

    def warm(self, header: SessionHeader) -> Session | None:
        """The warm session of exactly this header."""
        session = self._warm.get(header.session)
        if session is None or session.header != header:
            return None
        self._warm.move_to_end(header.session)
        return session

    def known(self, name: str) -> Session | None:
        """The warm session ``name``, whatever its log."""
        return self._warm.get(name)

    def awake(self, name: str, digest: str) -> Session | None:
        """The warm session ``name`` if it stands at the log of ``digest``."""
        session = self._warm.get(name)
        return session if session and session.awake_at(digest) else None

    def told_in_full(self, header: SessionHeader, message: Log) -> Log:
        """``message`` from as far back as the warm session remembers its log."""
        session = self.warm(header)
        return message if session is None else message.after(session.log)

    def open_at(self, header: SessionHeader, log: Log, limit: int) -> Session | None:
        """The session after the longest prefix at hand of ``log``'s ``limit`` turns.

        Returns
        -------
        A session whose log is that prefix, or None where no start is at hand and the
        log is not told from its beginning.

        Raises
        ------
        SlicewiseError: the volume, carry or weights cannot be used.
        """
        session = self.warm(header)
        wanted = log.upto(limit)
        for index in sorted(self._starts(header, session, wanted), reverse=True):
            prefix = wanted.upto(index)
            if session and session.awake_at(prefix.digest):
                session.log = prefix
                return session
            kept = self._asleep(header, session, prefix.digest)
            if kept is not None:
                session = session or self._asleep_session(header)
                session.wake(kept, prefix)
                return self._keep(session)
        if wanted.base != EMPTY_LOG:
            return None
        session = session or self._asleep_session(header)
        session.open(self._carry(header))
        return self._keep(session)

    def forget(self, name: str) -> None:
        """Drop a warm session; its log and its stored states stay."""
        self._warm.pop(name, None)

    def crowded(self) -> Session | None:
        """The session to give up next, where there are too many; never the last."""
        if len(self._warm) < 2:
            return None
        held = sum(session.nbytes for session in self._warm.values())
        if len(self._warm) <= self._sessions_max and held <= self._bytes_max:
            return None
        return next(iter(self._warm.values()))

    def _starts(
        self, header: SessionHeader, session: Session | None, wanted: Log
    ) -> set[int]:
        digests = self.snapshots.digests(header.session)
        if session is not None:
            digests |= {session.log.digest, *session.checkpoints}
        found = (wanted.index(digest) for digest in digests if digest != EMPTY_LOG)
        return {index for index in found if index is not None}

    def _asleep(
        self, header: SessionHeader, session: Session | None, digest: str
    ) -> StoredState | None:
        if session is not None and digest in session.checkpoints:
            return session.checkpoints[digest]
        return self.snapshots.read(header, digest)

    def _asleep_session(self, header: SessionHeader) -> Session:
        volume = self._volume(header.volume_key)
        return Session(
            header=header,
            engine=self._build(header),
            volume=volume,
            log=Log.of(EMPTY_LOG, ()),
            canvas=Canvas(volume.shape),
            state=None,
        )

    def _carry(self, header: SessionHeader) -> Carry | None:
        key = header.carry_key
        return None if key is None else self.snapshots.read_carry(key)

    def _keep(self, session: Session) -> Session:
        self._warm[session.header.session] = session
        self._warm.move_to_end(session.header.session)
        return session

    def _volume(self, key: str) -> Volume:
        if key not in self._volumes:
            volume = read_volume(self._root, key)
            if self._check_volumes:
                _check_digest(self._root, key, volume)
            self._volumes[key] = volume
        self._volumes.move_to_end(key)
        while len(self._volumes) > self._sessions_max:
            self._volumes.popitem(last=False)
        return self._volumes[key]


def _slices(region: Region) -> range:
    return range(region.start[0], region.stop[0])


def _uncertainty(prediction: Prediction, index: int, canvas: Canvas) -> Uncertainty:
    """How unsure ``prediction`` is of slice ``index``; beyond its region it is sure."""
    region, probability = prediction.region, prediction.probability
    spoken = canvas.spoken(index)
    _, rows, columns = region.slices
    labels = 0 if probability is None else len(probability)
    shares = np.zeros((labels, *spoken.shape), dtype=np.float16)
    if probability is not None:
        shares[:, rows, columns] = probability[:, index - region.start[0]]
    return Uncertainty.of(shares, spoken)


def _check_digest(root: Path, key: str, volume: Volume) -> None:
    with voxels_path(root, key).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != volume.digest:
        raise StoreFailed(
            "volume-altered",
            f"The voxels of volume {key} are not those that were imported; "
            "import the volume again.",
            key=key,
        )
