"""What each model is trained on and how; one entry says everything but the seed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from inference_worker.nets.architecture import Architecture
from inference_worker.nets.preprocessing import Frame, Intensity, Preprocessing
from inference_worker.training.augmentation import Augmentation
from inference_worker.training.examples import Source


@dataclass(frozen=True)
class Recipe:
    """A model to be trained.

    Attributes
    ----------
    sources: every batch holds about equally many views of each.
    held_out_share: share of each source's patients that is never trained on.
    phases: (steps, side of the views in pixels, how far they are shrunk first): small
        and coarse views teach most of it at a fifth of the time.
    ema: decay of the averaged weights that are kept.
    committed: whether the data's licences allow the weights to be given away.
    first_round: recipe whose model this one starts from (``--start``), and whose
        guesses stand in for the classes that a source calls ``guessed``.
    """

    architecture: Architecture
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    sources: tuple[Source, ...]
    augmentation: Augmentation = field(default_factory=Augmentation)
    held_out_share: float = 0.25
    batch: int = 8
    phases: tuple[tuple[int, int, float], ...] = ((700, 128, 0.7), (400, 192, 1.0))
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    ema: float = 0.99
    committed: bool = False
    first_round: str | None = None

    @property
    def steps(self) -> int:
        return sum(steps for steps, _, _ in self.phases)

    def quick(self, share: float) -> Recipe:
        """The same with a share of the steps."""
        phases = tuple(
            (max(1, round(steps * share)), side, shrunk)
            for steps, side, shrunk in self.phases
        )
        return replace(self, phases=phases)


def small_unet(classes: int, channels: int = 1) -> Architecture:
    """2 M parameters; a step at 256x256 takes about 0.1 s on two cores."""
    return Architecture(
        "unet",
        "resnet18",
        width=48,
        classes=classes,
        channels=channels,
        decoder=(96, 32, 16, 16),
    )


# The pictures hold HU 0 to about 250 as 0 to 255: unenhanced muscle, portal liver and
# pancreas peak at 56, 100 and 95, fat is cut off. Measured over both sets.
CT_WINDOW = (0.0, 250.0)

CT_ABDOMEN_FIRST = Recipe(
    architecture=small_unet(3),
    classes=("background", "liver", "pancreas"),
    preprocessing=Preprocessing(
        Intensity(window=CT_WINDOW, mean=(0.15,), std=(0.22,)),
        Frame(longest=256, pixel_mm=1.55),
    ),
    sources=(
        Source(
            "nih_pancreas_ct_slices",
            {1: "pancreas"},
            "CC BY 3.0 (TCIA Pancreas-CT)",
            {"*": "upside-down"},
        ),
        Source(
            "msd_liver_slices_256",
            {1: "liver"},
            "CC BY-SA 4.0 (Medical Segmentation Decathlon)",
            {"flipped_*": "spine-left", "mirrored_*": "spine-right"},
        ),
    ),
    augmentation=Augmentation(
        turned_share=0.5, rewindow_share=0.5, window=CT_WINDOW, rotation_deg=15
    ),
    phases=((1100, 128, 0.7), (700, 192, 1.0)),
    committed=True,
)

_NIH, _MSD = CT_ABDOMEN_FIRST.sources

# The first round marked spleen and muscle as liver on pictures in the style of the set
# that labels no liver: there the marginal loss let it. The second takes the largest
# guess on the liver's side for the liver there, and the rest for background.
CT_ABDOMEN = replace(
    CT_ABDOMEN_FIRST,
    sources=(replace(_NIH, guessed=("liver",)), _MSD),
    augmentation=replace(
        CT_ABDOMEN_FIRST.augmentation, stored_share=0.3, turned_share=0.4
    ),
    phases=((600, 128, 0.7), (800, 192, 1.0)),
    learning_rate=1.5e-3,
    first_round="ct-abdomen-first",
)

NUCLEI = Recipe(
    architecture=small_unet(2, channels=3),
    classes=("background", "nucleus"),
    preprocessing=Preprocessing(
        Intensity(percentiles=(0.5, 99.8), mean=(0.25,), std=(0.3,), stretch=True),
        Frame(longest=512, enlarge=False),
    ),
    sources=(Source("dsb2018_nuclei", {1: "nucleus"}, "CC0 (Data Science Bowl 2018)"),),
    augmentation=Augmentation(
        scale=(0.5, 1.8),
        rotation_deg=45,
        turned_share=1.0,
        inverted_share=0.15,
        grey_share=0.25,
        gamma=1.8,
        contrast=1.5,
        brightness=0.15,
        reflect=True,
    ),
    phases=((600, 128, 1.0), (200, 192, 1.0)),
    committed=True,
)

BTCV_ORGANS = (
    "spleen",
    "right kidney",
    "left kidney",
    "gallbladder",
    "oesophagus",
    "liver",
    "stomach",
    "aorta",
    "inferior vena cava",
    "portal and splenic vein",
    "pancreas",
    "right adrenal gland",
    "left adrenal gland",
)

BTCV = Recipe(
    architecture=small_unet(1 + len(BTCV_ORGANS)),
    classes=("background", *BTCV_ORGANS),
    preprocessing=Preprocessing(
        Intensity(mean=(0.3,), std=(0.3,)), Frame(longest=256, pixel_mm=1.3)
    ),
    sources=(
        Source(
            "btcv_abdomen_ct/stride3",
            dict(enumerate(BTCV_ORGANS, start=1)),
            "disputed, research only",
        ),
    ),
    augmentation=Augmentation(rotation_deg=10),
)

CHAOS_MR = Recipe(
    architecture=small_unet(5),
    classes=("background", "liver", "right kidney", "left kidney", "spleen"),
    preprocessing=Preprocessing(Intensity(mean=(0.25,), std=(0.22,)), Frame(256)),
    sources=(
        Source(
            "chaos_mr_t2spir",
            {1: "liver", 2: "right kidney", 3: "left kidney", 4: "spleen"},
            "CC BY-NC-SA 4.0, research only",
        ),
    ),
    augmentation=Augmentation(rotation_deg=10, gamma=1.6, contrast=1.5),
)

HIPPOCAMPUS = Recipe(
    architecture=small_unet(3),
    classes=("background", "anterior hippocampus", "posterior hippocampus"),
    preprocessing=Preprocessing(Intensity(mean=(0.4,), std=(0.22,)), Frame(64)),
    sources=(
        Source(
            "msd_hippocampus",
            {1: "anterior hippocampus", 2: "posterior hippocampus"},
            "CC BY-SA 4.0 (Medical Segmentation Decathlon)",
        ),
    ),
    batch=32,
    phases=((1000, 64, 1.0),),
)

RECIPES: dict[str, Recipe] = {
    "ct-abdomen-first": CT_ABDOMEN_FIRST,
    "ct-abdomen": CT_ABDOMEN,
    "nuclei": NUCLEI,
    "btcv": BTCV,
    "chaos-mr": CHAOS_MR,
    "hippocampus": HIPPOCAMPUS,
}
