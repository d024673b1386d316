"""Test-time augmentations of intensity, and the pseudo-label they average to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Augmentations:
    """Gaussian noise, Gaussian blur and inversion, in turn (section 3.2.1.1).

    Attributes
    ----------
    noise: standard deviation, in standard deviations of the image.
    blur: standard deviation in pixels.
    inversion: whether every third augmentation mirrors the intensities.
    """

    noise: float = 0.1
    blur: float = 1.0
    inversion: bool = True

    def make(
        self, image: torch.Tensor, number: int, generator: torch.Generator
    ) -> torch.Tensor:
        """``image``: (1, c, y, x) → ``number`` versions (number, c, y, x)."""
        kinds = [self._with_noise, self._with_blur]
        if self.inversion:
            kinds.append(_inverted)
        return torch.cat(
            [kinds[i % len(kinds)](image, generator) for i in range(number)]
        )

    def _with_noise(
        self, image: torch.Tensor, generator: torch.Generator
    ) -> torch.Tensor:
        # Drawn on the host, so that every device gets the same numbers.
        noise = torch.randn(image.shape, generator=generator).to(image.device)
        return image + self.noise * image.std() * noise

    def _with_blur(
        self, image: torch.Tensor, generator: torch.Generator
    ) -> torch.Tensor:
        sigma = self.blur * (0.5 + float(torch.rand((), generator=generator)))
        return blurred(image, sigma)


def _inverted(image: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return image.amax() + image.amin() - image


def blurred(image: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian blur of (b, c, y, x) with standard deviation ``sigma`` in pixels."""
    reach = max(int(3 * sigma + 0.5), 1)
    along = torch.arange(-reach, reach + 1, device=image.device, dtype=image.dtype)
    kernel = torch.exp(-0.5 * (along / max(sigma, 1e-3)) ** 2)
    kernel = kernel / kernel.sum()
    channels = image.shape[1]
    column = kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
    row = kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1)
    edge = F.pad(image, (reach,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(edge, column, groups=channels), row, groups=channels)


def pseudo_label(
    predict: Callable[[torch.Tensor], torch.Tensor],
    versions: torch.Tensor,
    temperature: float,
    variance_max: float,
    batch: int = 4,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The teacher's mean over augmented versions of one slice, and where it is stable.

    Parameters
    ----------
    predict: images (b, c, y, x) → logits (b, k, y, x).
    temperature: ``τ``, divides the logits. variance_max: of a pixel's probability over
        the versions, averaged over classes.

    Returns
    -------
    ``ȳ_T`` (1, k, y, x) and the low-variance mask ``v``, bool (y, x).
    """
    total: torch.Tensor | None = None
    square: torch.Tensor | None = None
    with torch.no_grad():
        for part in torch.split(versions, batch):
            probability = (predict(part).float() / temperature).softmax(dim=1)
            first = probability.sum(dim=0, keepdim=True)
            second = (probability**2).sum(dim=0, keepdim=True)
            total = first if total is None else total + first
            square = second if square is None else square + second
    if total is None or square is None:
        raise ValueError("a pseudo-label needs at least one version of the slice")
    mean = total / len(versions)
    variance = (square / len(versions) - mean**2).clamp(min=0).mean(dim=1)[0]
    return mean, variance <= variance_max
