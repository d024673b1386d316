"""``study``: every method on every kind of data, by one simulated reader.

Result files go to ``--results``; a run that is there already, made by the same commit,
is not made again, so a study that was broken off goes on where it was. A run that fails
is named in the report, which is written from all the others.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from inference_worker import engines
from inference_worker.evaluation.cases import CaseFiles, find_cases, patient_of
from inference_worker.evaluation.jobs import Job, run_jobs
from inference_worker.evaluation.phantom import write_phantoms
from inference_worker.evaluation.provenance import commit
from inference_worker.evaluation.report import write_report
from inference_worker.evaluation.results import read_result
from inference_worker.evaluation.run import RunOptions, run
from inference_worker.evaluation.splits import WEIGHTS, overlap, read_header
from inference_worker.evaluation.study_plan import (
    ARMS,
    FULL,
    PHANTOM,
    QUICK,
    SETS,
    Amount,
    Arm,
    StudySet,
)
from inference_worker.evaluation.study_preface import preface
from inference_worker.evaluation.walk import Plan
from inference_worker.training.examples import split_patients
from inference_worker.training.recipes import RECIPES
from inference_worker.training.study_models import STUDY, train_study_models

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]

READERS = ("time", "rounds")
"""The study's readers: one works to a Dice, one a number of rounds."""

_AMOUNTS: tuple[tuple[str, type, str], ...] = (
    ("cases", int, "patients of each set at most"),
    ("slices", int, "of each volume, the middle ones"),
    ("rounds", int, "corrections of a slice before the reader takes the brush"),
    ("minutes", float, "after which what is left is run on one case each"),
    ("train_share", float, "of the steps of a missing base model"),
)
"""Parts of the amount that the command line may set otherwise."""


def add_study(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``study``."""
    amount = parser.add_mutually_exclusive_group(required=True)
    amount.add_argument("--quick", action="store_true", help="about 10 min on 2 cores")
    amount.add_argument("--full", action="store_true", help="hours; can be resumed")
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT.parent / "shared" / "data",
        metavar="DIR",
        help="the data sets; a generated phantom where there is no such folder",
    )
    parser.add_argument("--models", type=Path, default=ROOT / "var" / "study-models")
    parser.add_argument("--results", type=Path, help="where result files are kept")
    parser.add_argument("--out", type=Path, help="where the report goes")
    parser.add_argument("--only-set", action="append", metavar="NAME")
    parser.add_argument("--only-arm", action="append", metavar="NAME")
    parser.add_argument(
        "--only-reader",
        choices=READERS,
        help="with a target, for times; or with rounds, for Dice against interaction",
    )
    for name, type_, words in _AMOUNTS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=type_, help=words)
    parser.add_argument(
        "--processes",
        type=int,
        default=min(os.cpu_count() or 1, 4),
        help="runs at a time, of one thread and about 1 GB each",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.set_defaults(command=study_command)


def study_command(parsed: argparse.Namespace) -> None:
    """``study``: run what is missing, then report."""
    name = "quick" if parsed.quick else "full"
    results = parsed.results or ROOT / "var" / f"study-{name}"
    out = parsed.out or (
        ROOT / "var" / "study-report" if parsed.quick else ROOT / "docs" / "study"
    )
    asked = {key: getattr(parsed, key) for key, _, _ in _AMOUNTS}
    changed = {key: value for key, value in asked.items() if value is not None}
    amount = replace(QUICK if parsed.quick else FULL, **changed)
    study = Study(amount, parsed.data, parsed.models, results, seed=parsed.seed)
    study.processes = parsed.processes
    readers = [parsed.only_reader] if parsed.only_reader else READERS
    study.run(parsed.only_set, parsed.only_arm, readers)
    flags = [f"--{key.replace('_', '-')} {value}" for key, value in changed.items()]
    study.report(out, " ".join([f"--{name}", *flags]))


class Study:
    """A study under way.

    Attributes
    ----------
    left_out: arms that could not be run, and why.
    only_arms: titles of those that the command asked for; None: all.
    processes: runs at a time.
    """

    def __init__(
        self, amount: Amount, data: Path, models: Path, results: Path, *, seed: int = 0
    ) -> None:
        self.amount = amount
        self.data = data
        self.models = models
        self.results = results
        self.seed = seed
        self.left_out: list[str] = []
        self.processes = 1
        self.generated = not data.is_dir()
        self.commit = commit()
        self.only_arms: Sequence[str] | None = None
        self._started = time.monotonic()

    @property
    def sets(self) -> tuple[StudySet, ...]:
        """The data sets, or the phantom where there are none."""
        return (PHANTOM,) if self.generated else SETS

    @property
    def plans(self) -> dict[str, Plan]:
        """How each of ``READERS`` works."""
        amount = self.amount
        aims = (amount.until_dice, None)
        return {
            reader: Plan(amount.rounds, aim, amount.slices)
            for reader, aim in zip(READERS, aims, strict=True)
        }

    def run(
        self,
        only_sets: Sequence[str] | None,
        only_arms: Sequence[str] | None,
        readers: Sequence[str] = READERS,
    ) -> None:
        """Make every run that is not there yet."""
        if self.generated:
            self.data = self.results
            write_phantoms(self.data / PHANTOM.folder, self.amount.cases)
        sets = []
        for chosen in self.sets:
            if only_sets and chosen.name not in only_sets:
                continue
            if (self.data / chosen.folder).is_dir():
                sets.append(chosen)
            else:
                self.left_out.append(f"{chosen.name}: no {chosen.folder}")
        self.left_out += run_jobs(self._trainings(sets), self.processes)
        jobs = [
            job
            for reader in readers
            for chosen in sets
            for arm in ARMS
            if (arm.title in only_arms if only_arms else self._includes(arm))
            if (job := self._job(chosen, arm, reader))
        ]
        self.left_out += run_jobs(jobs, self.processes)
        self.left_out = list(dict.fromkeys(self.left_out))
        self.only_arms = only_arms

    def _includes(self, arm: Arm) -> bool:
        return not arm.extra or self.amount.trains_all

    def _trainings(self, sets: Sequence[StudySet]) -> list[Job]:
        """The sets' own base models, where there are none and they are wanted."""
        missing = {
            chosen.weights
            for chosen in sets
            if chosen.weights in STUDY
            and not (self.models / f"{chosen.weights}.safetensors").is_file()
            and (self.amount.trains_all or chosen.base(self.models) is None)
        }
        return [
            Job(
                f"training {name}",
                partial(
                    train_study_models,
                    [name],
                    self.data,
                    self.models,
                    share=self.amount.train_share,
                    seed=self.seed,
                ),
            )
            for name in sorted(name for name in missing if name)
        ]

    def _job(self, chosen: StudySet, arm: Arm, reader: str) -> Job | None:
        """One reader's run of an arm, or None where it is made or cannot be."""
        name = f"{chosen.name}, {arm.title}"
        base = chosen.base(self.models)
        reason = self._obstacle(arm, base is not None)
        if reason or base is None:
            self.left_out.append(f"{name}: {reason}")
            return None
        weights, labels = base
        stem = f"{_slug(chosen.name)}--{_slug(arm.title)}--{reader}"
        path = self.results / f"{stem}.json"
        files = self._cases(chosen, weights)
        if not files:
            self.left_out.append(f"{name}: no patient the weights have not seen")
            return None
        options = RunOptions(
            arm.engine,
            self.data / chosen.folder,
            labels,
            weights={"base": weights, None: None}.get(arm.weights, arm.weights),
            annotator=arm.annotator,
            plan=replace(self.plans[reader], repeats=chosen.repeats),
            seed=self.seed,
            arm=arm.title,
            set_name=chosen.name,
            timer="cpu",
        )
        if _is_made(path, options, files, self.commit):
            return None
        minutes = self.amount.minutes
        until = None if minutes is None else self._started + 60 * minutes
        return Job(name, partial(_run_arm, options, path, files, until))

    def _obstacle(self, arm: Arm, has_base: bool) -> str:
        if arm.engine not in engines.available():
            return "this installation has no such engine"
        if not has_base:
            return "no base model"
        named = arm.weights not in (None, "base")
        if named and not (WEIGHTS / f"{arm.weights}.safetensors").is_file():
            return f"no weights “{arm.weights}”"
        return ""

    def _cases(self, chosen: StudySet, weights: str) -> list[CaseFiles]:
        """Cases nobody learnt or chose settings from, one per patient first."""
        files = find_cases(self.data / chosen.folder)
        names = [case.name for case in files]
        seen: set[str] = set(overlap(names, read_header(weights)))
        for arm in ARMS:
            if arm.weights not in (None, "base"):
                seen |= set(overlap(names, read_header(arm.weights)))
        if chosen.split:
            patients = [patient_of(name) for name in names]
            share = RECIPES[chosen.split].held_out_share
            used, _ = split_patients(patients, share, seed=0)
            seen |= {name for name in names if patient_of(name) in used}
        fresh = [case for case in files if case.name not in seen]
        return list(_by_patient(fresh))[: self.amount.cases]

    def report(self, out: Path, flag: str) -> Path:
        """Write the report of every result there is."""
        order = [arm.title for arm in ARMS]
        runs = [read_result(path) for path in sorted(self.results.glob("*--*.json"))]
        runs.sort(key=lambda r: (_place(self.sets, r.set_name), order.index(r.arm)))
        return write_report(
            runs,
            out,
            title="Study: every method, one reader",
            preface=preface(self, flag, runs),
        )


def _run_arm(
    options: RunOptions, path: Path, files: Sequence[CaseFiles], until: float | None
) -> None:
    """Walk the cases; after the moment ``until`` (monotonic clock) only the first."""
    path.unlink(missing_ok=True)  # of other sources, or another plan
    late = until is not None and time.monotonic() > until
    run(options, path, files=files[:1] if late else files)


def _place(sets: Sequence[StudySet], name: str) -> int:
    names = [chosen.name for chosen in sets]
    return names.index(name) if name in names else len(names)


def _by_patient(files: Sequence[CaseFiles]) -> Iterator[CaseFiles]:
    """The first case of every patient, then the second ones, and so on."""
    waiting = list(files)
    while waiting:
        later, patients = [], set()
        for case in waiting:
            patient = patient_of(case.name)
            if patient in patients:
                later.append(case)
            else:
                patients.add(patient)
                yield case
        waiting = later


def _is_made(
    path: Path, options: RunOptions, files: Sequence[CaseFiles], sources: str | None
) -> bool:
    """Whether a result of these sources holds all these cases, read as asked."""
    if not path.is_file():
        return False
    body = json.loads(path.read_text())
    meta, plan = body["meta"], options.plan
    return bool(
        {case.name for case in files} <= {row["case"] for row in body["cases"]}
        and (meta["commit"], meta["seed"]) == (sources, options.seed)
        and (meta["rounds"], meta["until_dice"], meta["volume_cap"], meta["repeats"])
        == (plan.rounds, plan.until_dice, plan.slices_max, plan.repeats)
    )


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name.lower())
