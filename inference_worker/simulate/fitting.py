"""Fit a simulated hand to the strokes of people.

What can be read off the strokes directly (number, width, strokes that miss) is; what
shapes a stroke (style, reach, wander, overshoot) is found by random search for the hand
whose drawings of the same objects are distributed like theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, stats

from inference_worker.contract.marks import scribble_mask
from inference_worker.contract.prompts import Scribble
from inference_worker.simulate.hand import STYLES, Hand
from inference_worker.simulate.measures import Drawing, depth_within, measure
from inference_worker.simulate.styles import Scribbles, Sight
from inference_worker.simulate.truth import error_regions

FITTED = ("inside", "length", "depth", "strokes")
"""Measures whose distributions the search compares."""

_STROKES_MAX = 8

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Example:
    """One image of MedScribble: its object and what each person drew.

    Attributes
    ----------
    name: data set and image. mask: bool (y, x). room: depth within ``mask``.
    positive, negative: strokes of each person on and around the object, bool (y, x).
    """

    name: str
    mask: Mask
    room: NDArray[np.float64]
    positive: tuple[Mask, ...]
    negative: tuple[Mask, ...]


def read_examples(folder: Path) -> list[Example]:
    """Every example of the folder with an object and at least one stroke on it."""
    examples = []
    for path in sorted(folder.glob("*/*.npz")):
        with np.load(path, allow_pickle=False) as arrays:
            mask = arrays["seg"] > 0.5
            people = sorted(name for name in arrays.files if name.startswith("scrib"))
            drawn = [arrays[name] > 0.5 for name in people]
        positive = tuple(strokes[0] for strokes in drawn)
        negative = tuple(strokes[1] for strokes in drawn)
        name = f"{path.parent.name}/{path.stem}"
        examples.append(Example(name, mask, depth_within(mask), positive, negative))
    return examples


def people_of(examples: Sequence[Example]) -> list[list[Drawing]]:
    """Drawings on the objects, by person."""
    count = len(examples[0].positive)
    return [
        [
            measure(example.positive[person], example.mask, example.room)
            for example in examples
            if example.positive[person].any()
        ]
        for person in range(count)
    ]


def around(examples: Sequence[Example]) -> list[Drawing]:
    """Drawings of everybody around the objects."""
    drawings = []
    for example in examples:
        side = ~example.mask
        room = depth_within(side)
        drawings += [measure(m, side, room) for m in example.negative if m.any()]
    return drawings


def simulate(examples: Sequence[Example], hand: Hand, seed: int) -> list[Drawing]:
    """What a simulated reader draws first on each object."""
    return [
        measure(mask, example.mask, example.room)
        for example, mask in simulated_masks(examples, hand, seed)
    ]


def simulated_masks(
    examples: Sequence[Example], hand: Hand, seed: int
) -> Iterator[tuple[Example, Mask]]:
    """Every example with the strokes of a simulated reader, bool (y, x)."""
    style = Scribbles(hand)
    for number, example in enumerate(examples):
        truth = example.mask.astype(np.uint8)
        nothing = np.zeros_like(truth)
        rng = np.random.default_rng([seed, number])
        sight = Sight(truth, nothing, 0, 0, 1.0, rng)
        prompts, _ = style.mark(error_regions(nothing, truth), sight)
        drawn = np.zeros(truth.shape, dtype=bool)
        for prompt in prompts:
            if isinstance(prompt, Scribble):
                drawn |= scribble_mask(prompt, (truth.shape[0], truth.shape[1]))
        yield example, drawn


def distance(real: Sequence[Drawing], simulated: Sequence[Drawing]) -> float:
    """Wasserstein distances of ``FITTED``, each over the real standard deviation."""
    total = 0.0
    for name in FITTED:
        theirs = np.array([getattr(drawing, name) for drawing in real])
        ours = np.array([getattr(drawing, name) for drawing in simulated])
        total += stats.wasserstein_distance(theirs, ours) / float(theirs.std())
    return total


def read_off(examples: Sequence[Example]) -> Hand:
    """A hand with what can be read off the strokes; the rest at a first guess."""
    drawings = [drawing for person in people_of(examples) for drawing in person]
    surrounding = around(examples)
    widths = np.array([drawing.width for drawing in (*drawings, *surrounding)])
    miss_rate, miss = _misses(examples)
    return Hand(
        styles=(0.25, 0.25, 0.25, 0.25),
        reach=0.7,
        reach_spread=0.2,
        loop=0.5,
        strokes=_histogram([drawing.strokes for drawing in drawings]),
        strokes_erasing=_histogram([drawing.strokes for drawing in surrounding]),
        width=float(widths.mean()),
        width_spread=float(widths.std() / widths.mean()),
        wander=0.2,
        overshoot_rate=0.1,
        overshoot=0.1,
        miss_rate=miss_rate,
        miss=miss,
    )


def _histogram(counts: Sequence[float]) -> tuple[float, ...]:
    clipped = np.clip(np.array(counts, dtype=int), 1, _STROKES_MAX)
    shares = np.bincount(clipped, minlength=_STROKES_MAX + 1)[1:] / len(clipped)
    return tuple(round(float(share), 4) for share in shares)


def _misses(examples: Sequence[Example]) -> tuple[float, float]:
    """How often a stroke lies mostly outside its object, and how far outside."""
    strokes, beside = 0, []
    for example in examples:
        outside = ndimage.distance_transform_edt(~example.mask)
        for mask in example.positive:
            parts, count = ndimage.label(mask, np.ones((3, 3)))
            strokes += count
            for part in range(1, count + 1):
                stroke = parts == part
                if example.mask[stroke].mean() < 0.5:
                    beside.append(float(outside[stroke].mean()) / max(mask.shape))
    if not beside:
        return 0.0, 0.0
    return len(beside) / strokes, float(np.median(beside))


def fit(
    examples: Sequence[Example], *, draws: int, seed: int
) -> tuple[Hand, list[float]]:
    """The hand whose drawings are distributed most like everybody's.

    Half of the draws look everywhere, half close to the best hand so far.

    Returns
    -------
    The hand, and the best distance after each draw.
    """
    rng = np.random.default_rng(seed)
    real = [drawing for person in people_of(examples) for drawing in person]
    best = read_off(examples)
    lowest = distance(real, simulate(examples, best, seed))
    history = []
    for draw in range(draws):
        hand = _drawn(best, rng) if draw < draws // 2 else _nearby(best, rng)
        found = distance(real, simulate(examples, hand, seed))
        if found < lowest:
            best, lowest = hand, found
        history.append(lowest)
    return _with_width(best, real, simulate(examples, best, seed)), history


def _with_width(hand: Hand, real: Sequence[Drawing], drawn: Sequence[Drawing]) -> Hand:
    """The hand with the width whose strokes, rasterised, measure like the real ones."""
    theirs, ours = (np.mean([d.width for d in group]) for group in (real, drawn))
    return replace(hand, width=float(hand.width * theirs / ours))


def _drawn(hand: Hand, rng: np.random.Generator) -> Hand:
    return replace(
        hand,
        styles=tuple(float(w) for w in rng.dirichlet((1.0,) * len(STYLES))),
        reach=float(rng.uniform(0.3, 1.0)),
        reach_spread=float(rng.uniform(0.05, 0.4)),
        loop=float(rng.uniform(0.1, 0.8)),
        wander=float(rng.uniform(0.0, 0.6)),
        overshoot_rate=float(rng.uniform(0.0, 0.5)),
        overshoot=float(rng.uniform(0.02, 0.2)),
    )


def _nearby(hand: Hand, rng: np.random.Generator) -> Hand:
    def bent(value: float, low: float, high: float) -> float:
        return float(np.clip(value * np.exp(0.15 * rng.normal()), low, high))

    weights = np.array([bent(w, 0.001, 1.0) for w in hand.styles])
    return replace(
        hand,
        styles=tuple(float(w) for w in weights / weights.sum()),
        reach=bent(hand.reach, 0.2, 1.0),
        reach_spread=bent(hand.reach_spread, 0.02, 0.6),
        loop=bent(hand.loop, 0.05, 0.85),
        wander=bent(hand.wander, 0.0, 0.8),
        overshoot_rate=bent(hand.overshoot_rate, 0.0, 0.8),
        overshoot=bent(hand.overshoot, 0.01, 0.2),
    )
