"""Files as arrays in the contract's frame: (z, y, x), LPS, slices along axis 0.

Slices lie along the last axis of a NIfTI file, unless another axis is clearly the one
between slices (its spacing is at least 1.5 times both others). Within a slice, rows run
towards posterior (or down the patient) and columns towards left (or posterior), as a
reading room shows them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image

from inference_worker.contract.engine import Volume
from inference_worker.contract.errors import ImportRefused
from inference_worker.contract.geometry import Geometry

_CLEARLY = 1.5

# RAS is NIfTI's world; LPS is DICOM's and ours.
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])

# World direction (LPS axis, sign) of rows, columns for a slice axis along x, y, z;
# and of the slices themselves.
_DISPLAY = {
    0: ((0, 1), (2, -1), (1, 1)),
    1: ((1, 1), (2, -1), (0, 1)),
    2: ((2, 1), (1, 1), (0, 1)),
}

Array = NDArray[Any]


def read_volume(path: Path) -> Volume:
    """An image file or a folder of one DICOM series."""
    voxels, affine, modality, window = _read(path)
    digest = hashlib.sha256(np.ascontiguousarray(voxels).tobytes()).hexdigest()
    voxels.setflags(write=False)
    shape = (int(voxels.shape[0]), int(voxels.shape[1]), int(voxels.shape[2]))
    return Volume(voxels, Geometry(shape, affine), modality, window, digest)


def read_labels(path: Path) -> Array:
    """A reference mask: integers (z, y, x) in the frame ``read_volume`` gives.

    A picture whose only value beside 0 is 255, and any JPEG (> 127), is a mask of
    label 1; a 16-bit picture numbers instances, all of label 1.
    """
    voxels, _, _, _ = _read(path)
    if voxels.ndim == 4:
        voxels = voxels.max(axis=-1)
    if path.suffix.lower() in (".jpg", ".jpeg"):
        return (voxels > 127).astype(np.uint8)
    instances = voxels.dtype == np.uint16 or set(np.unique(voxels)) <= {0, 255}
    if path.suffix.lower() == ".png" and instances:
        return (voxels > 0).astype(np.uint8)
    labels = np.rint(voxels)
    if labels.min() < 0 or labels.max() > 254:
        raise ImportRefused(
            "labels-out-of-range",
            f"{path.name} holds values {labels.min():g} to {labels.max():g}; "
            "labels are 0 to 254.",
        )
    return labels.astype(np.uint8)


def _read(path: Path) -> tuple[Array, Array, str, tuple[float, float]]:
    name = path.name.lower()
    try:
        if path.is_dir():
            return _read_dicom(path)
        if name.endswith((".nii", ".nii.gz")):
            return _read_nifti(path)
        if name.endswith(".npz"):
            return _plane(_first_array(path))
        return _plane(np.asarray(_as_grey_or_rgb(Image.open(path))))
    except (OSError, ValueError, nib.filebasedimages.ImageFileError) as error:
        raise ImportRefused("unreadable", f"{path} cannot be read: {error}") from error


def _read_nifti(path: Path) -> tuple[Array, Array, str, tuple[float, float]]:
    image: Any = nib.load(path)
    voxels = np.asanyarray(image.dataobj)
    if voxels.ndim == 4 and voxels.shape[3] == 1:
        voxels = voxels[..., 0]
    if voxels.ndim != 3:
        raise ValueError(f"{voxels.ndim} axes; a volume has 3")
    voxels, affine = to_contract(voxels, _RAS_TO_LPS @ image.affine)
    voxels = _storable(voxels)
    modality, window = _guessed(voxels)
    return voxels, affine, modality, window


def to_contract(voxels: Array, affine: Array) -> tuple[Array, Array]:
    """Reorder an array (i, j, k) with its LPS affine to slices, rows and columns.

    Returns
    -------
    voxels: (z, y, x). affine: (4, 4), (z, y, x, 1) → LPS mm.
    """
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    slice_axis = _slice_axis(spacing)
    directions = affine[:3, :3] / spacing
    along = int(np.abs(directions[:, slice_axis]).argmax())
    taken = [slice_axis]
    signs = []
    for world, sign in _DISPLAY[along]:
        if world == along:
            axis = slice_axis
        else:
            free = [a for a in range(3) if a not in taken]
            axis = max(free, key=lambda a: abs(directions[world, a]))
            taken.append(axis)
        signs.append(sign * (1 if directions[world, axis] >= 0 else -1))
    order = np.zeros((4, 4))
    order[3, 3] = 1.0
    for new, (axis, sign) in enumerate(zip(taken, signs, strict=True)):
        order[axis, new] = sign
        if sign < 0:
            order[axis, 3] = voxels.shape[axis] - 1
    turned = np.transpose(voxels, taken)
    turned = turned[tuple(slice(None, None, sign) for sign in signs)]
    return np.ascontiguousarray(turned), affine @ order


def _slice_axis(spacing: Array) -> int:
    for axis in range(3):
        others = np.delete(spacing, axis)
        if spacing[axis] >= _CLEARLY * others.max():
            return axis
    return 2


def _read_dicom(folder: Path) -> tuple[Array, Array, str, tuple[float, float]]:
    slices = []
    for path in sorted(folder.iterdir()):
        dataset = pydicom.dcmread(path, force=True)
        if "PixelData" in dataset and "ImagePositionPatient" in dataset:
            slices.append(dataset)
    if not slices:
        raise ValueError("no DICOM slice with a position")
    first = slices[0]
    across, down = np.reshape(np.array(first.ImageOrientationPatient, float), (2, 3))
    normal = np.cross(across, down)
    slices.sort(key=lambda d: float(normal @ np.array(d.ImagePositionPatient, float)))
    voxels = np.stack([_rescaled(dataset) for dataset in slices])
    start, last = (np.array(slices[i].ImagePositionPatient, float) for i in (0, -1))
    thick = float(first.get("SliceThickness", 1.0) or 1.0)
    step = (last - start) / (len(slices) - 1) if len(slices) > 1 else normal * thick
    rows, columns = (float(v) for v in first.PixelSpacing)
    affine = np.eye(4)
    affine[:3, :4] = np.stack([step, down * rows, across * columns, start], axis=1)
    _, window = _guessed(voxels)
    return voxels, affine, str(first.get("Modality", "OT")), window


def _rescaled(dataset: pydicom.Dataset) -> Array:
    slope = float(dataset.get("RescaleSlope", 1.0))
    intercept = float(dataset.get("RescaleIntercept", 0.0))
    return _storable(dataset.pixel_array * slope + intercept)


def _first_array(path: Path) -> Array:
    with np.load(path, allow_pickle=False) as arrays:
        return np.asarray(arrays[arrays.files[0]])


def _as_grey_or_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "I;16", "I", "F", "RGB"):
        return image
    if image.mode in ("1", "LA"):
        return image.convert("L")
    return image.convert("RGB")


def _plane(voxels: Array) -> tuple[Array, Array, str, tuple[float, float]]:
    """A picture (y, x) or (y, x, 3), or an array (z, y, x): 1 mm between voxels."""
    if voxels.ndim == 2 or (voxels.ndim == 3 and voxels.shape[-1] == 3):
        voxels = voxels[None]
    if voxels.ndim == 4:
        if (voxels[..., :1] == voxels).all():
            voxels = voxels[..., 0]
        else:
            voxels = voxels.astype(np.uint8)
            return voxels.copy(), _unit_affine(), "SM", (127.5, 255.0)
    voxels = _storable(voxels)
    modality, window = _guessed(voxels)
    return voxels, _unit_affine(), modality, window


def _unit_affine() -> Array:
    # (z, y, x) to (x, y, z): the axes change places.
    affine = np.zeros((4, 4))
    affine[[0, 1, 2, 3], [2, 1, 0, 3]] = 1.0
    return affine


def _storable(voxels: Array) -> Array:
    """The narrowest of the store's dtypes that keeps every value."""
    if voxels.dtype in (np.uint8, np.int16, np.uint16, np.float32):
        return voxels.copy()
    whole = np.isfinite(voxels).all() and (np.rint(voxels) == voxels).all()
    if whole and voxels.min() >= -32768 and voxels.max() <= 32767:
        return voxels.astype(np.int16)
    if whole and voxels.min() >= 0 and voxels.max() <= 65535:
        return voxels.astype(np.uint16)
    return voxels.astype(np.float32)


def _guessed(voxels: Array) -> tuple[str, tuple[float, float]]:
    """Modality and window of an array without a header that says so."""
    if voxels.dtype == np.uint8:
        return "OT", (127.5, 255.0)
    if float(voxels.min()) <= -500:
        return "CT", (40.0, 400.0)
    low, high = (float(v) for v in np.percentile(voxels, (0.5, 99.5)))
    return "MR", ((low + high) / 2, max(high - low, 1.0))
