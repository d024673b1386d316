"""What a worker says of one turn: predictions as they come, progress, or an error."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inference_worker.canvas import Canvas, join_regions
from inference_worker.contract import names
from inference_worker.contract.engine import Prediction
from inference_worker.contract.errors import SlicewiseError
from inference_worker.contract.geometry import Region
from inference_worker.desk import Desk
from inference_worker.messages import Log, Turn
from inference_worker.snapshots import write_atomically

PROGRESS_EVERY_S = 0.2
_SLICE_OVERHEAD_BYTES = 100


@dataclass
class Times:
    """Where the seconds of a turn went: waiting, restoring the state, the engine."""

    sent_at: float = field(default_factory=time.time)
    load_s: float = 0.0
    queue_s: float = 0.0
    compute_s: float = 0.0
    _began: float = field(default_factory=time.perf_counter)

    def loaded(self) -> None:
        """The state is at hand."""
        self.load_s = time.perf_counter() - self._began

    def begin_turn(self) -> None:
        """The turn's own work begins; a turn before it was waiting for this one."""
        self.compute_s = 0.0
        # Clocks of two machines may differ; nobody waits less than nothing.
        self.queue_s = max(time.time() - self.sent_at - self.load_s, 0.0)

    def as_json(self) -> dict[str, float]:
        """Seconds by stage, to a tenth of a millisecond."""
        return {
            "queue_s": round(self.queue_s, 4),
            "load_s": round(self.load_s, 4),
            "compute_s": round(self.compute_s, 4),
        }


@dataclass
class Correspondent:
    """Reports on one session under one fence; large answers go by the store."""

    desk: Desk
    root: Path
    session: str
    fence: int
    worker: str

    def report(self, task: str, **body: Any) -> None:
        """Tell the web side, in the session's name."""
        self.desk.report(task, {"session": self.session, "fence": self.fence, **body})

    def show(
        self, task: str, slices: Sequence[dict[str, Any]], *, name: str, **body: Any
    ) -> None:
        """Report packed ``slices``; over a megabyte as the key of a stored file."""
        size = sum(len(packed["data"]) + _SLICE_OVERHEAD_BYTES for packed in slices)
        where: dict[str, Any] = {"slices": list(slices)}
        if size > names.MESSAGE_BYTES_MAX:
            key = f"answers/{self.session}/{name}.json"
            write_atomically(self.root / key, json.dumps(where).encode())
            where = {"slices": [], "answer_key": key}
        self.report(task, worker=self.worker, sent_at=time.time(), **body, **where)

    def forget_answers(self) -> None:
        """Remove the stored answers of a session that is over."""
        shutil.rmtree(self.root / "answers" / self.session, ignore_errors=True)

    def cold(self) -> None:
        """Ask for the whole log."""
        self.report(names.SESSION_COLD, worker=self.worker)

    def canvas(self, canvas: Canvas, log: Log, times: Times) -> None:
        """Send the whole label map after ``log``."""
        times.begin_turn()
        self.show(
            names.CANVAS_ARRIVED,
            canvas.pack_all(),
            name=f"{log.digest[:32]}-canvas",
            log_digest=log.digest,
            times=times.as_json(),
        )

    def failed(self, turn: Turn | None, error: SlicewiseError) -> None:
        """A turn, or what came before any, could not be answered."""
        self.report(
            names.TURN_FAILED,
            turn=turn.id if turn else None,
            error=error.as_json(),
        )


@dataclass
class Answer:
    """The numbered predictions of one turn.

    A prediction carries what changed since the one before; the final one carries
    everything that the turn changed, so that a lost one before it is mended.
    """

    to: Correspondent
    turn: Turn
    digest: str
    canvas: Canvas  # as last shown to the web side
    times: Times
    number: int = 0
    stage: str = "marks"
    _changed: list[Region] = field(default_factory=list)
    _quality: dict[str, float] = field(default_factory=dict)  # by slice

    def show(
        self, prediction: Prediction | None, canvas: Canvas, *, final: bool
    ) -> None:
        """Report ``prediction``, which made ``canvas``; None: the marks alone did."""
        fresh = canvas.changes(self.canvas)
        self._changed = join_regions(self._changed, fresh)
        self.canvas = canvas
        fresh_quality: dict[str, float] = {}
        if prediction is not None:
            self.stage = prediction.stage
            for z, value in prediction.quality.items():
                fresh_quality[str(z)] = float(value)
        self._quality |= fresh_quality
        self._send(
            canvas.pack(self._changed if final else fresh),
            final=final,
            quality=(self._quality if final else fresh_quality) or None,
        )

    def show_again(self, canvas: Canvas, regions: Sequence[Region]) -> None:
        """Report a turn that was taken before: what its regions show by now."""
        self.stage = "again"
        self._send(canvas.pack(regions), final=True, quality=None)

    def _send(self, slices: Sequence[dict[str, Any]], **body: Any) -> None:
        self.to.show(
            names.PREDICTION_ARRIVED,
            slices,
            name=f"{self.digest[:32]}-{self.number}",
            turn=self.turn.id,
            seq=self.turn.seq,
            log_digest=self.digest,
            stage=self.stage,
            number=self.number,
            times=self.times.as_json(),
            **body,
        )
        self.number += 1


@dataclass
class Progress:
    """Tells how far the turn is that the reader waits for, a few times a second."""

    to: Correspondent
    turn: Turn | None  # None: the reader waits for no particular one
    _told_at: float = field(default_factory=time.monotonic)

    def report(self, fraction: float, stage: str) -> None:
        """Report ``fraction`` in (0, 1), unless the last report is too fresh."""
        now = time.monotonic()
        if self.turn is not None and now - self._told_at >= PROGRESS_EVERY_S:
            self._told_at = now
            self.to.report(
                names.TURN_PROGRESS, turn=self.turn.id, fraction=fraction, stage=stage
            )
