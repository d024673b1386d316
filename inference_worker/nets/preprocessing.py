"""From the voxels of a volume to the numbers and the size a network was trained on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from inference_worker.contract.engine import Volume

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue, ITU-R BT.601."""


@dataclass(frozen=True)
class Intensity:
    """Voxel values → [0, 1] → zero mean and unit variance over the training data.

    Attributes
    ----------
    window: (low, high) in Hounsfield units for CT: becomes 0 and 1, clipped.
    percentiles: (low, high) of the volume's voxels for everything that is neither
        8 bit nor in Hounsfield units: become 0 and 1, clipped.
    stretch: take the percentiles of 8-bit images too (all colours together); for
        pictures whose exposure varies.
    mean, std: of the [0, 1] values, per channel or one for all.
    """

    window: tuple[float, float] = (-160.0, 240.0)
    percentiles: tuple[float, float] = (0.5, 99.5)
    mean: tuple[float, ...] = (0.5,)
    std: tuple[float, ...] = (0.25,)
    stretch: bool = False

    def __post_init__(self) -> None:
        for name in ("window", "percentiles"):
            low, high = getattr(self, name)
            if not low < high:
                raise ValueError(f"{name} ({low}, {high}) is empty")
            object.__setattr__(self, name, (float(low), float(high)))
        for name in ("mean", "std"):
            object.__setattr__(self, name, tuple(float(v) for v in getattr(self, name)))
        if any(std <= 0 for std in self.std):
            raise ValueError(f"std {self.std} is not positive")

    def span(self, volume: Volume) -> tuple[float, float]:
        """The values of ``volume`` that become 0 and 1.

        8-bit images span (0, 255) unless ``stretch``, CT the window. A "CT" without
        any negative value is not in Hounsfield units (air is -1000): 8-bit values in a
        wider type span (0, 255), others their percentiles, as everything else does.
        """
        eight_bit = volume.voxels.dtype == np.uint8
        if eight_bit and not self.stretch:
            return (0.0, 255.0)
        sample = _sample(volume)
        if volume.modality == "CT" and not eight_bit:
            if float(sample.min()) < 0:
                return self.window
            if float(sample.max()) <= 255:
                return (0.0, 255.0)
        low, high = (float(v) for v in np.percentile(sample, self.percentiles))
        return (low, high) if low < high else (low, low + 1.0)

    def standardise(self, image: torch.Tensor) -> torch.Tensor:
        """``image``: float (b, c, y, x) in [0, 1] → the network's input."""
        mean = torch.tensor(self.mean, device=image.device).view(1, -1, 1, 1)
        std = torch.tensor(self.std, device=image.device).view(1, -1, 1, 1)
        return (image - mean) / std


@dataclass(frozen=True)
class Frame:
    """The size in which a network sees a slice.

    Attributes
    ----------
    longest: pixels of the longer side.
    pixel_mm: pixel size of the training images; used instead of ``longest`` where a
        volume's own spacing then gives a longer side of 0.6 to 1.5 times ``longest``
        (images without a scale have none to trust).
    enlarge: whether slices smaller than ``longest`` are enlarged to it.
    multiple: sides are rounded to multiples of this.
    fixed: (rows, columns) that the network takes and no other, as some exported
        programs do.
    """

    longest: int = 256
    pixel_mm: float | None = None
    enlarge: bool = True
    multiple: int = 16
    fixed: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.multiple <= self.longest <= 8192:
            raise ValueError(
                f"frame of {self.longest} pixels, sides multiples of {self.multiple}"
            )
        if self.fixed is not None:
            rows, columns = self.fixed
            object.__setattr__(self, "fixed", (int(rows), int(columns)))

    def size(self, volume: Volume) -> tuple[int, int]:
        """Rows and columns in which the network sees a slice of ``volume``."""
        if self.fixed is not None:
            return self.fixed
        _, rows, columns = volume.shape
        scale = self.longest / max(rows, columns)
        if not self.enlarge:
            scale = min(scale, 1.0)
        factors = (scale, scale)
        if self.pixel_mm is not None:
            _, row_mm, column_mm = volume.geometry.spacing
            measured = max(rows * row_mm, columns * column_mm) / self.pixel_mm
            if 0.6 * self.longest <= measured <= 1.5 * self.longest:
                factors = (row_mm / self.pixel_mm, column_mm / self.pixel_mm)
        height, width = (
            max(self.multiple, round(side * factor / self.multiple) * self.multiple)
            for side, factor in zip((rows, columns), factors, strict=True)
        )
        return (height, width)


@dataclass(frozen=True)
class Preprocessing:
    """What was done to the training images, to be done to every other."""

    intensity: Intensity = Intensity()
    frame: Frame = Frame()

    def to_json(self) -> dict[str, Any]:
        return {"intensity": asdict(self.intensity), "frame": asdict(self.frame)}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Preprocessing":
        """Raises ``TypeError`` or ``ValueError`` on unknown or impossible fields."""
        unknown = set(fields) - {"intensity", "frame"}
        if unknown:
            raise ValueError(f"unknown preprocessing fields {sorted(unknown)}")
        return cls(
            Intensity(**fields.get("intensity", {})), Frame(**fields.get("frame", {}))
        )

    def image(self, volume: Volume, index: int, channels: int) -> torch.Tensor:
        """Slice ``index`` as float32 (1, channels, rows, columns) of ``frame``."""
        plane = torch.from_numpy(_plane(volume.voxels[index], channels))[None]
        low, high = self.intensity.span(volume)
        plane = ((plane - low) / (high - low)).clamp_(0.0, 1.0)
        size = self.frame.size(volume)
        if plane.shape[-2:] != size:
            plane = resize(plane, size)
        return self.intensity.standardise(plane)


def resize(image: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """``image``: float (b, c, y, x) → (b, c, *size), low-passed where it shrinks."""
    return F.interpolate(
        image, size=size, mode="bilinear", align_corners=False, antialias=True
    )


def resize_plane(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """(y, x) or (y, x, 3) at ``size``: integers by nearest pixel, floats smoothly."""
    if plane.shape[:2] == size:
        return plane
    if not np.issubdtype(plane.dtype, np.floating):
        rows, columns = (
            ((np.arange(new) + 0.5) * old / new).astype(np.intp)
            for new, old in zip(size, plane.shape[:2], strict=True)
        )
        return plane[rows][:, columns]
    stacked = torch.from_numpy(np.atleast_3d(plane).transpose(2, 0, 1).copy())
    resized = resize(stacked[None], size)[0].numpy().transpose(1, 2, 0)
    return resized[..., 0] if plane.ndim == 2 else resized


def _plane(plane: NDArray[Any], channels: int) -> NDArray[np.float32]:
    """(y, x) or (y, x, 3) of any type → float32 (channels, y, x)."""
    values = np.asarray(plane, dtype=np.float32)
    if values.ndim == 3 and channels == 1:
        values = values @ np.asarray(LUMINANCE, dtype=np.float32)
    if values.ndim == 2:
        return np.repeat(values[None], channels, axis=0)
    return np.ascontiguousarray(values.transpose(2, 0, 1))


def _sample(volume: Volume) -> NDArray[np.float32]:
    """At most 65 536 voxels from all over the volume, always the same ones."""
    kept_sides = (16, 64, 64) if volume.shape[0] > 1 else (1, 256, 256)
    every_z, every_y, every_x = (
        max(1, -(-side // kept))
        for side, kept in zip(volume.shape, kept_sides, strict=True)
    )
    return np.asarray(volume.voxels[::every_z, ::every_y, ::every_x], dtype=np.float32)
