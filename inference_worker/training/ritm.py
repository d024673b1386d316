"""Train the click network of the engine ``ritm`` by iterative clicks.

::

    python -m inference_worker.training.ritm --data-root DIR --out var/ritm \\
        --start ct-abdomen

The backbone starts from a base model of ours, so that methods are compared at equal
networks. In every step a target is drawn (an organ, or a region that looks alike),
clicked once at its centre, and the network answers up to three clicks without learning,
each set by the simulated annotator on the largest error so far; the last answer is
learnt from (RITM, section 3.2). The patients that the base model held out are held out
here. The same command continues a run that was cut, Adam's moments starting anew;
Ctrl-C finishes the step, saves and stops.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from scipy import ndimage

from inference_worker.evaluation.cases import patient_of
from inference_worker.evaluation.provenance import commit
from inference_worker.nets.architecture import Architecture
from inference_worker.nets.guided import GUIDES
from inference_worker.nets.weights_file import Description, load_model, save_model
from inference_worker.simulate.clicks import region_centre
from inference_worker.training.augmentation import view
from inference_worker.training.curve import draw_losses
from inference_worker.training.examples import Example, cases_of, read_examples
from inference_worker.training.focal import normalised_focal_loss
from inference_worker.training.recipes import RECIPES
from inference_worker.training.regions import alike_region

log = logging.getLogger("training")

STEPS = 3000
BATCH = 8
SIDE = 96
REGIONS = 0.5
"""Share of targets that are no organ but a region that looks alike."""
LEAST = 20
"""Pixels of the smallest target."""
CLICKS_MOST = 4
LEARNING_RATE = 5e-4
FUSION_RATE = 1e-2
"""Of the layers that hear the clicks: they start at zero, and at the backbone's rate
the network was still deaf to a second click after 300 steps."""
DISC = 3.0
"""Radius in pixels of a click in the guidance."""

Mask = NDArray[np.bool_]


def click_disc(mask: Mask, shape: tuple[int, int]) -> Mask:
    """A disc around the pixel of ``mask`` that is farthest from its border."""
    y, x = region_centre(mask)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.asarray((rows - y) ** 2 + (columns - x) ** 2 <= DISC**2)


def next_click(shown: Mask, truth: Mask) -> tuple[Mask, bool] | None:
    """Disc in the largest error, and whether it is positive; None without errors."""
    parts, count = ndimage.label(shown != truth)
    if not count:
        return None
    sizes = np.bincount(parts.ravel())[1:]
    largest = parts == 1 + int(sizes.argmax())
    disc = click_disc(largest, truth.shape)
    return disc, bool(truth[largest].mean() > 0.5)


def draw_targets(
    pool: Sequence[Example], step: int, seed: int
) -> tuple[torch.Tensor, NDArray[np.bool_]]:
    """Views (b, 1, s, s) in [0, 1], and one target in each: bool (b, s, s)."""
    rng = np.random.default_rng([seed, step])
    how = replace(
        RECIPES["ct-abdomen"].augmentation,
        scale=(0.5, 1.3),
        gamma=1.6,
        contrast=1.5,
        inverted_share=0.1,
    )
    images: list[NDArray[np.float32]] = []
    targets: list[Mask] = []
    while len(images) < BATCH:
        example = pool[int(rng.integers(len(pool)))]
        image, classes = view(example, SIDE, how, rng)
        if rng.random() < REGIONS:
            target = alike_region(image[0], rng, LEAST)
        else:
            target = _organ(classes, len(example.labelled), rng)
        if target is None:
            continue
        images.append(image)
        targets.append(target)
    return torch.from_numpy(np.stack(images)), np.stack(targets)


def _organ(
    classes: NDArray[np.uint8], known: int, rng: np.random.Generator
) -> Mask | None:
    """One of the classes 1 … ``known`` − 1 that a view shows, if it is large enough."""
    present = [c for c in np.unique(classes) if 0 < c < known]
    if not present:
        return None
    target = np.asarray(classes == rng.choice(present))
    return target if target.sum() >= LEAST else None


def guide(
    net: torch.nn.Module, image: torch.Tensor, truth: NDArray[np.bool_], clicks: int
) -> torch.Tensor:
    """Guidance (b, 3, s, s) after ``clicks`` simulated clicks."""
    guidance = torch.zeros(len(truth), GUIDES, *truth.shape[1:])
    for number in range(clicks):
        shown = guidance[:, 2].numpy() > 0.5
        for index, target in enumerate(truth):
            click = next_click(shown[index], target)
            if click is not None:
                disc, positive = click
                guidance[index, 0 if positive else 1][torch.from_numpy(disc)] = 1
        if number + 1 < clicks:
            with torch.no_grad():
                share = net(image, guidance).softmax(dim=1)[:, 1]
            guidance[:, 2] = share
    return guidance


def train(
    root: Path, out: Path, start: str, *, steps: int = STEPS, seed: int = 0
) -> Path:
    """Train to ``steps``; returns the model's path."""
    out.mkdir(parents=True, exist_ok=True)
    base = load_model(start)
    recipe = RECIPES["ct-abdomen"]
    if base.channels != 1 or base.classes != recipe.classes:
        raise ValueError(f"{start} is not a model of recipe ct-abdomen")
    described = json.loads(_json_beside(start).read_text())
    patients = described["training"]["patients"]
    used = set(patients["train"])
    pool = [
        example
        for source in recipe.sources
        for files in cases_of(source, root)
        if patient_of(files.name) in used
        for example in read_examples(
            source, files, recipe.classes, base.preprocessing, 1
        )
    ]
    log.info("%d slices of %d patients", len(pool), len(used))
    architecture = replace(
        Architecture.from_json(described["architecture"]),
        network="guided_unet",
        classes=2,
    )
    torch.manual_seed(seed)
    net = architecture.build()
    own = net.state_dict()
    fitting = {
        name: value
        for name, value in base.module.state_dict().items()
        if own[name].shape == value.shape
    }
    net.load_state_dict(own | fitting)
    named = list(net.named_parameters())
    fusion = [p for n, p in named if n.startswith("fuse.")]
    backbone = [p for n, p in named if not n.startswith("fuse.")]
    optimizer = torch.optim.Adam(
        [
            {"params": fusion, "most": FUSION_RATE},
            {"params": backbone, "most": LEARNING_RATE},
        ]
    )
    rows: list[tuple[int, float, float]] = []
    checkpoint = out / "checkpoint.safetensors"
    done = 0
    if checkpoint.is_file():
        kept = load_file(checkpoint)
        done = int(kept.pop("done"))
        net.load_state_dict(kept)
    asked: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda *_: asked.append(1))
    try:
        while done < steps and not asked:
            began = time.monotonic()
            image, truth = draw_targets(pool, done, seed)
            image = base.preprocessing.intensity.standardise(image)
            clicks = int(np.random.default_rng([seed, done, 1]).integers(CLICKS_MOST))
            guidance = guide(net.eval(), image, truth, 1 + clicks)
            for group in optimizer.param_groups:
                group["lr"] = group["most"] * (1 - done / steps) ** 0.9
            # Statistics of the pre-trained norms stay: eight views are too few.
            logits = net.eval()(image, guidance)
            margin = logits[:, 1] - logits[:, 0]
            loss = normalised_focal_loss(margin, torch.from_numpy(truth))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            rows.append((done, float(loss.detach()), time.monotonic() - began))
            if done % 20 == 0:
                log.info("step %d/%d loss %.3f", done, steps, rows[-1][1])
            done += 1
            if done % 100 == 0 or done == steps or asked:
                state = {n: t.contiguous() for n, t in net.state_dict().items()}
                save_file(state | {"done": torch.tensor(done)}, checkpoint)
    finally:
        signal.signal(signal.SIGINT, previous)
    if rows:
        draw_losses(rows, out / "losses.png")
    description = Description(
        ("background", "target"), 1, base.preprocessing, architecture
    )
    facts = {
        "training": {
            "script": "inference_worker.training.ritm",
            "start": base.digest,
            "patients": patients,
            "seed": seed,
            "steps": done,
            "batch": BATCH,
            "learning_rate": LEARNING_RATE,
            "fusion_rate": FUSION_RATE,
            "regions": REGIONS,
            "parameters": sum(p.numel() for p in net.parameters()),
            "commit": commit(),
        }
    }
    path = out / "model.safetensors"
    save_model(path, net.eval(), description, facts=facts)
    return path


def _json_beside(model: str) -> Path:
    path = Path(model)
    if path.suffix == ".safetensors":
        return path.with_suffix(".json")
    return Path(__file__).parents[1] / "weights" / f"{model}.json"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", default="ct-abdomen")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(given.data_root, given.out, given.start, steps=given.steps, seed=given.seed)


if __name__ == "__main__":
    main()
