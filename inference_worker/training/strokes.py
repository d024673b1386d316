"""One mark of the simulated annotator in the largest error of a mask."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.marks import scribble_mask
from inference_worker.simulate.clicks import region_centre
from inference_worker.simulate.hand import measured_hand
from inference_worker.simulate.scribbles import scribbles_in
from inference_worker.simulate.truth import ErrorRegion, error_regions

Mask = NDArray[np.bool_]


def stroke_in(
    shown: Mask, truth: Mask, rng: np.random.Generator, clicks: float
) -> tuple[Mask, bool] | None:
    """A stroke in the largest error, and whether it adds; None without one.

    ``clicks``: share of small squares in the error's middle instead.
    """
    regions = error_regions(shown.astype(np.uint8), truth.astype(np.uint8))
    if not regions:
        return None
    region: ErrorRegion = regions[0]
    marked = np.zeros(truth.shape, dtype=bool)
    if rng.random() < clicks:
        marked[region_centre(region.mask)] = True
        marked = cv2.dilate(marked.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    else:
        for stroke in scribbles_in(region, 0, 1, rng, measured_hand()):
            marked |= scribble_mask(stroke, (truth.shape[0], truth.shape[1]))
    return marked, bool(region.label)
