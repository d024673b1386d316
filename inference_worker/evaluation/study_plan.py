"""What the comparison study runs: arms, data sets, and how much of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inference_worker.contract.engine import Label
from inference_worker.evaluation.splits import WEIGHTS


@dataclass(frozen=True)
class Arm:
    """One method with the marks its source gives it.

    Attributes
    ----------
    name: what tables call it; the engine without.
    annotator: of the simulated reader; arms by brush ignore it.
    weights: ``base`` for the set's base model, the name of others, None for none.
    extra: run by the full study alone.
    """

    engine: str
    annotator: str = "scribble"
    weights: str | None = None
    name: str | None = None
    extra: bool = False

    @property
    def title(self) -> str:
        """The arm in tables."""
        return self.name or self.engine


ARMS = (
    Arm("manual"),
    Arm("copy_previous"),
    Arm("grabcut"),
    Arm("random_walker"),
    Arm("geodesic"),
    Arm("f-brs", "click", "base"),
    Arm("ritm", "click", "ritm"),
    Arm("f-brs", "scribble", "base", "f-brs (scribbles)", extra=True),
    Arm("ritm", "scribble", "ritm", "ritm (scribbles)", extra=True),
    Arm("constrained", weights="base"),
    Arm("constrained-n", weights="base"),
    Arm("continual", weights="base"),
    Arm("continual-published", weights="base"),
    Arm("pemed", "click", "pemed", extra=True),
    Arm("prism", "click", "prism", extra=True),
    Arm("mem3d", "scribble", "mem3d", extra=True),
)


@dataclass(frozen=True)
class StudySet:
    """One data set with the base model that starts on it.

    Attributes
    ----------
    folder: below the data root. labels: value → class, named as the model names them.
    weights: a model trained for the study (below the study's weights folder), if the
        set has one.
    committed, committed_labels: the committed model where that one is missing.
    split: recipe that says which patients settings may be chosen on; the study takes
        the others, whatever model it starts from.
    repeats: whether slices whose truth repeats the one before count (``Plan``).
    """

    name: str
    folder: str
    labels: tuple[Label, ...]
    weights: str | None
    committed: str | None
    committed_labels: tuple[Label, ...] = ()
    split: str | None = None
    repeats: bool = True

    def base(self, models: Path) -> tuple[str, tuple[Label, ...]] | None:
        """The base model to start from and the labels it is asked for."""
        if self.weights and (models / f"{self.weights}.safetensors").is_file():
            return str(models / f"{self.weights}.safetensors"), self.labels
        if self.committed and (WEIGHTS / f"{self.committed}.safetensors").is_file():
            return self.committed, self.committed_labels or self.labels
        return None


SETS = (
    StudySet(
        "CT",
        "btcv_abdomen_ct/stride3",
        (
            Label(1, "spleen"),
            Label(2, "right kidney"),
            Label(3, "left kidney"),
            Label(6, "liver"),
        ),
        weights="btcv",
        committed="ct-abdomen",
        committed_labels=(Label(6, "liver"), Label(11, "pancreas")),
        split="btcv",
    ),
    StudySet(
        "MR",
        "chaos_mr_t2spir",
        (
            Label(1, "liver"),
            Label(2, "right kidney"),
            Label(3, "left kidney"),
            Label(4, "spleen"),
        ),
        weights="chaos-mr",
        committed=None,
        split="chaos-mr",
        repeats=False,
    ),
    StudySet(
        "microscopy",
        "dsb2018_nuclei",
        (Label(1, "nucleus"),),
        weights=None,
        committed="nuclei",
    ),
    StudySet(
        "shift: CT model on MR",
        "chaos_mr_t2spir",
        (
            Label(1, "liver"),
            Label(2, "right kidney"),
            Label(3, "left kidney"),
            Label(4, "spleen"),
        ),
        weights="btcv",
        committed="ct-abdomen",
        committed_labels=(Label(1, "liver"),),
        split="chaos-mr",
        repeats=False,
    ),
)

PHANTOM = StudySet(
    "generated phantom",
    "phantoms",
    (Label(1, "liver"), Label(2, "pancreas")),
    weights=None,
    committed="ct-abdomen",
)


@dataclass(frozen=True)
class Amount:
    """How much of each set a study runs.

    Attributes
    ----------
    cases: per set at most. slices: of each volume, the middle ones.
    rounds: corrections per slice before the reader takes the brush.
    minutes: after which what is left is run on a single case each; None: no limit.
    train_share: of the steps of a missing base model, which is then trained.
    trains_all: whether a set's own model is trained where a committed one would do.
    """

    cases: int
    slices: int
    rounds: int
    until_dice: float
    minutes: float | None
    train_share: float
    trains_all: bool


QUICK = Amount(2, 2, 3, 0.95, minutes=5.0, train_share=0.1, trains_all=False)
FULL = Amount(12, 24, 6, 0.95, minutes=None, train_share=1.0, trains_all=True)
