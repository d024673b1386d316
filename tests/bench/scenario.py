"""What the bench does with the product: turns, many warm sessions, a killed worker."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.bench.product import Product
from tests.bench.reader import Answered, Case, Reader

WARM_SESSIONS = 6

_CASES = """
from annotation.models import Assignment
first = Assignment.objects.filter(
    reader__username="reader", arm__engine="continual", volume__channels=1
).first()
for repeat in range(2, {count} + 2):
    Assignment.objects.get_or_create(
        volume=first.volume, reader=first.reader, arm=first.arm, repeat=repeat
    )
rows = Assignment.objects.filter(volume=first.volume, arm=first.arm).order_by("repeat")
print("\\n".join(str(row.pk) for row in rows))
"""


@dataclass
class Measured:
    """Everything one run saw."""

    turns: list[Answered] = field(default_factory=list)
    walks: list[Answered] = field(default_factory=list)
    echoes_s: list[float] = field(default_factory=list)
    resident_mb: dict[str, float] = field(default_factory=dict)
    session_mb: float = 0.0
    resume_s: float = 0.0


def stroke(rng: np.random.Generator, index: int, label: int) -> dict[str, Any]:
    """A scribble of a reader's length somewhere in the body of a 512² slice."""
    start = rng.integers(160, 330, size=2)
    steps = rng.integers(-6, 7, size=(12, 2)).cumsum(axis=0)
    return {
        "kind": "scribble",
        "label": label,
        "voxels": [[index, int(y), int(x)] for y, x in start + steps],
        "width": 5,
    }


def assignments(product: Product) -> list[str]:
    """The demo CT, assigned often enough for several sessions."""
    lines = product.manage("shell", "-v", "0", stdin=_CASES.format(count=WARM_SESSIONS))
    return [line for line in lines.split() if len(line) == 36]


def read_slices(case: Case, measured: Measured, *, turns: int) -> None:
    """Walk as a reader does: look, correct three times, accept, go on."""
    rng = np.random.default_rng(0)
    labels = [label["value"] for label in case.session["labels"]]
    index = 20
    case.take({"kind": "visit", "slice": index})
    while len(measured.turns) < turns:
        for _ in range(3):
            label = int(rng.choice([0, *labels]))
            measured.turns.append(case.take(stroke(rng, index, label)))
            measured.echoes_s.append(case.echo())
        onward = [{"kind": "accept", "slice": index}]
        index = 20 + (index - 19) % 30
        onward.append({"kind": "visit", "slice": index})
        measured.walks.append(case.take(*onward))


def warm_sessions(
    reader: Reader, product: Product, cases: Sequence[str], measured: Measured
) -> None:
    """What each further session costs the worker that keeps it warm."""
    before = product.resident_mb("inference_worker")
    rng = np.random.default_rng(1)
    for assignment in cases:
        case = reader.open_case(assignment)
        case.take({"kind": "visit", "slice": 30})
        case.take(stroke(rng, 30, 1))
        case.socket.close()
    grown = product.resident_mb("inference_worker") - before
    measured.session_mb = grown / len(cases)


def killed_worker(case: Case, product: Product, measured: Measured) -> None:
    """Seconds from kill -9 of the worker, in the middle of a turn, to its answer."""
    rng = np.random.default_rng(2)
    began = time.perf_counter()
    turn, _ = case.send(stroke(rng, 25, 1))
    time.sleep(0.05)
    for process in product.children("inference_worker"):
        process.send_signal(signal.SIGKILL)
    killed = time.perf_counter()
    case.await_final(turn, began)
    measured.resume_s = time.perf_counter() - killed


def run(product: Product, *, turns: int) -> Measured:
    """All of it, in an order in which no part disturbs the next."""
    measured = Measured()
    reader = Reader(product.port, "reader", product.reader_password)
    first, *others = assignments(product)
    case = reader.open_case(first)
    read_slices(case, measured, turns=turns)
    measured.resident_mb = {
        "web (daphne)": product.resident_mb("daphne"),
        "desk": product.resident_mb("webapp.celery"),
        "inference worker": product.resident_mb("inference_worker"),
    }
    warm_sessions(reader, product, others, measured)
    killed_worker(case, product, measured)
    return measured


def as_json(measured: Measured) -> str:
    """For whoever wants to compare runs."""
    body = measured.__dict__ | {
        "turns": [turn.__dict__ for turn in measured.turns],
        "walks": [walk.__dict__ for walk in measured.walks],
    }
    return json.dumps(body, indent=1)
