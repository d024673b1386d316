"""Region growing: a short mark speaks for the similar pixels around it ("R")."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.marks import UNMARKED


def grow_marks(
    said: NDArray[np.uint8], grey: NDArray[np.float32], threshold: float, most: int
) -> NDArray[np.uint8]:
    """Grow every label's marks at once, breadth first.

    A neighbouring pixel joins if its intensity differs from the current pixel's by
    less than ``threshold``; who comes first, keeps it.

    Parameters
    ----------
    said: uint8 (y, x) marks, ``UNMARKED`` elsewhere. grey: float32 (y, x), [0, 1].
    most: pixels that may join per label.
    """
    grown = said.copy()
    rows, columns = grown.shape
    left = dict.fromkeys((int(v) for v in np.unique(said) if v != UNMARKED), most)
    front = deque((int(y), int(x)) for y, x in np.argwhere(said != UNMARKED))
    while front:
        y, x = front.popleft()
        label = int(grown[y, x])
        for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if not (0 <= v < rows and 0 <= u < columns) or grown[v, u] != UNMARKED:
                continue
            if left[label] and abs(grey[v, u] - grey[y, x]) < threshold:
                grown[v, u] = label
                left[label] -= 1
                front.append((v, u))
    return grown
