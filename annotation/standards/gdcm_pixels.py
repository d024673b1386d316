"""JPEG of 12 bits, which pydicom's plugins refuse, decoded by GDCM itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gdcm
import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.errors import ImportRefused

TWELVE_BIT_JPEG = frozenset(
    {
        "1.2.840.10008.1.2.4.51",  # Extended, processes 2 and 4
        "1.2.840.10008.1.2.4.53",  # Spectral selection, processes 6 and 8 (retired)
        "1.2.840.10008.1.2.4.55",  # Full progression, processes 10 and 12 (retired)
    }
)


def decode_by_gdcm(path: Path) -> NDArray[Any]:
    """Return the stored values of every frame of a grey image, (frames, y, x).

    Raises
    ------
    ImportRefused
        ``import:undecodable``.
    """
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        raise ImportRefused("undecodable", "Its pixels cannot be decoded.")
    image = reader.GetImage()
    pixel = image.GetPixelFormat()
    dtype = np.dtype(f"{'i' if pixel.GetPixelRepresentation() else 'u'}2")
    columns, rows, *frames = image.GetDimensions()
    shape = (frames[0] if frames else 1, rows, columns)
    # Its wrapper hands bytes out as text.
    raw = image.GetBuffer().encode("utf-8", errors="surrogateescape")
    values = np.frombuffer(raw, dtype)
    if pixel.GetBitsAllocated() != 16 or values.size != np.prod(shape):
        raise ImportRefused("undecodable", "Its pixels cannot be decoded.")
    return values.reshape(shape)
