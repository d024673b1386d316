"""The engines a project may choose from, as the web side sees them."""

from __future__ import annotations

from collections.abc import Sequence

from inference_worker.contract.engine import EngineSpec
from inference_worker.contract.errors import PromptError
from inference_worker.contract.prompts import KIND_OF, Prompt

_MARKS = frozenset({"click", "scribble", "box", "extreme_points", "lasso", "paint"})
_WALK = frozenset({"visit", "accept"})


def _spec(
    name: str,
    title: str,
    source: str,
    *,
    prompts: frozenset[str] = _MARKS | _WALK,
    planar: bool = True,
    learns: bool = False,
    needs_weights: bool = False,
    weights: str = "",
    any_plane: bool = False,
) -> EngineSpec:
    return EngineSpec(
        name,
        title,
        prompts,
        planar,
        learns,
        needs_weights or bool(weights),
        source,
        weights,
        any_plane,
    )


_THESIS = "Continual test-time adaptation for interactive segmentation (thesis)"
_CONSTRAINED = "Scribble-constrained inference (restricted Lagrangian updates)"

ENGINES: dict[str, EngineSpec] = {
    spec.name: spec
    for spec in (
        _spec("continual", "Continual", _THESIS, learns=True, needs_weights=True),
        _spec(
            "continual-published",
            "Continual, as published",
            _THESIS,
            learns=True,
            needs_weights=True,
        ),
        _spec(
            "constrained",
            "Scribble-constrained, region growing",
            _CONSTRAINED,
            needs_weights=True,
        ),
        _spec(
            "constrained-n",
            "Scribble-constrained, strokes alone",
            _CONSTRAINED,
            needs_weights=True,
        ),
        _spec("manual", "By hand", "no method: every voxel is painted"),
        _spec(
            "copy_previous",
            "Copy the previous slice",
            "no method: the reader edits the neighbouring slice's mask",
        ),
        _spec("grabcut", "GrabCut", "Rother et al., GrabCut, SIGGRAPH 2004"),
        _spec("random_walker", "Random walker", "Grady, Random walks, TPAMI 2006"),
        _spec("geodesic", "Geodesic distance", "Criminisi et al., GeoS, ECCV 2008"),
        _spec("f-brs", "f-BRS", "Sofiiuk et al., f-BRS, CVPR 2020", needs_weights=True),
        _spec("ritm", "RITM", "Sofiiuk et al., RITM, ICIP 2022", needs_weights=True),
        _spec("pemed", "PE-MED", "Chang et al., PE-MED, 2023", weights="pemed"),
        _spec(
            "mem3d",
            "Mem3D",
            "Zhou et al., Quality-aware memory network, MICCAI 2021",
            prompts=_MARKS | _WALK | {"propagate"},
            planar=False,
            weights="mem3d",
        ),
        _spec(
            "prism",
            "PRISM",
            "Li et al., PRISM, MICCAI 2024",
            planar=False,
            weights="prism",
            any_plane=True,
        ),
    )
}


def check_taken(spec: EngineSpec, prompts: Sequence[Prompt]) -> None:
    """Refuse (``prompt:not-taken``) any prompt the engine does not take."""
    for prompt in prompts:
        kind = KIND_OF[type(prompt)]
        if kind not in spec.prompts:
            raise PromptError(
                "not-taken",
                f"The engine “{spec.title}” takes no {kind}; it takes "
                f"{', '.join(sorted(spec.prompts))}.",
                kind=kind,
                engine=spec.name,
            )
