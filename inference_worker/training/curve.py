"""The loss of every step as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def draw_losses(rows: Sequence[tuple[int, float, float]], path: Path) -> None:
    """Rows of (step, loss, seconds) as points, with the mean over 50 steps."""
    steps, losses, _ = (np.array(column) for column in zip(*rows, strict=True))
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot(steps, losses, ".", markersize=2, alpha=0.3)
    width = min(50, len(losses))
    mean = np.convolve(losses, np.ones(width) / width, mode="valid")
    axes.plot(steps[width - 1 :], mean)
    axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
    figure.savefig(path, dpi=120)
