"""``report``: tables and figures of result files, as Markdown, CSV and PNG."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from inference_worker.evaluation.figures import (
    dice_figure,
    time_figure,
    touched_figure,
)
from inference_worker.evaluation.results import Run, by_set, read_result
from inference_worker.evaluation.tables import (
    Table,
    clicks_table,
    dice_table,
    machine_table,
)
from inference_worker.evaluation.time_tables import (
    paired_table,
    time_table,
    touched_table,
)

logger = logging.getLogger(__name__)

AGAINST = "copy_previous"


def add_report(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``report``."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.json")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--against", default=AGAINST, metavar="ARM")
    parser.add_argument("--title", default="Evaluation")
    parser.set_defaults(command=report_command)


def report_command(parsed: argparse.Namespace) -> None:
    """``report``: write tables and figures of result files."""
    runs = [read_result(path) for path in parsed.files]
    write_report(runs, parsed.out, title=parsed.title, against=parsed.against)


def write_report(
    runs: Sequence[Run],
    out: Path,
    *,
    title: str,
    against: str = AGAINST,
    preface: Sequence[str] = (),
) -> Path:
    """Write ``README.md``, ``*.csv`` and ``*.png`` into a folder; the Markdown's path.

    Parameters
    ----------
    against: the arm that every other is compared with.
    preface: Markdown lines that say how the runs came about.
    """
    out.mkdir(parents=True, exist_ok=True)
    lines = [f"# {title}", "", *preface, "", *_origin(runs), ""]
    for name, found in by_set(runs).items():
        slug = "".join(c if c.isalnum() else "-" for c in name.lower())
        lines += [f"## {name}", ""]
        for label, figure in _figures(found, name):
            file = f"{slug}-{label}.png"
            figure.savefig(out / file, dpi=100, metadata={"Software": None})
            lines += [f"![{label}]({file})", ""]
        for table in _tables(found, against):
            (out / f"{slug}-{table.name}.csv").write_text(table.csv())
            lines += [table.markdown()]
    path = out / "README.md"
    path.write_text("\n".join(lines).rstrip() + "\n")
    logger.info("wrote %s", path)
    return path


def _origin(runs: Sequence[Run]) -> list[str]:
    """What made the figures: commits, machines, numbers of patients."""
    lines = ["| data | labels | patients | volumes | reader | commit | made on |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name, found in by_set(runs).items():
        metas = [run.meta for run in found]
        patients = {row["patient"] for run in found for row in run.cases}
        cases = {row["case"] for run in found for row in run.cases}
        labels = {value for meta in metas for value in meta["labels"].values()}
        cells = (
            name,
            ", ".join(sorted(labels)),
            str(len(patients)),
            str(len(cases)),
            ", ".join(sorted({meta["annotator"] for meta in metas})),
            ", ".join(sorted({str(meta["commit"]) for meta in metas})),
            ", ".join(
                sorted({f"{m['device']}, {m['threads']} threads" for m in metas})
            ),
        )
        lines.append("| " + " | ".join(cells) + " |")
    seen = sorted({case for run in runs for case in run.meta["seen_in_training"]})
    if seen:
        lines += ["", f"**Trained on by some arm's weights: {', '.join(seen)}.**"]
    return lines


def _figures(runs: Sequence[Run], name: str) -> Iterator[tuple[str, Figure]]:
    yield "dice", dice_figure(runs, f"{name}: Dice against interaction")
    drawn = {
        "time": time_figure(runs, f"{name}: simulated user time to the target"),
        "touched": touched_figure(runs, f"{name}: slices touched"),
    }
    yield from ((label, figure) for label, figure in drawn.items() if figure)


def _tables(runs: Sequence[Run], against: str) -> Iterator[Table]:
    yield dice_table(runs)
    yield clicks_table(runs)
    tables = (
        time_table(runs, against),
        paired_table(runs, against),
        touched_table(runs),
    )
    yield from (table for table in tables if table is not None)
    yield machine_table(runs)
