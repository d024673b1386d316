"""Write the card of a click network: Dice after each click on patients held out.

::

    python -m inference_worker.training.ritm_card var/ritm/model.safetensors \\
        --data-root DIR [--install ritm]

Every figure is measured by this command, one slice of each patient that the .json
beside the weights says was held out, clicked by the simulated reader. Beside it stands
the model that training started from, with the same marks but no ears for them: what
was clicked is shown, nothing else follows. ``--install`` puts the network among the
committed ones, where the engine ``ritm`` looks for it.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from inference_worker.contract.engine import Label
from inference_worker.evaluation.cases import CaseFiles, patient_of
from inference_worker.evaluation.provenance import commit
from inference_worker.evaluation.results import Run
from inference_worker.evaluation.run import RunOptions, run
from inference_worker.evaluation.statistics import estimate
from inference_worker.evaluation.tables import curve_by_patient
from inference_worker.evaluation.walk import Plan
from inference_worker.training.card import install
from inference_worker.training.examples import Source, cases_of
from inference_worker.training.recipes import RECIPES

log = logging.getLogger("card")

CLICKS = 3

ARMS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("this network", "ritm", {}),
    ("where training started, marks shown", "constrained-n", {"iterations": 0}),
)


def write_card(path: Path, root: Path, start: str) -> Path:
    """Measure the network at ``path`` and the model ``start`` it came from."""
    fields = json.loads(path.with_suffix(".json").read_text())
    training = fields["training"]
    held_out = set(training["patients"]["held_out"])
    sources = RECIPES["ct-abdomen"].sources
    rows = []
    for source in sources:
        files = _first_slices(source, root, held_out)
        for title, engine, config in ARMS:
            weights = str(path) if engine == "ritm" else start
            found = _clicked(source, root, files, engine, weights, config)
            cells = [
                estimate([curve[k] for curve in found.values()]).text()
                for k in range(CLICKS + 1)
            ]
            rows.append((source.folder, title, str(len(found)), *cells))
    card = path.with_suffix(".md")
    card.write_text("\n".join(_lines(fields, sources, rows, start)))
    return card


def _first_slices(source: Source, root: Path, held_out: set[str]) -> list[CaseFiles]:
    """The middle slice of every patient held out, by name."""
    slices: dict[str, list[CaseFiles]] = {}
    for files in cases_of(source, root):
        if patient_of(files.name) in held_out:
            slices.setdefault(patient_of(files.name), []).append(files)
    return [found[len(found) // 2] for _, found in sorted(slices.items())]


def _clicked(
    source: Source,
    root: Path,
    files: Sequence[CaseFiles],
    engine: str,
    weights: str,
    config: dict[str, Any],
) -> dict[str, list[float]]:
    """Dice after 0 … ``CLICKS`` clicks by patient."""
    labels = tuple(Label(value, name) for value, name in source.labels.items())
    options = RunOptions(
        engine,
        root / source.folder,
        labels,
        weights=weights,
        config=config,
        annotator="click",
        plan=Plan(rounds=CLICKS),
    )
    result = run(options, files=files)
    made = Run(result["meta"], result["turns"], result["cases"])
    return curve_by_patient([made], CLICKS)


def _lines(
    fields: dict[str, Any],
    sources: Sequence[Source],
    rows: Sequence[tuple[str, ...]],
    start: str,
) -> list[str]:
    training, patients = fields["training"], fields["training"]["patients"]
    headings = ["set", "network", "patients", *(str(k) for k in range(CLICKS + 1))]
    return [
        f"# {fields.get('name') or 'ritm'}",
        "",
        "Answers clicks on one target at a time, from the clicks and its last mask",
        "(RITM). Not a medical device.",
        "",
        "Written by `python -m inference_worker.training.ritm_card`; do not edit.",
        "",
        f"{training['parameters']:,} parameters; sha256 `{fields['sha256']}`; started "
        f"from {start} (`{training['start']}`).",
        "",
        "## Data",
        "",
        "| set | licence |",
        "|---|---|",
        *(f"| {source.folder} | {source.licence} |" for source in sources),
        "",
        f"Trained on {len(patients['train'])} patients, {len(patients['held_out'])} "
        f"held out, those of {start}. {training['regions']:.0%} of the targets are no "
        "organ but regions of these pictures that look alike.",
        "",
        "## Held-out figures",
        "",
        "Dice after so many clicks, the middle slice of each patient as the set stores "
        "it; mean and bootstrap 95 % interval over patients. This network shows "
        "nothing before the first click.",
        "",
        "| " + " | ".join(headings) + " |",
        "|" + "---|" * len(headings),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
        "## Training",
        "",
        f"{training['steps']} steps of {training['batch']} views, Adam at "
        f"{training['learning_rate']}, normalised focal loss; seed "
        f"{training['seed']}; commit {training['commit']}. Figures: commit {commit()}.",
        "",
        "Patients held out: " + ", ".join(patients["held_out"]),
        "",
        "Patients trained on: " + ", ".join(patients["train"]),
        "",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--start", default="ct-abdomen", help="what it started from")
    parser.add_argument("--install", metavar="NAME")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(given.threads)
    path = install(given.model, given.install) if given.install else given.model
    log.info("%s", write_card(path, given.data_root, given.start).read_text())


if __name__ == "__main__":
    main()
