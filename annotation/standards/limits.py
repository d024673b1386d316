"""How much a file may hold; asked before memory is taken, never after."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from inference_worker.contract.errors import ImportRefused

PIECE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds on one image.

    Attributes
    ----------
    voxels: of one volume. bytes: of one volume or file, unpacked. files: of one folder.
    compression: unpacked bytes per stored byte, for images; real ones stay below 50.
    compression_from: unpacked bytes below which a small file may be packed tighter.
    seconds: to read one image.
    """

    voxels: int = 600_000_000
    bytes: int = 2 * 1024**3
    files: int = 20_000
    compression: float = 100.0
    compression_from: int = 8 * 1024**2
    seconds: float = 600.0

    def check_shape(self, shape: Sequence[int], itemsize: int) -> None:
        """Refuse (``import:too-large``, ``import:damaged``) an array before it is made.

        ``shape`` with its channel axis, if any; ``itemsize`` bytes of one element.
        """
        if min(shape) < 1:
            raise ImportRefused("damaged", f"It claims {list(map(int, shape))} voxels.")
        count = math.prod(int(n) for n in shape)
        if count > self.voxels or count * itemsize > self.bytes:
            raise ImportRefused(
                "too-large",
                f"It holds {'×'.join(map(str, shape))} values, more than the "
                f"{self.voxels:,} that this installation takes.",
                shape=[int(n) for n in shape],
                voxels_max=self.voxels,
                bytes_max=self.bytes,
            )

    def check_compression(self, stored: int, unpacked: int) -> None:
        """Refuse (``import:too-compressed``) an image that unpacks beyond measure."""
        if unpacked > self.compression_from and unpacked > self.compression * stored:
            raise ImportRefused(
                "too-compressed",
                f"{stored:,} bytes unpack to {unpacked:,}, more than "
                f"{self.compression:g} times as many: no image does that.",
                stored=stored,
                unpacked=unpacked,
            )


def inflate(file: BinaryIO, most: int, wbits: int) -> bytes:
    """Unpack a whole zlib, gzip or raw deflate stream of at most ``most`` bytes.

    Raises
    ------
    ImportRefused
        ``import:too-large`` as soon as there would be more; ``import:truncated`` where
        the stream ends early; ``import:damaged`` where it is none.
    """
    stream = zlib.decompressobj(wbits)
    pieces: list[bytes] = []
    room = most + 1
    try:
        while not stream.eof:
            packed = stream.unconsumed_tail or file.read(PIECE)
            if not packed:
                raise ImportRefused(
                    "truncated", "The compressed data ends early; copy the file again."
                )
            piece = stream.decompress(packed, min(room, PIECE * 4))
            room -= len(piece)
            pieces.append(piece)
            if room <= 0:
                raise ImportRefused(
                    "too-large",
                    f"It unpacks to more than {most:,} bytes.",
                    bytes_max=most,
                )
    except zlib.error as error:
        raise ImportRefused("damaged", f"It cannot be unpacked: {error}.") from error
    return b"".join(pieces)
