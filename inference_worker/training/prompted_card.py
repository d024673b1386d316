"""Write the card of a network that is told where to look, and install it.

::

    python -m inference_worker.training.prompted_card pemed var/pemed/model.safetensors
        --data-root DIR [--install]

Figures are measured by this command on patients that the .json beside the weights says
were held out, with the simulated reader and the engine as the product runs it.
``--install`` puts the model among the committed ones, as the engine's own weights, and
the curve of its losses among the engine's documents.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inference_worker.contract.catalog import ENGINES
from inference_worker.contract.engine import Label
from inference_worker.evaluation.cases import CaseFiles, patient_of
from inference_worker.evaluation.provenance import commit
from inference_worker.evaluation.results import Run, case_values, patient_values
from inference_worker.evaluation.run import RunOptions, run
from inference_worker.evaluation.statistics import estimate
from inference_worker.evaluation.tables import curve_by_patient
from inference_worker.evaluation.walk import Plan
from inference_worker.training.card import install
from inference_worker.training.examples import Source, cases_of
from inference_worker.training.targets import SOURCES

log = logging.getLogger("card")

PROMPTED = ("pemed", "mem3d")
"""Engines with a network of their own; it is installed under the engine's name."""

ROUNDS = 5
PATIENTS_MOST = 8
"""Of each set: a card is written in minutes."""


def held_out_runs(
    engine: str, weights: Path, root: Path, patients_most: int = PATIENTS_MOST
) -> list[Run]:
    """The engine at work on held-out patients of every set it can be shown on."""
    held_out = set(_described(weights)["training"]["patients"]["held_out"])
    spec = ENGINES[engine]
    found = []
    for source in SOURCES:
        cases = _one_of_each(source, root, held_out, patients_most)
        flat = source.folder != "msd_hippocampus"
        if not cases or (flat and not spec.planar):
            continue
        options = RunOptions(
            engine,
            root / source.folder,
            tuple(Label(value, name) for value, name in source.labels.items()),
            weights=str(weights),
            annotator="click" if spec.planar else "scribble",
            plan=Plan(ROUNDS, None, 1 if spec.planar else None),
            timer="cpu",
        )
        body = run(options, files=cases)
        found.append(Run(body["meta"], body["turns"], body["cases"]))
    return found


def _one_of_each(
    source: Source, root: Path, patients: set[str], most: int
) -> list[CaseFiles]:
    """One case of each of ``most`` of these patients, spread over their names.

    Names begin with what a picture is of, in some sets.
    """
    first: dict[str, CaseFiles] = {}
    for files in cases_of(source, root):
        if patient_of(files.name) in patients:
            first.setdefault(patient_of(files.name), files)
    names = sorted(first)
    count = min(most, len(names))
    return [first[names[i * len(names) // count]] for i in range(count)]


def _described(weights: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(weights.with_suffix(".json").read_text())
    return body


def card(engine: str, weights: Path, runs: Sequence[Run]) -> str:
    """The card's text."""
    spec, fields = ENGINES[engine], _described(weights)
    training = fields["training"]
    size = weights.stat().st_size / 1e6
    patients = training["patients"]
    unit = "slice" if spec.planar else "volume (a round: strokes on one slice, then "
    unit += "" if spec.planar else "propagation both ways)"
    lines = [
        f"# {weights.stem}",
        "",
        f"The network of the engine “{spec.title}” ({spec.source}): segments what a "
        "reader marks, whatever it is called. Not a medical device.",
        "",
        "Written by `python -m inference_worker.training.prompted_card`; do not edit.",
        "",
        "## Network",
        "",
        f"{training['parameters']:,} parameters, {size:.1f} MB in half precision. "
        f"Sizes: {json.dumps(fields['shape'])}",
        f"sha256 `{fields['sha256']}`",
        "",
        "## Data",
        "",
        "| set | labels | licence |",
        "|---|---|---|",
        *(
            f"| {each['folder']} | {each['labels']} | {each['licence']} |"
            for each in training["sources"]
        ),
        "| phantoms drawn by the training script | 1 | – |",
        "",
        f"Trained on {len(patients['train'])} patients, {len(patients['held_out'])} "
        "held out.",
        "",
        "## Held-out figures",
        "",
        f"Dice after 0 to {ROUNDS} interactions of a {unit} by the simulated reader: "
        "mean over patients [95 % bootstrap interval]; computing seconds of one "
        "thread.",
        "",
        "| set | patients | " + " | ".join(str(k) for k in range(ROUNDS + 1)) + " | "
        "machine, s per turn |",
        "|---|---|" + "---|" * (ROUNDS + 2),
        *(_row(each) for each in runs),
        "",
        "## Training",
        "",
        f"{training['steps']} steps, seed {training['seed']}, batch "
        f"{training['batch']}, commit {training['commit']}; runs "
        f"{json.dumps(training['runs'])}. Figures: commit {commit()}. A short run on "
        "two shared CPU cores: more training would help.",
        "",
        "Preprocessing: " + json.dumps(fields["preprocessing"]),
        "",
        "Patients held out: " + ", ".join(patients["held_out"]),
        "",
        "Patients trained on: " + ", ".join(patients["train"]),
        "",
    ]
    return "\n".join(lines)


def _row(found: Run) -> str:
    curves = np.array(list(curve_by_patient([found], ROUNDS).values()))
    machine = patient_values([found], case_values([found], "machine_s"))
    turns = len(found.turns) / max(len(found.cases), 1)
    cells = [estimate(curves[:, k]).text() for k in range(ROUNDS + 1)]
    seconds = float(np.mean(list(machine.values()))) / turns
    return (
        f"| {found.set_name} ({', '.join(found.meta['labels'].values())}) "
        f"| {len(curves)} | " + " | ".join(cells) + f" | {seconds:.2f} |"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("engine", choices=PROMPTED)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--patients", type=int, default=PATIENTS_MOST)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    path = given.model
    if given.install:
        path = install(path, given.engine)
        curve = given.model.with_name("losses.png")
        if curve.is_file():
            shutil.copyfile(curve, given.docs / given.engine / curve.name)
    runs = held_out_runs(given.engine, path, given.data_root, given.patients)
    path.with_suffix(".md").write_text(card(given.engine, path, runs))
    log.info("%s", path.with_suffix(".md").read_text())


if __name__ == "__main__":
    main()
