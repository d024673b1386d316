"""Pictures: grey of 8 and 16 bits, RGB, pages as slices; their faults named."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

from annotation.standards.limits import Limits
from annotation.standards.raster import is_raster, read_raster, read_values
from inference_worker.contract.errors import ImportRefused

LIMITS = Limits()
RNG = np.random.default_rng(7)
GREY = RNG.integers(0, 256, (5, 7), dtype=np.uint8)
DEEP = RNG.integers(0, 65536, (5, 7), dtype=np.uint16)
RGB = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)


def refusal(path: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(ImportRefused) as refused:
        read_raster(path, limits)
    return refused.value.code


@pytest.mark.parametrize("ending", ["png", "tif", "bmp"])
def test_grey_pictures_are_one_slice_of_their_values(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"a.{ending}"
    Picture.fromarray(GREY).save(path)
    image = read_raster(path, LIMITS)
    assert image.voxels.dtype == np.int16
    assert np.array_equal(image.voxels[0], GREY)
    assert image.notices == ("It names no pixel size; 1 mm is taken.",)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bits_are_kept(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    Picture.fromarray(DEEP).save(path)
    image = read_raster(path, LIMITS)
    assert image.voxels.dtype == np.uint16
    assert np.array_equal(image.voxels[0], DEEP)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "1", "LA"])
def test_every_kind_of_png_is_grey_or_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.png"
    picture = Picture.fromarray(RGB).convert("L" if mode == "LA" else "RGB")
    picture.convert(mode).save(path)
    voxels = read_raster(path, LIMITS).voxels
    assert voxels.shape == ((1, 5, 7) if mode in ("1", "LA") else (1, 5, 7, 3))
    if mode in ("RGB", "RGBA"):
        assert np.array_equal(voxels[0], RGB)


def test_a_jpeg_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Picture.fromarray(np.full((16, 16, 3), 90, np.uint8)).save(path)
    assert abs(int(read_raster(path, LIMITS).voxels.mean()) - 90) < 3


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_pages_of_a_tiff_are_slices(tmp_path: Path, compression: str | None) -> None:
    path = tmp_path / "a.tif"
    pages = RNG.integers(0, 4096, (4, 5, 7), dtype=np.uint16)
    tifffile.imwrite(path, pages, photometric="minisblack", compression=compression)
    assert np.array_equal(read_raster(path, LIMITS).voxels, pages)


def test_pages_in_colour_are_slices(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    pages = RNG.integers(0, 256, (3, 5, 7, 3), dtype=np.uint8)
    tifffile.imwrite(path, pages, photometric="rgb")
    assert np.array_equal(read_raster(path, LIMITS).voxels, pages)


def test_planar_colour_of_16_bits_becomes_rgb_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    planes = RNG.integers(0, 65536, (3, 5, 7), dtype=np.uint16)
    tifffile.imwrite(path, planes, photometric="rgb", planarconfig="separate")
    expected = (planes >> 8).transpose(1, 2, 0)
    assert np.array_equal(read_raster(path, LIMITS).voxels[0], expected)


def test_pages_in_lzw_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    pages = [Picture.fromarray(DEEP), Picture.fromarray(DEEP[::-1].copy())]
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="tiff_lzw")
    assert np.array_equal(read_raster(path, LIMITS).voxels, [DEEP, DEEP[::-1]])


def test_signed_and_float_tiffs_keep_their_numbers(tmp_path: Path) -> None:
    signed = (DEEP.astype(int) - 32768).astype(np.int16)
    for number, values in enumerate((signed, DEEP.astype(np.float32) / 7)):
        path = tmp_path / f"{number}.tif"
        tifffile.imwrite(path, values)
        image = read_raster(path, LIMITS)
        assert image.voxels.dtype == values.dtype
        assert np.array_equal(image.voxels[0], values)


def test_a_microscope_s_pixel_size_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path,
        DEEP[None],
        imagej=True,
        resolution=(1 / 0.5, 1 / 0.25),
        metadata={"spacing": 2.0, "unit": "um", "axes": "ZYX"},
    )
    image = read_raster(path, LIMITS)
    assert image.geometry.spacing == pytest.approx((0.002, 0.00025, 0.0005))
    assert image.notices == ()


@pytest.mark.parametrize(
    ("values", "axes"), [(np.zeros((2, 3, 5, 7)), "TZYX"), (np.zeros((2, 5, 7)), "CYX")]
)
def test_other_axes_are_refused(tmp_path: Path, values: np.ndarray, axes: str) -> None:
    path = tmp_path / "a.tif"
    values = values.astype(np.uint8)
    tifffile.imwrite(path, values, imagej=True, metadata={"axes": axes})
    assert refusal(path) == "import:unsupported"


@pytest.mark.parametrize("ending", ["png", "tif", "jpg"])
@pytest.mark.parametrize("kept", [0.7, 0.3])
def test_pictures_that_end_early_are_refused(
    tmp_path: Path, ending: str, kept: float
) -> None:
    path = tmp_path / f"a.{ending}"
    noise = RNG.integers(0, 256, (64, 64), dtype=np.uint8)
    if ending == "tif":
        tifffile.imwrite(path, noise)
    else:
        Picture.fromarray(noise).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert refusal(path) in {"import:truncated", "import:damaged"}


def test_the_usual_truncated_png_is_called_truncated(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Picture.fromarray(RNG.integers(0, 256, (64, 64), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:2500])
    assert refusal(path) == "import:truncated"


def test_what_only_begins_like_a_picture_is_damaged(tmp_path: Path) -> None:
    for number, head in enumerate((b"\x89PNG\r\n\x1a\n", b"II*\0", b"\xff\xd8\xff")):
        path = tmp_path / f"{number}.png"
        path.write_bytes(head + b"and then nothing of the kind" * 9)
        assert is_raster(path.read_bytes())
        assert refusal(path) in {"import:damaged", "import:truncated"}


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"text")
    assert refusal(path) == "import:not-an-image"


def png_of_nothing(width: int, height: int) -> bytes:
    """A picture bomb: a valid PNG of one colour, packed a thousandfold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 1) * height), 9)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_a_picture_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of_nothing(6000, 2000))
    assert path.stat().st_size < 20_000
    assert refusal(path, Limits(voxels=10_000_000)) == "import:too-large"
    assert refusal(path) == "import:too-compressed"


def test_a_header_that_claims_a_huge_picture_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    whole = bytearray(png_of_nothing(8, 8))
    whole[16:24] = struct.pack(">II", 60000, 60000)
    whole[29:33] = struct.pack(">I", zlib.crc32(bytes(whole[12:29])))
    path.write_bytes(bytes(whole))
    assert refusal(path) == "import:too-large"
    tiff = tmp_path / "a.tif"
    tifffile.imwrite(tiff, DEEP)
    with tifffile.TiffFile(tiff, mode="r+b") as file:
        for name in ("ImageWidth", "ImageLength"):
            file.pages.first.tags[name].overwrite(60000)
    assert refusal(tiff) == "import:too-large"


def test_masks_are_read_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Picture.fromarray(DEEP).save(path)
    assert np.array_equal(read_values(path, LIMITS).values[0], DEEP)
