"""Streams unpacked under a limit stop there, not after."""

import io
import zlib

import pytest

from annotation.standards.limits import Limits, inflate
from inference_worker.contract.errors import ImportRefused


def test_a_stream_within_the_limit_is_whole() -> None:
    data = bytes(range(256)) * 5000
    packed = io.BytesIO(zlib.compress(data))
    assert inflate(packed, len(data), zlib.MAX_WBITS) == data


def test_a_bomb_stops_at_the_limit() -> None:
    packed = io.BytesIO(zlib.compress(bytes(64 << 20)))
    with pytest.raises(ImportRefused) as refused:
        inflate(packed, 1 << 20, zlib.MAX_WBITS)
    assert refused.value.code == "import:too-large"


@pytest.mark.parametrize(
    ("content", "code"),
    [(zlib.compress(b"a" * 99)[:-6], "truncated"), (b"nothing", "damaged")],
)
def test_what_cannot_be_unpacked_is_named(content: bytes, code: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        inflate(io.BytesIO(content), 1000, zlib.MAX_WBITS)
    assert refused.value.code == f"import:{code}"


def test_small_files_may_be_packed_tighter() -> None:
    limits = Limits(compression=100, compression_from=1000)
    limits.check_compression(1, 1000)
    limits.check_compression(11, 1100)
    with pytest.raises(ImportRefused) as refused:
        limits.check_compression(10, 1001)
    assert refused.value.code == "import:too-compressed"
