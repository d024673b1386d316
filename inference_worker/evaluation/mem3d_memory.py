"""What Mem3D's memory is worth: the same network without it, on the same marks.

::

    python -m inference_worker.evaluation.mem3d_memory --models var/mem3d-memory \\
        --cases DIR --labels 1:anterior,2:posterior [--committed mem3d]

The models are those of ``inference_worker.training.mem3d_memory``. In round 1 the slice
that shows most of the target is scribbled on and propagated both ways, in rounds 2 and
3 another slice, drawn at random: the same one in every arm.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inference_worker import engines
from inference_worker.contract.engine import Label
from inference_worker.evaluation.cases import (
    find_cases,
    labels_named,
    read_case,
    walked_slices,
)
from inference_worker.evaluation.mem3d import (
    Arm,
    Reading,
    by_patient,
    quality_table,
    read,
    rounds_table,
)
from inference_worker.evaluation.provenance import commit
from inference_worker.evaluation.splits import check_split, overlap, read_header
from inference_worker.evaluation.statistics import compare
from inference_worker.evaluation.tables import Table
from inference_worker.evaluation.verdicts import word_of

log = logging.getLogger(__name__)

ROUNDS = 3

WITH = "with memory"
WITHOUT = "without memory"
COMMITTED = "with memory, as committed"

Found = dict[str, list[Reading]]


def measure(
    folder: Path,
    labels: Sequence[Label],
    models: Path,
    *,
    patients: int,
    seed: int = 0,
    committed: str | None = None,
) -> tuple[Found, dict[str, str]]:
    """Every arm on ``patients`` that none of the weights has seen; their weights.

    ``committed``: weights that were taught no more, as a third arm.
    """
    weights = {
        WITH: str(models / "with" / "model.safetensors"),
        WITHOUT: str(models / "without" / "model.safetensors"),
    }
    if committed:
        weights[COMMITTED] = committed
    cases = find_cases(folder)
    for each in weights.values():
        seen = set(overlap([files.name for files in cases], read_header(each)))
        cases = [files for files in cases if files.name not in seen]
    cases = cases[:patients]
    found: Found = {}
    for title, each in weights.items():
        check_split([files.name for files in cases], each, allow_seen=False)
        config = {"memory": title != WITHOUT}
        engine = engines.build("mem3d", weights=each, config=config)
        for files in cases:
            for label in labels:
                case = read_case(files, [label.value])
                if not walked_slices(case.truth):
                    continue
                arm = Arm(title, "planned")
                reading = read(case, label, engine, arm, seed, ROUNDS)
                found.setdefault(title, []).append(reading)
                log.info("%s %s: %s", title, case.name, reading.dice)
    return found, weights


def differences_table(found: Found) -> Table:
    """Every arm less the one with memory, after every round, and what it says."""
    rows = []
    for title, readings in found.items():
        if title == WITH:
            continue
        changes = [
            compare(by_patient(readings, k), by_patient(found[WITH], k))
            for k in range(ROUNDS)
        ]
        cells = []
        for change in changes:
            p = "–" if change.p is None else f"{change.p:.3f}"
            cells.append(f"{change.difference.text()} ({p})")
        rows.append((title, *cells, word_of(changes[-1].difference)))
    columns = ("arm", *(f"round {k + 1}" for k in range(ROUNDS)), "at the last round")
    note = (
        f"Dice less that of “{WITH}”, paired by patient: mean [95 % bootstrap "
        "interval], Wilcoxon's p. An interval that holds zero shows no difference."
    )
    return Table("differences", "Differences", columns, tuple(rows), note)


def report(
    name: str, found: Found, headers: Mapping[str, Mapping[str, Any]], out: Path
) -> Path:
    """Write ``memory.md`` and its CSV; the page."""
    training = headers[WITHOUT]["training"]
    patients = len({each.patient for each in found[WITH]})
    also = f" “{COMMITTED}” was taught no more." if COMMITTED in found else ""
    lines = [
        "# Mem3D without its memory",
        "",
        "Written by `python -m inference_worker.evaluation.mem3d_memory` at commit "
        f"{commit()}; do not edit. “{WITH}” and “{WITHOUT}” have the same "
        f"{training['parameters']:,} parameters, began from the committed weights and "
        f"were taught the same {training['steps']} steps of {training['sequences']} "
        "walks over five slices. The one reads what remembered slices looked like and "
        "showed; to the other the mask of the slice before is carried over as it lies. "
        "The interaction network, and so what a mark gives on its own slice, is the "
        "same. Beginning from weights that were trained with a memory favours the "
        f"memory.{also}",
        "",
        f"{name}: {patients} patients, {len(found[WITH])} targets, none of them seen "
        "in training. Every round marks one slice, the same in every arm, and "
        "propagates both ways.",
        "",
        rounds_table(found, "arm").markdown(),
        differences_table(found).markdown(),
        quality_table(found, "arm").markdown(),
        _networks(headers).markdown(),
    ]
    out.mkdir(parents=True, exist_ok=True)
    (out / "memory.csv").write_text(rounds_table(found, "arm").csv())
    page = out / "memory.md"
    page.write_text("\n".join(lines).rstrip() + "\n")
    return page


def _networks(headers: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = tuple(
        (
            title,
            f"{header['training']['parameters']:,}",
            str(header["training"]["steps"]),
            header["sha256"][:12],
            str(header["training"]["commit"]),
        )
        for title, header in headers.items()
    )
    columns = ("arm", "parameters", "steps", "weights", "commit of the training")
    note = "Weights that are not the committed ones began from those, at step 0."
    return Table("networks", "Networks", columns, rows, note)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--committed", metavar="NAME", help="as a third arm")
    parser.add_argument("--patients", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("docs/mem3d"))
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    labels = labels_named(given.labels, given.cases)
    found, weights = measure(
        given.cases,
        labels,
        given.models,
        patients=given.patients,
        committed=given.committed,
    )
    given.out.mkdir(parents=True, exist_ok=True)
    kept = {arm: [vars(each) for each in made] for arm, made in found.items()}
    (given.out / "memory.json").write_text(json.dumps(kept) + "\n")
    headers = {arm: read_header(each) for arm, each in weights.items()}
    page = report(given.cases.name, found, headers, given.out)
    log.info("%s", page.read_text())


if __name__ == "__main__":
    main()
