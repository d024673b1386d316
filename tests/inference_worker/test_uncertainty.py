"""How unsure a slice is, the worker that answered it can be asked; no other."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference_worker.contract import names
from inference_worker.contract.prompts import Scribble
from inference_worker.contract.uncertainty import Uncertainty
from inference_worker.runtime import Runtime
from tests.inference_worker.webside import (
    Outbox,
    Registry,
    WebSide,
    make_runtime,
    store_volume,
)

STROKE = Scribble(1, ((1, 2, 2), (1, 2, 7)), width=1)


class Seat:
    """A session with a stroke in it, and somebody who asks."""

    def __init__(self, root: Path) -> None:
        self.outbox, self.registry = Outbox(), Registry()
        self.runtime: Runtime = make_runtime(
            root, outbox=self.outbox, registry=self.registry
        )
        self.web = WebSide(root, store_volume(root, "ct"), session="s")
        self.web.exchange(self.runtime, self.outbox, self.web.take(STROKE))

    def ask(self, slice: int, **other: Any) -> Any:
        body = {"session": "s", "fence": self.web.fence, "wish": "w", "slice": slice}
        self.runtime.tell_uncertainty(body | other)
        (told,) = self.outbox.take(names.UNCERTAINTY_TOLD)
        assert told["wish"] == "w"
        return told["map"]


@pytest.fixture
def seat(tmp_path: Path) -> Seat:
    return Seat(tmp_path)


def test_of_a_slice_that_was_answered_it_is_told(seat: Seat) -> None:
    told = Uncertainty.from_json(seat.ask(1))
    assert told.levels.shape == seat.web.draft.shape[1:]
    assert len(np.unique(told.levels)) > 3
    # What the reader said is sure.
    assert not told.levels[2, 2:8].any()


@pytest.mark.parametrize(
    "other", [{"slice": 0}, {"fence": 7}, {"session": "of somebody else"}]
)
def test_of_what_is_not_at_hand_nothing_is(seat: Seat, other: dict[str, Any]) -> None:
    assert seat.ask(**{"slice": 1, **other}) is None


def test_what_was_undone_is_not_told(seat: Seat) -> None:
    seat.web.exchange(seat.runtime, seat.outbox, seat.web.undo())
    assert seat.ask(1) is None


def test_an_unreadable_question_is_left_alone(seat: Seat) -> None:
    seat.runtime.tell_uncertainty({"session": "s"})
    assert seat.outbox.take(names.UNCERTAINTY_TOLD) == []
