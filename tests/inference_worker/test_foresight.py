"""Seeing ahead changes nothing: the log alone says what every mask is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference_worker.contract import names
from inference_worker.contract.prompts import Accept, Click, Scribble, Visit
from inference_worker.contract.wire import unpack_mask
from inference_worker.runtime import Runtime
from tests.inference_worker.webside import (
    Outbox,
    Registry,
    WebSide,
    make_runtime,
    store_volume,
)

STROKE = Scribble(1, ((1, 2, 2), (1, 2, 7)), width=3)
LOG = (Visit(1), STROKE, Accept(1), Click(3, (2, 9, 9)))
WISH = "5f0f7c52-0000-4000-8000-000000000001"


class Seat:
    """A warm session, and somebody who wishes to see ahead in it."""

    def __init__(self, root: Path) -> None:
        root.mkdir(exist_ok=True)
        self.outbox, self.registry = Outbox(), Registry()
        self.runtime: Runtime = make_runtime(
            root, outbox=self.outbox, registry=self.registry
        )
        self.web = WebSide(root, store_volume(root, "ct"), session="s")

    def take(self, prompt: Any) -> None:
        self.web.exchange(self.runtime, self.outbox, self.web.take(prompt))

    def foresee(self, *slices: int, **other: Any) -> list[dict[str, Any]]:
        self.registry.wished[self.web.session] = WISH
        body = {
            "session": self.web.session,
            "fence": self.web.fence,
            "log_digest": self.web.digest,
            "wish": WISH,
            "slices": list(slices),
        }
        self.runtime.foresee(body | other)
        return self.outbox.take(names.FORESEEN)


@pytest.fixture
def seat(tmp_path: Path) -> Seat:
    return Seat(tmp_path / "one")


def test_what_is_foreseen_is_what_the_visit_shows_first(seat: Seat) -> None:
    seat.take(STROKE)
    (seen,) = seat.foresee(2)
    assert seen["wish"] == WISH
    assert seen["log_digest"] == seat.web.digest
    seat.runtime.take_turns(seat.web.take(Visit(2)))
    first = seat.outbox.named(names.PREDICTION_ARRIVED)[0]
    assert not first["final"]
    for packed, other in zip(seen["slices"], first["slices"], strict=True):
        region, labels = unpack_mask(packed)
        assert labels.any()
        again, shown = unpack_mask(other)
        assert region == again
        np.testing.assert_array_equal(labels, shown)


def test_the_same_log_gives_the_same_masks_with_and_without(
    seat: Seat, tmp_path: Path
) -> None:
    plain = Seat(tmp_path / "two")
    for prompt in LOG:
        seat.take(prompt)
        assert len(seat.foresee(0, 3)) == 2
        plain.take(prompt)
        np.testing.assert_array_equal(seat.web.draft, plain.web.draft)
    here, there = (next(iter(s.runtime.sessions)) for s in (seat, plain))
    assert here.log.digest == there.log.digest
    saved, other = (s.engine.save(s.state) for s in (here, there))
    assert saved.arrays.keys() == other.arrays.keys()
    for name, array in saved.arrays.items():
        np.testing.assert_array_equal(array, other.arrays[name])
    assert saved.header == other.header


def test_who_goes_elsewhere_or_takes_a_turn_ends_it(seat: Seat) -> None:
    seat.take(STROKE)
    assert seat.foresee(2, wish="another") == []
    stepped: list[int] = []
    session = next(iter(seat.runtime.sessions))
    foresee = session.foresee

    def once(z: int) -> Any:
        stepped.append(z)
        del seat.registry.wished[seat.web.session]
        return foresee(z)

    session.foresee = once  # type: ignore[method-assign]
    assert seat.foresee(0, 2, 3) == []
    assert stepped == [0]


@pytest.mark.parametrize(
    "other", [{"fence": 2}, {"log_digest": "of another log"}, {"session": "cold"}]
)
def test_only_the_warm_session_of_this_very_log_sees_ahead(
    seat: Seat, other: dict[str, Any]
) -> None:
    seat.take(STROKE)
    assert seat.foresee(2, **other) == []


def test_a_session_given_to_another_worker_is_dropped(seat: Seat) -> None:
    seat.take(STROKE)
    seat.registry.leases[seat.web.session] = (9, "two")
    assert seat.foresee(2) == []
    assert len(seat.runtime.sessions) == 0


def test_an_unreadable_wish_is_left_alone(seat: Seat) -> None:
    seat.take(STROKE)
    assert seat.foresee(2, slices=["x"]) == []
    assert len(seat.runtime.sessions) == 1
