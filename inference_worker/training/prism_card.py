"""Write PRISM's card, and put the model among the committed ones.

::

    python -m inference_worker.training.prism_card var/prism/model.safetensors \\
        --results FILE.json [--install prism]

Figures come from a results file of ``inference_worker.evaluation.prism`` whose arm
"PRISM" was measured with these very weights (by their sha256), all else is refused.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inference_worker.contract.weights import REGISTERED
from inference_worker.evaluation.prism_report import OWN, by_patient
from inference_worker.evaluation.statistics import estimate
from inference_worker.nets.prism_weights import load_prism

log = logging.getLogger("card")


def write_card(path: Path, results: Mapping[str, Any]) -> Path:
    """Write the card beside the weights at ``path``.

    Raises
    ------
    ValueError: the results were measured with other weights.
    """
    model = load_prism(path)
    fields = json.loads(path.with_suffix(".json").read_text())
    measured = results["arms"][OWN]
    if measured["sha256"] != model.digest:
        raise ValueError(f"the results are of {measured['sha256']}, not {model.digest}")
    card = path.with_suffix(".md")
    rows = [row for row in results["rows"] if row["arm"] == OWN]
    card.write_text("\n".join(_card(fields, rows, measured)) + "\n")
    return card


def _card(
    fields: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    measured: Mapping[str, Any],
) -> list[str]:
    training, shape = fields["training"], fields["shape"]
    patients = training["patients"]
    return [
        "# prism",
        "",
        "Segments whatever a reader points at in a volume, one target at a time, from",
        "points, strokes and boxes: a small network. Not a medical device.",
        "",
        "Written by `python -m inference_worker.training.prism_card`; do not edit.",
        "",
        "## Network",
        "",
        f"PRISM (Li et al., MICCAI 2024), {shape['encoder']} encoder, crops of "
        f"{shape['patch']} cubed, widths {shape['widths']}, tokens of "
        f"{shape['token']}, {shape['masks']} candidates, corrective width "
        f"{shape['corrective']}; "
        f"{training['parameters']:,} parameters.",
        f"sha256 `{fields['sha256']}`",
        "",
        "## Data",
        "",
        "| set | licence |",
        "|---|---|",
        *(f"| {name} | {text} |" for name, text in training["licences"].items()),
        "",
        f"Trained on {len(patients['train'])} volumes, half of all crops being "
        f"phantoms; {len(patients['held_out'])} patients held out.",
        "",
        "## Held-out figures",
        "",
        "Mean over patients [bootstrap 95 % interval] after 1, 5 and 11 turns of the "
        "protocol of `docs/prism`. Sets that are not named above were never trained "
        "on.",
        "",
        "| set | prompts | patients | Dice after 1 | after 5 | after 11 "
        "| NSD after 11 |",
        "|---|---|---|---|---|---|---|",
        *_figures(rows),
        "",
        "## Training",
        "",
        f"{training['steps']} steps, AdamW from {training['learning_rate']}, seed "
        f"{training['seed']}, commit {training['commit']}. What was planned from which "
        "step on:",
        "",
        *(
            f"- from step {run['from_step']}: {json.dumps(run['phases'])} "
            f"(commit {run['commit']})"
            for run in training["runs"]
        ),
        "",
        f"Figures: commit {measured['commit']}.",
        "",
        "Patients held out: " + ", ".join(patients["held_out"]),
        "",
        "Trained on: " + ", ".join(patients["train"]),
    ]


def _figures(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for name, protocol in dict.fromkeys((r["set"], r["protocol"]) for r in rows):
        found = [r for r in rows if (r["set"], r["protocol"]) == (name, protocol)]
        dice = np.array(list(by_patient(found, "dice").values()))
        nsd = np.array(list(by_patient(found, "nsd").values()))
        cells = [estimate(dice[:, turn - 1]).text() for turn in (1, 5, 11)]
        cells.append(estimate(nsd[:, -1]).text())
        lines.append(f"| {name} | {protocol} | {len(dice)} | {' | '.join(cells)} |")
    return lines


def install(path: Path, name: str) -> Path:
    """Copy weights and description to the committed models as ``name``."""
    target = REGISTERED / f"{name}.safetensors"
    shutil.copyfile(path, target)
    shutil.copyfile(path.with_suffix(".json"), target.with_suffix(".json"))
    return target


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--install", metavar="NAME")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    path = given.model
    if given.install:
        path = install(given.model, given.install)
        curve = given.model.with_name("losses.png")
        if curve.is_file():
            shutil.copyfile(curve, given.docs / given.install / curve.name)
    log.info("%s", write_card(path, json.loads(given.results.read_text())).read_text())


if __name__ == "__main__":
    main()
