"""The simulated reader's clock: acting, and waiting for a machine that really computed.

The machine's seconds are measured, the reader's are modelled. A first prediction frees
the reader to look while better ones come; what the engine does after its last answer
(learning from an accepted slice) delays only the turn that follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from inference_worker.simulate.timing import Action, TimeModel


@dataclass(frozen=True)
class StepTimes:
    """Measured seconds of one engine step, since it was begun.

    Attributes
    ----------
    stages: (stage, seconds) of every prediction, in order.
    total_s: when the step had ended.
    """

    stages: tuple[tuple[str, float], ...]
    total_s: float

    @property
    def first_s(self) -> float:
        """When the first prediction was there."""
        return self.stages[0][1] if self.stages else self.total_s

    @property
    def last_s(self) -> float:
        """When the last prediction was there."""
        return self.stages[-1][1] if self.stages else self.total_s


@dataclass
class Clock:
    """Seconds since the reader opened the volume.

    Attributes
    ----------
    user_s: the reader looked, decided, pointed and drew (simulated).
    waiting_s: the reader could do nothing but wait for the machine.
    machine_s: the machine computed (measured).
    by_action: ``user_s`` by kind of action.
    """

    model: TimeModel
    user_s: float = 0.0
    waiting_s: float = 0.0
    machine_s: float = 0.0
    by_action: dict[str, float] = field(default_factory=dict)
    _machine_free_at: float = field(default=0.0, repr=False)

    @property
    def now(self) -> float:
        """Simulated seconds since the start."""
        return self.user_s + self.waiting_s

    def act(self, actions: Iterable[Action]) -> float:
        """The reader does something; its seconds."""
        before = self.user_s
        for action in actions:
            seconds = self.model.seconds_of(action)
            self.user_s += seconds
            spent = self.by_action.get(action.kind, 0.0)
            self.by_action[action.kind] = spent + seconds
        return self.user_s - before

    def answer(self, times: StepTimes, meanwhile: Iterable[Action] = ()) -> float:
        """The machine answers a turn sent now.

        Parameters
        ----------
        meanwhile: what the reader does between the first prediction and the last.

        Returns
        -------
        Seconds the reader waited.
        """
        started = max(self.now, self._machine_free_at)
        before = self.waiting_s
        self._wait_until(started + times.first_s)
        self.act(meanwhile)
        self._wait_until(started + times.last_s)
        self._machine_free_at = started + times.total_s
        self.machine_s += times.total_s
        return self.waiting_s - before

    def _wait_until(self, moment: float) -> None:
        self.waiting_s += max(moment - self.now, 0.0)
