"""NIfTI-1 and NIfTI-2 volumes, read within limits and written with their affine."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError
from numpy.typing import NDArray

from annotation.standards.image import Image, make_image, rescaled
from annotation.standards.limits import Limits, inflate
from annotation.standards.orientation import find_grid
from annotation.standards.stack import placement_notices
from inference_worker.contract.errors import ImportRefused

GZIP = b"\x1f\x8b"
GZIP_WBITS = 16 + zlib.MAX_WBITS
HEADERS: dict[int, type[nib.Nifti1Header]] = {
    348: nib.Nifti1Header,
    540: nib.Nifti2Header,
}
SLACK = 1 << 20
"""Bytes a file may hold behind its voxels."""

HOUNSFIELD_LIKE = (-3100, -500)
"""Range of the least value by which numbers are taken for Hounsfield units."""


@dataclass(frozen=True)
class NiftiArray:
    """values: (i, j, k), rescaled. affine: (i, j, k, 1) to RAS mm."""

    values: NDArray[Any]
    affine: NDArray[np.float64]


def is_nifti(head: bytes) -> bool:
    """Whether the first 540 bytes, unpacked, are those of a single-file NIfTI."""
    return head[344:348] == b"n+1\0" or head[4:8] == b"n+2\0"


def read_nifti(path: Path, limits: Limits, *, modality: str = "") -> Image:
    """Read an image; its modality is ``modality``, or CT where the numbers look so.

    Raises
    ------
    ImportRefused
        ``import:not-an-image``, ``import:truncated``, ``import:damaged``,
        ``import:too-large``, ``import:too-compressed``, ``import:unsupported``,
        ``import:geometry``.
    """
    read = read_array(path, limits)
    limits.check_compression(path.stat().st_size, read.values.nbytes)
    grid = find_grid(read.values.shape, read.affine)
    affine = grid.affine_of_slices(read.values.shape)
    notices = placement_notices(affine)
    least = float(np.nanmin(read.values))
    if not modality and HOUNSFIELD_LIKE[0] <= least <= HOUNSFIELD_LIKE[1]:
        modality = "CT"
        notices = (*notices, "Its numbers look like Hounsfield units: taken for a CT.")
    return make_image(
        np.ascontiguousarray(grid.to_slices(read.values)),
        affine,
        modality=modality or "OT",
        name=stem_of(path),
        source={"kind": "nifti", "grid": grid.as_json()},
        notices=notices,
    )


def stem_of(path: Path) -> str:
    """The name of a file without .nii, .nii.gz or any other ending."""
    stem = path.name[:-3] if path.name.lower().endswith(".nii.gz") else path.name
    return Path(stem).stem


def read_array(path: Path, limits: Limits) -> NiftiArray:
    """Read the numbers of a file and where they lie, refusing sizes by its header."""
    header, start = _read_header(path)
    shape = _shape(header)
    dtype = header.get_data_dtype()
    limits.check_shape(shape, dtype.itemsize)
    data = _read_bytes(path, start + int(np.prod(shape)) * dtype.itemsize, limits)
    stored = np.frombuffer(data, dtype, int(np.prod(shape)), start)
    stored = stored.reshape(shape, order="F")
    try:
        slope, intercept = header.get_slope_inter()
    except HeaderDataError as error:
        raise ImportRefused("damaged", f"Its header makes no sense: {error}") from error
    values = rescaled(stored, 1.0 if slope is None else slope, intercept or 0.0)
    return NiftiArray(values, np.asarray(header.get_best_affine(), dtype=np.float64))


def _read_header(path: Path) -> tuple[nib.Nifti1Header, int]:
    """Return the header and the byte at which voxels begin."""
    with path.open("rb") as file:
        head = file.read(1024)
        if head[:2] == GZIP:
            head = _unpacked_head(path)
    if not is_nifti(head):
        raise ImportRefused("not-an-image", "It is no NIfTI file.")
    size = 348 if head[344:348] == b"n+1\0" else 540
    if len(head) < size:
        raise ImportRefused("truncated", "It ends within its header.")
    try:
        header = HEADERS[size].from_fileobj(io.BytesIO(head[:size]))
        offset = int(header["vox_offset"])
        header.get_data_dtype()
    except (HeaderDataError, WrapStructError, KeyError, ValueError) as error:
        raise ImportRefused("damaged", f"Its header makes no sense: {error}") from error
    return header, max(offset, size + 4)


def _unpacked_head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return zlib.decompressobj(GZIP_WBITS).decompress(file.read(65536), 1024)
    except zlib.error as error:
        raise ImportRefused("damaged", f"It cannot be unpacked: {error}.") from error


def _shape(header: nib.Nifti1Header) -> tuple[int, ...]:
    try:
        shape = tuple(int(n) for n in header.get_data_shape())
    except (HeaderDataError, ValueError) as error:
        raise ImportRefused("damaged", f"Its header makes no sense: {error}") from error
    if header.get_data_dtype().kind not in "iuf":
        raise ImportRefused(
            "unsupported",
            f"Its voxels are {header.get_data_dtype()}, neither numbers nor labels.",
        )
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) == 2:
        shape = (*shape, 1)
    if len(shape) != 3 or min(shape) < 1:
        raise ImportRefused(
            "unsupported",
            f"It holds {'×'.join(map(str, shape))} values: several volumes (times, "
            "directions) in one file. Save the one to annotate on its own.",
            shape=list(shape),
        )
    return shape


def _read_bytes(path: Path, expected: int, limits: Limits) -> bytes:
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
        file.seek(0)
        if packed:
            data = inflate(file, min(expected + SLACK, limits.bytes), GZIP_WBITS)
        else:
            data = file.read(expected)
    if len(data) < expected:
        raise ImportRefused(
            "truncated",
            f"It ends early: {len(data):,} of {expected:,} bytes; copy it again.",
        )
    return data


def write_nifti(
    path: Path, labels: NDArray[np.uint8], affine: NDArray[np.float64]
) -> None:
    """Write a label volume.

    Parameters
    ----------
    labels : (i, j, k).
    affine : (i, j, k, 1) to RAS mm; written as sform, and as qform where it is one
        (a qform cannot say shear, which a tilted gantry has).
    """
    image = nib.Nifti1Image(labels, affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=1)
    steps = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    orthogonal = bool(np.allclose(steps.T @ steps, np.eye(3), atol=1e-4))
    image.set_qform(affine if orthogonal else None, code=1 if orthogonal else 0)
    nib.save(image, path)


def read_back(path: Path) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return what another program reads from a file that was just written.

    Read by nibabel alone, not by the reader above: a fault that writer and reader
    shared would otherwise pass.
    """
    image = nib.load(path)
    return np.asarray(image.dataobj), np.asarray(image.affine, dtype=np.float64)
