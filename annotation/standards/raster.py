"""PNG, TIFF, JPEG and BMP pictures: grey or RGB, a TIFF's pages being slices."""

from __future__ import annotations

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import UnidentifiedImageError

from annotation.standards.image import Image, make_image
from annotation.standards.limits import Limits
from inference_worker.contract.errors import ImportRefused

SIGNATURES = (
    b"\x89PNG\r\n\x1a\n",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\xff\xd8\xff",
    b"BM",
)
# What it has to say of a file stands in the refusal.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)

FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
PAGES = frozenset("ZIQT")
"""Names tifffile gives to the axis along which pages count."""
SMALLEST_MM, LARGEST_MM = 1e-6, 1e3
MICROMETRE = {"": 1e-3, "µm": 1e-3, "um": 1e-3, "micron": 1e-3, "nm": 1e-6, "mm": 1.0}


@dataclass(frozen=True)
class Raster:
    """values: (z, y, x) or RGB (z, y, x, 3) uint8. spacing: mm (z, y, x), or None."""

    values: NDArray[Any]
    spacing: tuple[float, float, float] | None


def is_raster(head: bytes) -> bool:
    """Whether a file begins like one of the pictures read here."""
    return head.startswith(SIGNATURES)


def read_raster(path: Path, limits: Limits, *, modality: str = "") -> Image:
    """Read a picture as an image; without a pixel size of its own, 1 mm is taken.

    Raises
    ------
    ImportRefused
        ``import:truncated``, ``import:damaged``, ``import:not-an-image``,
        ``import:too-large``, ``import:too-compressed``, ``import:unsupported``.
    """
    raster = read_values(path, limits)
    values, spacing = raster.values, raster.spacing or (1.0, 1.0, 1.0)
    limits.check_compression(path.stat().st_size, values.nbytes)
    notices = () if raster.spacing else ("It names no pixel size; 1 mm is taken.",)
    affine = np.eye(4)
    affine[:3, :3] = np.diag(spacing)[::-1]
    return make_image(
        values,
        affine,
        modality=modality or "OT",
        name=path.stem,
        source={"kind": "raster"},
        notices=notices,
    )


def read_values(path: Path, limits: Limits) -> Raster:
    """Read the numbers of a picture, refusing sizes by its header."""
    with path.open("rb") as file:
        head = file.read(16)
    if not is_raster(head):
        raise ImportRefused("not-an-image", "It is no picture that is read here.")
    if path.stat().st_size > limits.bytes:
        raise ImportRefused("too-large", f"The file exceeds {limits.bytes:,} bytes.")
    with speak_of_damage():
        if head[:4] in SIGNATURES[1:5]:
            return _read_tiff(path, limits)
        return _read_picture(path, limits)


@contextmanager
def speak_of_damage() -> Iterator[None]:
    """Turn what the readers raise on damaged bytes into ``import:*`` refusals."""
    with warnings.catch_warnings():
        # Pillow's warning of large pictures: our own limits are asked instead.
        warnings.simplefilter("ignore")
        try:
            yield
        except Picture.DecompressionBombError as error:
            raise ImportRefused("too-large", f"It is too large: {error}") from error
        except UnidentifiedImageError as error:
            raise ImportRefused(
                "damaged", "It begins like a picture, and is none."
            ) from error
        except (MemoryError, OverflowError) as error:
            raise ImportRefused("too-large", "It asks for too much memory.") from error
        except DAMAGE as error:
            said = str(error) or type(error).__name__
            early = ("truncated", "unexpected end", "not enough", "buffer is smaller")
            code = "damaged"
            if isinstance(error, EOFError) or any(w in said.lower() for w in early):
                code = "truncated"
            raise ImportRefused(code, f"It cannot be read: {said}.") from error


DAMAGE = (
    ArithmeticError,
    AssertionError,  # tifffile's word for a directory that contradicts itself
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,  # Pillow's word for a broken PNG
    TypeError,
    ValueError,
    struct.error,
    tifffile.TiffFileError,
    zlib.error,
)


def _read_picture(path: Path, limits: Limits) -> Raster:
    with Picture.open(path, formats=FORMATS) as picture:
        limits.check_shape((picture.height, picture.width), _bytes_of(picture))
        return Raster(_values(picture)[None], None)


def _bytes_of(picture: Picture.Image) -> int:
    return {"1": 1, "L": 1, "I;16": 2, "I;16B": 2, "LA": 2}.get(picture.mode, 4)


def _values(picture: Picture.Image) -> NDArray[Any]:
    """One page: (y, x) numbers, or (y, x, 3) bytes."""
    if picture.mode == "1":
        return np.asarray(picture, dtype=np.uint8)
    if picture.mode in ("L", "I", "F") or picture.mode.startswith("I;16"):
        return np.asarray(picture)
    if picture.mode == "LA":
        return np.asarray(picture.getchannel("L"))
    if picture.mode in ("RGB", "RGBA", "P", "CMYK", "YCbCr", "PA", "RGBX"):
        return np.asarray(picture.convert("RGB"))
    raise ImportRefused(
        "unsupported", f"Its pixels are of the kind {picture.mode}, not grey or RGB."
    )


def _read_tiff(path: Path, limits: Limits) -> Raster:
    with tifffile.TiffFile(path) as file:
        if not file.series:
            raise ImportRefused("damaged", "It holds no page.")
        series = file.series[0]
        limits.check_shape(series.shape, series.dtype.itemsize)
        spacing = _spacing(file)
        axes = series.axes.upper()
        try:
            values = series.asarray()
        except (ValueError, RuntimeError) as error:
            if "imagecodecs" not in str(error):
                raise
            values = _pages_by_pillow(path)
            axes = _axes_of_pages(values)
    return Raster(_slices_first(values, axes), spacing)


def _pages_by_pillow(path: Path) -> NDArray[Any]:
    """Pages in codecs (LZW, JPEG) that tifffile leaves to a package not needed here."""
    pages = []
    with Picture.open(path, formats=("TIFF",)) as picture:
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            pages.append(_values(picture))
    if len({page.shape for page in pages}) != 1:
        raise ImportRefused("unsupported", "Its pages differ in size.")
    return np.stack(pages)


def _axes_of_pages(values: NDArray[Any]) -> str:
    return "ZYXS" if values.ndim == 4 else "ZYX"


def _slices_first(values: NDArray[Any], axes: str) -> NDArray[Any]:
    """Bring an array whose axes tifffile has named to (z, y, x) or (z, y, x, 3)."""
    for position in reversed(range(len(axes))):
        if values.shape[position] == 1 and axes[position] not in "YX":
            values = np.take(values, 0, axis=position)
            axes = axes[:position] + axes[position + 1 :]
    color = [name for name in axes if name in "SC"]
    pages = [name for name in axes if name in PAGES]
    plain = set(axes) <= PAGES | set("SCYX") and len(pages) <= 1 and len(color) <= 1
    if not plain or not {"Y", "X"} <= set(axes):
        raise ImportRefused(
            "unsupported",
            f"Its axes are {axes} {list(values.shape)}; save one volume, grey or RGB, "
            "on its own.",
            axes=axes,
        )
    order = [axes.index(name) for name in (*pages, "Y", "X", *color)]
    values = values.transpose(order)
    if not pages:
        values = values[None]
    return _rgb(values) if color else _grey(values)


def _rgb(values: NDArray[Any]) -> NDArray[np.uint8]:
    if values.shape[-1] not in (3, 4) or values.dtype.kind != "u":
        raise ImportRefused(
            "unsupported",
            f"It has {values.shape[-1]} channels of {values.dtype}; one grey or three "
            "RGB channels are read.",
        )
    values = values[..., :3]
    if values.dtype.itemsize > 1:
        values = values >> (8 * (values.dtype.itemsize - 1))
    return np.ascontiguousarray(values, dtype=np.uint8)


def _grey(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind not in "iufb":
        raise ImportRefused("unsupported", f"Its pixels are {values.dtype}.")
    return np.ascontiguousarray(values)


def _spacing(file: tifffile.TiffFile) -> tuple[float, float, float] | None:
    """mm along (z, y, x) where a microscope said so; print resolutions mean nothing."""
    found = file.imagej_metadata or {}
    unit = str(found.get("unit", "none")).replace("\\u00B5", "µ").lower()
    if unit not in MICROMETRE:
        return None
    tags = file.pages.first.tags
    try:
        along = [tags[name].value for name in ("YResolution", "XResolution")]
        y, x = (denominator / numerator for numerator, denominator in along)
        z = float(found.get("spacing", 1.0))
    except (KeyError, TypeError, ZeroDivisionError):
        return None
    scale = MICROMETRE[unit]
    spacing = (z * scale, y * scale, x * scale)
    plausible = all(SMALLEST_MM <= step <= LARGEST_MM for step in spacing)
    return spacing if plausible else None
