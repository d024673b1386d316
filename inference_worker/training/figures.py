"""Held-out figures of a model: Dice per class and patient, and how fast it is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inference_worker.contract.engine import Volume
from inference_worker.contract.geometry import Geometry
from inference_worker.evaluation.cases import CaseFiles, patient_of
from inference_worker.evaluation.reading import read_labels, read_volume
from inference_worker.nets.base_model import BaseModel
from inference_worker.nets.precision import fast_autocast
from inference_worker.training.examples import Source, cases_of, turned_of, upright


@dataclass(frozen=True)
class Figure:
    """Dice of one class over patients, each patient's slices pooled.

    Attributes
    ----------
    dice: mean over patients. low, high: its 95 % interval, bootstrap over patients.
    """

    source: str
    shown: str
    name: str
    patients: int
    slices: int
    dice: float
    low: float
    high: float


def held_out_figures(
    model: BaseModel, sources: Sequence[Source], held_out: set[str], root: Path
) -> list[Figure]:
    """Dice of every labelled class on patients that were never trained on.

    Sets that store their slices turned are measured both ways: as a reading room shows
    them, and as stored.
    """
    figures = []
    for source in sources:
        cases = [f for f in cases_of(source, root) if patient_of(f.name) in held_out]
        ways = ("upright", "as stored") if source.stored else ("as stored",)
        for way in ways:
            figures += _figures(model, source, cases, way)
    return figures


def _figures(
    model: BaseModel, source: Source, cases: Sequence[CaseFiles], way: str
) -> list[Figure]:
    counts: dict[str, dict[str, NDArray[np.int64]]] = {}
    slices = 0
    for files in cases:
        volume, reference = read_volume(files.image), read_labels(files.label)
        if way == "upright":
            volume, reference = _upright(volume, reference, turned_of(source, files))
        for index in range(volume.shape[0]):
            slices += 1
            predicted = model.predict(volume, index).argmax(axis=0)
            for value, name in source.labels.items():
                found = predicted == model.classes.index(name)
                true = reference[index] == value
                both = np.array([(found & true).sum(), found.sum() + true.sum()])
                patient = counts.setdefault(name, {})
                previous = patient.get(patient_of(files.name), np.zeros(2, np.int64))
                patient[patient_of(files.name)] = previous + both
    figures = []
    for name, patients in counts.items():
        dice = np.array(
            [2 * both / sides for both, sides in patients.values() if sides]
        )
        if len(dice):
            low, high = bootstrap_interval(dice)
            mean = float(dice.mean())
            figure = Figure(
                source.folder, way, name, len(dice), slices, mean, low, high
            )
            figures.append(figure)
    return figures


def bootstrap_interval(
    values: NDArray[np.float64], seed: int = 0, resamples: int = 5000
) -> tuple[float, float]:
    """95 % percentile interval of the mean (Efron and Tibshirani 1993, chapter 13)."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(values), size=(resamples, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def _upright(
    volume: Volume, reference: NDArray[np.uint8], turned: str
) -> tuple[Volume, NDArray[np.uint8]]:
    voxels = np.stack([upright(plane, turned) for plane in volume.voxels])
    labels = np.stack([upright(plane, turned) for plane in reference])
    geometry = Geometry(labels.shape, volume.geometry.affine)
    return replace(volume, voxels=voxels, geometry=geometry), labels


def measured_times(
    model: BaseModel, side: int, repeats: int = 15
) -> tuple[float, float]:
    """Milliseconds of a forward pass, and of forward and backward: the fastest seen.

    On a shared machine the fastest says most of the network, others of its neighbours.
    """
    module = model.module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    image = torch.randn(1, model.channels, side, side)
    image = image.contiguous(memory_format=torch.channels_last)
    passes: tuple[list[float], list[float]] = ([], [])
    module.requires_grad_(True)
    for _ in range(repeats):
        for learning, times in enumerate(passes):
            started = time.perf_counter()
            with torch.set_grad_enabled(bool(learning)), fast_autocast("cpu"):
                logits = module(image).float()
            if learning:
                logits.square().mean().backward()
            times.append(1000 * (time.perf_counter() - started))
    module.requires_grad_(False)
    module.zero_grad()
    forward, both = (min(times) for times in passes)
    return forward, both
