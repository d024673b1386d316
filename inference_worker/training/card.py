"""Write a model's card: what it is, what it saw, what it reaches on whom it did not.

::

    python -m inference_worker.training.card var/ct-abdomen/model.safetensors \\
        --data-root DIR [--install ct-abdomen]

Every figure is measured by this command on the patients that the .json beside the
weights says were held out. ``--install`` puts the model among the committed ones.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from inference_worker.arithmetic import arithmetic_of
from inference_worker.evaluation.provenance import commit
from inference_worker.nets.base_model import BaseModel
from inference_worker.nets.weights_file import REGISTERED, load_model
from inference_worker.training.examples import Source
from inference_worker.training.figures import Figure, held_out_figures, measured_times

log = logging.getLogger("card")


def write_card(path: Path, root: Path) -> Path:
    """Measure the model at ``path`` on its held-out patients under ``root``."""
    model = load_model(path)
    fields = json.loads(path.with_suffix(".json").read_text())
    training = fields["training"]
    sources = [
        Source(
            given["folder"],
            {int(value): name for value, name in given["labels"].items()},
            given["licence"],
            given["stored"],
            tuple(given["cases"]),
        )
        for given in training["recipe"]["sources"]
    ]
    held_out = set(training["patients"]["held_out"])
    figures = held_out_figures(model, sources, held_out, root)
    side = model.preprocessing.frame.longest
    times = measured_times(model, side)
    card = path.with_suffix(".md")
    card.write_text(_card(model, fields, sources, figures, side, times))
    return card


def _card(
    model: BaseModel,
    fields: dict[str, Any],
    sources: Sequence[Source],
    figures: Sequence[Figure],
    side: int,
    times: tuple[float, float],
) -> str:
    training, recipe = fields["training"], fields["training"]["recipe"]
    architecture = fields["architecture"]
    machine = arithmetic_of("cpu", torch.get_num_threads())
    lines = [
        f"# {model.name}",
        "",
        f"Segments {', '.join(model.classes[1:])} in single slices: a first guess",
        "for a reader to correct, by a small network. Not a medical device.",
        "",
        "Written by `python -m inference_worker.training.card`; do not edit.",
        "",
        "## Network",
        "",
        f"{architecture['network']} on {architecture['encoder']}, width "
        f"{architecture['width']}, depth {architecture['depth']}, decoder "
        f"{architecture['decoder']}, {architecture['channels']} channel(s); "
        f"{training['parameters']:,} parameters.",
        f"At {side}x{side}, {machine['threads']} threads, {machine['number']}: "
        f"{times[0]:.0f} ms forward, {times[1]:.0f} ms forward and backward (fastest).",
        f"sha256 `{model.digest}`",
        "",
        "## Data",
        "",
        "| set | labels used | licence |",
        "|---|---|---|",
        *(
            f"| {source.folder} | {', '.join(source.labels.values())} "
            f"| {source.licence} |"
            for source in sources
        ),
        "",
        f"Trained on {len(training['patients']['train'])} patients, "
        f"{len(training['patients']['held_out'])} held out. A class that a set does "
        "not label is unknown there, not absent.",
        "",
        "## Held-out figures",
        "",
        "Dice per patient (slices pooled), mean and bootstrap 95 % interval over "
        "patients; one pass, no correction by a reader.",
        "",
        "| set | slices shown | class | Dice | 95 % interval | patients | slices |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {f.source} | {f.shown} | {f.name} | {f.dice:.3f} "
            f"| {f.low:.3f} to {f.high:.3f} | {f.patients} | {f.slices} |"
            for f in figures
        ),
        "",
        "Only slices that the sets contain were measured: mostly those that hold the "
        "organ. On a whole volume more is found where nothing is.",
        "",
        "## Training",
        "",
        f"{training['steps']} steps of {recipe['batch']} views, AdamW at "
        f"{recipe['learning_rate']}, marginal cross-entropy and Dice, weights averaged "
        f"with decay {recipe['ema']}; seed {training['seed']}; commit "
        f"{training['commit']}. Figures: commit {commit()}.",
        "",
        "Preprocessing: " + json.dumps(fields["preprocessing"]),
        "",
        "Patients held out: " + ", ".join(training["patients"]["held_out"]),
        "",
        "Patients trained on: " + ", ".join(training["patients"]["train"]),
        "",
    ]
    return "\n".join(lines)


def install(path: Path, name: str) -> Path:
    """Copy weights and description to the committed models as ``name``."""
    target = REGISTERED / f"{name}.safetensors"
    shutil.copyfile(path, target)
    shutil.copyfile(path.with_suffix(".json"), target.with_suffix(".json"))
    return target


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--install", metavar="NAME")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(given.threads)
    path = install(given.model, given.install) if given.install else given.model
    log.info("%s", write_card(path, given.data_root).read_text())


if __name__ == "__main__":
    main()
