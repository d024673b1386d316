"""Train the models that the comparison study starts from, on research-only sets.

::

    python -m inference_worker.training.study_models --quick --data-root DIR
    python -m inference_worker.training.study_models --full --data-root DIR

Writes ``<out>/<name>.safetensors`` and ``.json``; the latter lists the patients held
out, the only ones a study may use. Licences forbid giving these weights away: ``out``
lies in a folder that git ignores. A model that is finished is not trained again.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from inference_worker.training.recipes import RECIPES
from inference_worker.training.segmentation import train

log = logging.getLogger("study_models")

STUDY = ("btcv", "chaos-mr", "hippocampus")
QUICK_SHARE = 0.2


def train_study_models(
    names: Sequence[str], root: Path, out: Path, *, share: float, seed: int = 0
) -> list[Path]:
    """One model per name, ``share`` of the recipe's steps; returns their paths."""
    models = []
    for name in names:
        recipe = RECIPES[name].quick(share)
        target = out / f"{name}.safetensors"
        if not _is_finished(target, recipe.steps, seed):
            started = time.monotonic()
            folder = out / f"{name}-{recipe.steps}-{seed}"
            model = train(recipe, root, folder, seed=seed)
            shutil.copyfile(model, target)
            shutil.copyfile(model.with_suffix(".json"), target.with_suffix(".json"))
            log.info("%s: %.0f s", target, time.monotonic() - started)
        models.append(target)
    return models


def _is_finished(target: Path, steps: int, seed: int) -> bool:
    if not target.is_file():
        return False
    training = json.loads(target.with_suffix(".json").read_text())["training"]
    return bool((training["steps"], training["seed"]) == (steps, seed))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    amount = parser.add_mutually_exclusive_group(required=True)
    amount.add_argument("--quick", action="store_true", help="a fifth of the steps")
    amount.add_argument("--full", action="store_true")
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("var/study-models"))
    parser.add_argument("--only", choices=STUDY, action="append")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(given.threads)
    train_study_models(
        given.only or STUDY,
        given.data_root,
        given.out,
        share=QUICK_SHARE if given.quick else 1.0,
        seed=given.seed,
    )


if __name__ == "__main__":
    main()
