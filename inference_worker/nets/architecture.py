"""The one place that turns an architecture's name and sizes into a network."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch

from inference_worker.nets.deeplabv3 import DeepLabV3
from inference_worker.nets.guided import GuidedUNet
from inference_worker.nets.resnet import LAYOUTS, ResNetEncoder
from inference_worker.nets.segmenter import Segmenter
from inference_worker.nets.unet import UNet
from inference_worker.nets.unetpp import UNetPlusPlus


@dataclass(frozen=True)
class Architecture:
    """Everything needed to build an untrained network again.

    ``width`` is the encoder's first width; 64 is the source's, and the decoder follows
    it (4, 2, 1 and 1/2 times: 256/128/64/32) unless ``decoder`` names its widths. It is
    at least 8: the gradient of a strided 1x1 convolution of fewer channels in
    ``channels_last`` writes past its buffer (torch 2.13, oneDNN on AVX2).
    """

    network: str
    encoder: str = "resnet34"
    width: int = 64
    depth: int = 4
    classes: int = 2
    channels: int = 1
    decoder: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.network not in NETWORKS:
            raise ValueError(
                f"unknown network {self.network!r}; known: {sorted(NETWORKS)}"
            )
        if self.encoder not in LAYOUTS:
            raise ValueError(
                f"unknown encoder {self.encoder!r}; known: {sorted(LAYOUTS)}"
            )
        least_of = {"width": 8, "depth": 2, "classes": 1, "channels": 1}
        for name, least in least_of.items():
            size = getattr(self, name)
            if not isinstance(size, int) or not least <= size <= 4096:
                raise ValueError(f"{name} {size!r} is not a size from {least} to 4096")
        if self.decoder is not None:
            object.__setattr__(self, "decoder", tuple(self.decoder))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Architecture":
        unknown = set(fields) - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"unknown architecture fields {sorted(unknown)}")
        return cls(**fields)

    def decoder_widths(self) -> tuple[int, ...]:
        if self.decoder is not None:
            return self.decoder
        return tuple(
            max(1, self.width * 2 ** (self.depth - 1 - i) // 2)
            for i in range(self.depth)
        )

    def build(self) -> Segmenter:
        """The network with weights as torch's generator draws them, in eval mode."""
        return NETWORKS[self.network](self).eval()


def _unet(a: Architecture) -> Segmenter:
    encoder = ResNetEncoder(a.encoder, a.channels, a.width, a.depth)
    return UNet(encoder, a.classes, a.decoder_widths())


def _guided_unet(a: Architecture) -> Segmenter:
    encoder = ResNetEncoder(a.encoder, a.channels, a.width, a.depth)
    return GuidedUNet(encoder, a.channels, a.classes, a.decoder_widths())


def _unetpp(a: Architecture) -> Segmenter:
    encoder = ResNetEncoder(a.encoder, a.channels, a.width, a.depth)
    return UNetPlusPlus(encoder, a.classes, a.decoder_widths())


def _deeplabv3(a: Architecture) -> Segmenter:
    encoder = ResNetEncoder(a.encoder, a.channels, a.width, a.depth, output_stride=8)
    return DeepLabV3(encoder, a.classes, a.decoder_widths()[0])


NETWORKS: dict[str, Callable[[Architecture], Segmenter]] = {
    "unet": _unet,
    "guided_unet": _guided_unet,
    "unetpp": _unetpp,
    "deeplabv3": _deeplabv3,
}


def build_network(
    network: str,
    *,
    encoder: str = "resnet34",
    width: int = 64,
    depth: int = 4,
    classes: int = 2,
    channels: int = 1,
    decoder: tuple[int, ...] | None = None,
    seed: int | None = None,
) -> Segmenter:
    """An untrained ``unet``, ``unetpp`` or ``deeplabv3`` in eval mode.

    ``seed`` draws the weights from a generator of their own and leaves torch's global
    one as it was.
    """
    architecture = Architecture(
        network, encoder, width, depth, classes, channels, decoder
    )
    if seed is None:
        return architecture.build()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return architecture.build()
