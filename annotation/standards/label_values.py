"""Values in a label volume brought to the numbers of a project's labels."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.errors import ImportRefused

HALF = 127
"""Masks saved as 8-bit pictures are set above it; JPEG blurs 0 and 255 around."""


def as_labels(
    found: NDArray[Any], values: Collection[int]
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Return uint8 labels of the project, and sentences on what was done to get them.

    Parameters
    ----------
    found : (z, y, x) whole numbers as they were saved: the project's values; or, where
        the project has one label, anything else: a black-and-white picture (set above
        half) or the numbers of single objects (set above 0).
    values : the project's label values.

    Raises
    ------
    ImportRefused
        ``import:label-values`` where none of the values is a label of the project, or
        they are no whole numbers.
    """
    if found.dtype.kind == "f":
        if not np.array_equal(found, np.rint(found)):
            raise ImportRefused(
                "label-values", "Its labels are no whole numbers (probabilities?)."
            )
        found = found.astype(np.int64)
    present = [int(value) for value in np.unique(found) if value != 0]
    unknown = [value for value in present if value not in values]
    if not unknown:
        return found.astype(np.uint8), ()
    if len(values) == 1:
        return _one_label(found, present, next(iter(values)))
    known = [value for value in present if value in values]
    if not known:
        raise ImportRefused(
            "label-values",
            f"Its values {_shown(present)} are no labels of the project, which has "
            f"{_shown(sorted(values))}.",
        )
    labels = np.where(np.isin(found, known), found, 0).astype(np.uint8)
    notice = f"Its values {_shown(unknown)} are no labels here: taken for background."
    return labels, (notice,)


def _one_label(
    found: NDArray[Any], present: list[int], value: int
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    # 254 and its like betray a picture; object numbers fill the low values too.
    picture = found.dtype == np.uint8 and max(present) > HALF and _two_heaps(found)
    marked = found > HALF if picture else found > 0
    labels = (marked * np.uint8(value)).astype(np.uint8)
    if picture:
        return labels, ()
    return labels, (f"{len(present)} numbered objects were joined to one label.",)


def _two_heaps(found: NDArray[np.uint8]) -> bool:
    """Whether what is not black is mostly white, as in a picture of a mask."""
    lit = found[found > 32]
    return bool((lit > 223).mean() > 0.5)


def _shown(values: list[int]) -> str:
    text = ", ".join(map(str, values[:8]))
    return f"{text} …" if len(values) > 8 else text
