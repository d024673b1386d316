"""How prompts and masks travel; both codecs read the goldens in tests/fixtures/wire.

A packed mask is JSON::

    {"start": [z, y, x], "stop": [z, y, x], "planes": p, "data": base64}

``data`` is zlib (level 1) of ``p`` bit planes, lowest bit first. A plane holds one bit
per voxel of the region in C order, most significant bit first, padded with zeros to a
whole byte. ``p`` is the bit length of the largest label, at least 1. The browser's own
``DecompressionStream('deflate')`` undoes it.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard, get_args

import numpy as np
from numpy.typing import NDArray

from inference_worker.contract.errors import MessageError
from inference_worker.contract.geometry import Region, Voxel
from inference_worker.contract.prompts import (
    KIND_OF,
    Accept,
    Box,
    Click,
    ExtremePoints,
    Lasso,
    Paint,
    PaintOrigin,
    Prompt,
    Propagate,
    Scribble,
    Visit,
)

POINTS_MAX = 20_000
"""Vertices of one stroke; more is a broken client, not a reader."""

_VOXELS_MAX = 1 << 28


def pack_mask(region: Region, labels: NDArray[Any]) -> dict[str, Any]:
    """Pack ``labels`` (uint8 or bool, shape of ``region``) for the wire."""
    if labels.shape != region.shape:
        raise ValueError(f"labels {labels.shape} do not fill a region {region.shape}")
    values = np.ascontiguousarray(labels, dtype=np.uint8)
    planes = max(int(values.max(initial=0)).bit_length(), 1)
    bits = b"".join(
        np.packbits((values >> plane) & 1).tobytes() for plane in range(planes)
    )
    return {
        "start": list(region.start),
        "stop": list(region.stop),
        "planes": planes,
        "data": base64.b64encode(zlib.compress(bits, 1)).decode("ascii"),
    }


def unpack_mask(packed: Any) -> tuple[Region, NDArray[np.uint8]]:
    """Undo ``pack_mask``; refuse (``message:malformed``) what it cannot have made."""
    region = _region(packed)
    count = int(np.prod(region.shape))
    planes = _integer(packed, "planes")
    if not 1 <= planes <= 8 or not 0 < count <= _VOXELS_MAX:
        raise _malformed(f"{planes} planes of {count} voxels cannot be a mask")
    size = -(-count // 8)
    try:
        inflate = zlib.decompressobj()
        bits = inflate.decompress(
            base64.b64decode(packed["data"], validate=True), planes * size
        )
    except (KeyError, TypeError, ValueError, binascii.Error, zlib.error) as error:
        raise _malformed("a mask's data cannot be unpacked") from error
    if len(bits) != planes * size or not inflate.eof:
        raise _malformed(f"a mask of {count} voxels unpacks to {len(bits)} bytes")
    values = np.zeros(count, dtype=np.uint8)
    for plane in range(planes):
        packed_bits = np.frombuffer(bits, np.uint8, size, plane * size)
        values |= np.unpackbits(packed_bits, count=count) << plane
    return region, values.reshape(region.shape)


def prompt_to_json(prompt: Prompt) -> dict[str, Any]:
    """A prompt as it travels and as the log keeps it."""
    body: dict[str, Any] = {"kind": KIND_OF[type(prompt)]}
    match prompt:
        case Click(label=label, voxel=voxel):
            body |= {"label": label, "voxel": list(voxel)}
        case Scribble(label=label, voxels=voxels, width=width):
            body |= {"label": label, "voxels": _lists(voxels), "width": width}
        case ExtremePoints(label=label, voxels=voxels):
            body |= {"label": label, "voxels": _lists(voxels)}
        case Lasso(label=label, voxels=voxels):
            body |= {"label": label, "voxels": _lists(voxels)}
        case Box(label=label, region=region):
            body |= {
                "label": label,
                "start": list(region.start),
                "stop": list(region.stop),
            }
        case Paint(region=region, labels=labels, where=where, origin=origin):
            body |= {
                "region": pack_mask(region, labels),
                "where": pack_mask(region, where),
            }
            if origin != "hand":  # as logs say it that are older than the word
                body |= {"origin": origin}
        case Propagate(slice=index, direction=direction, count=count):
            body |= {"slice": index, "direction": direction, "count": count}
        case Accept(slice=index) | Visit(slice=index):
            body |= {"slice": index}
    return body


def prompt_from_json(body: Any) -> Prompt:
    """Read a prompt; refuse (``message:malformed``) anything that is not one."""
    if not isinstance(body, Mapping):
        raise _malformed("a prompt is not an object")
    kind = body.get("kind")
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise _malformed(f"“{str(kind)[:40]}” is no kind of prompt")
    return read(body)


def _paint(body: Mapping[str, Any]) -> Paint:
    region, labels = unpack_mask(body.get("region"))
    where_region, where = unpack_mask(body.get("where"))
    if region != where_region:
        raise _malformed("a paint's labels and where cover different regions")
    origin = body.get("origin", "hand")
    if origin not in get_args(PaintOrigin):
        raise _malformed(f"a paint's origin is not “{str(origin)[:40]}”")
    return Paint(region, labels, where.astype(bool), origin)


def _propagate(body: Mapping[str, Any]) -> Propagate:
    count = None if body.get("count") is None else _integer(body, "count")
    direction = _integer(body, "direction")
    if direction not in (-1, 0, 1) or (count is not None and count < 1):
        raise _malformed("a propagation goes -1, 0 or 1, over at least one slice")
    return Propagate(_integer(body, "slice"), direction, count)


def _malformed(message: str) -> MessageError:
    return MessageError("malformed", f"The message cannot be read: {message}.")


def _lists(voxels: Sequence[Voxel]) -> list[list[int]]:
    return [list(voxel) for voxel in voxels]


def _is_integer(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _integer(body: Any, name: str) -> int:
    value = body.get(name) if isinstance(body, Mapping) else None
    if not _is_integer(value) or abs(value) > 1 << 31:
        raise _malformed(f"“{name}” is not an integer")
    return value


def _label(body: Mapping[str, Any]) -> int:
    label = _integer(body, "label")
    if not 0 <= label < 255:
        raise _malformed(f"{label} is no label")
    return label


def _width(body: Mapping[str, Any]) -> float:
    width = body.get("width", 1)
    if isinstance(width, bool) or not isinstance(width, int | float):
        raise _malformed("a scribble's width is not a number")
    if not 0 <= width <= 512:
        raise _malformed(f"a scribble cannot be {width} voxels wide")
    return float(width)


def _voxel(value: Any) -> Voxel:
    if (
        not isinstance(value, list | tuple)
        or len(value) != 3
        or not all(_is_integer(i) and abs(i) < 1 << 31 for i in value)
    ):
        raise _malformed("a voxel is not three integers (z, y, x)")
    return (value[0], value[1], value[2])


def _stroke(
    body: Mapping[str, Any], *, least: int, across: bool = False
) -> tuple[Voxel, ...]:
    """Voxels of one slice; with ``across``, of one plane across any axis."""
    voxels = body.get("voxels")
    if not isinstance(voxels, list) or not least <= len(voxels) <= POINTS_MAX:
        raise _malformed(f"a mark has {least} to {POINTS_MAX} voxels")
    stroke = tuple(_voxel(value) for value in voxels)
    axes = range(3) if across else range(1)
    if all(len({voxel[axis] for voxel in stroke}) != 1 for axis in axes):
        raise _malformed("a mark's voxels lie on several slices")
    return stroke


def _region(body: Any) -> Region:
    if not isinstance(body, Mapping):
        raise _malformed("a region is not an object")
    region = Region(_voxel(body.get("start")), _voxel(body.get("stop")))
    if any(n <= 0 for n in region.shape) or any(a < 0 for a in region.start):
        raise _malformed("a region is empty or negative")
    return region


_READERS: dict[str, Callable[[Mapping[str, Any]], Prompt]] = {
    "click": lambda body: Click(_label(body), _voxel(body.get("voxel"))),
    "scribble": lambda body: Scribble(
        _label(body), _stroke(body, least=1), _width(body)
    ),
    "extreme_points": lambda body: ExtremePoints(
        _label(body), _stroke(body, least=2, across=True)
    ),
    "lasso": lambda body: Lasso(_label(body), _stroke(body, least=3)),
    "box": lambda body: Box(_label(body), _region(body)),
    "paint": _paint,
    "propagate": _propagate,
    "accept": lambda body: Accept(_integer(body, "slice")),
    "visit": lambda body: Visit(_integer(body, "slice")),
}
