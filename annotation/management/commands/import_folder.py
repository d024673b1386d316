"""``manage.py import_folder PATH --project P``: real images become cases."""

from __future__ import annotations

import json
import tempfile
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import Arm, Project, User, Volume
from annotation.services.assignment import assignment_open
from annotation.services.project import (
    arm_open,
    project_blind,
    project_drop_empty,
    project_open,
)
from annotation.services.volume_import import Imported, cases_import, import_limits
from annotation.standards.case import Refusal
from annotation.standards.folder import Folder, scan
from inference_worker.contract.errors import SlicewiseError

SHOWN_BESIDE = 5


class Command(BaseCommand):
    """Import a folder and say of every case what became of it."""

    help = (
        "Bring in a folder of DICOM series, NIfTI volumes and PNG, TIFF or JPEG "
        "pictures, with their label volumes as hidden reference."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a folder, an archive or one file")
        parser.add_argument("--project", required=True, help="made if it is missing")
        parser.add_argument(
            "--labels",
            default="",
            help="liver=1,pancreas=2, or a JSON file of names and numbers",
        )
        parser.add_argument(
            "--labels-from", type=Path, help="a folder of label files named as images"
        )
        parser.add_argument("--engine", default="", help="of the arm to assign under")
        parser.add_argument("--weights", default="", help="of that engine")
        parser.add_argument(
            "--reader",
            action="append",
            default=[],
            help="username who gets every case; may be given again",
        )
        parser.add_argument("--modality", default="", help="for files that name none")
        parser.add_argument(
            "--blinded",
            action="store_true",
            help="from now on, readers see numbers instead of names of cases",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["project"]
        known = Project.objects.filter(name=name).exists()
        try:
            self.bring_in(options, *prepare(options))
        except SlicewiseError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
        finally:
            if not known:
                project_drop_empty(name=name)

    def bring_in(
        self,
        options: Mapping[str, Any],
        project: Project,
        arms: list[Arm],
        readers: list[User],
    ) -> None:
        """Read the folder, and make its cases those of the project."""
        if options["blinded"]:
            project_blind(project=project)
        limits = import_limits()
        with tempfile.TemporaryDirectory() as scratch:
            folder = scan(
                options["path"],
                limits,
                scratch=Path(scratch),
                labels_from=options["labels_from"],
            )
            outcomes = cases_import(
                project=project,
                cases=folder.cases,
                limits=limits,
                modality=options["modality"].upper(),
            )
            self.follow(folder, outcomes, arms, readers)

    def follow(
        self, folder: Folder, outcomes: Any, arms: list[Arm], readers: list[User]
    ) -> None:
        """Print a line per outcome, assign what came in, and sum up."""
        for refusal in folder.refusals:
            self.refuse(refusal)
        counts = {"new": 0, "known": 0, "refused": len(folder.refusals)}
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                counts["refused"] += 1
                self.refuse(outcome)
                continue
            counts["new" if outcome.new else "known"] += 1
            done = counts["new"] + counts["known"]
            self.stdout.write(f"[{done}/{len(folder.cases)}] {described(outcome)}")
            for arm in arms:
                for reader in readers:
                    assignment_open(volume=outcome.volume, reader=reader, arm=arm)
        self.sum_up(folder, counts)

    def refuse(self, refusal: Refusal) -> None:
        error = refusal.error
        self.stderr.write(f"left out {refusal.place}: {error.code} {error.message}")

    def sum_up(self, folder: Folder, counts: Mapping[str, int]) -> None:
        if folder.beside:
            shown = ", ".join(folder.beside[:SHOWN_BESIDE])
            more = " …" if len(folder.beside) > SHOWN_BESIDE else ""
            self.stdout.write(
                f"{len(folder.beside)} files are no images: {shown}{more}"
            )
        self.stdout.write(
            f"{counts['new']} imported, {counts['known']} already there, "
            f"{counts['refused']} left out"
        )
        if not counts["new"] and not counts["known"]:
            raise CommandError("Nothing was imported.", returncode=2)


def described(outcome: Imported) -> str:
    """One line on a case that came in."""
    volume: Volume = outcome.volume
    size = "×".join(str(n) for n in volume.shape)
    color = " RGB" if volume.channels == 3 else ""
    parts = [f"{volume.name}: {size}{color} {volume.modality}"]
    parts.append("with reference" if volume.has_reference else "no reference")
    if not outcome.new:
        parts = [f"{volume.name}: already imported"]
    return ", ".join(parts) + "".join(f"\n    {each}" for each in outcome.notices)


def prepare(options: Mapping[str, Any]) -> tuple[Project, list[Arm], list[User]]:
    """Make or find the project, its arm and its readers before any file is read."""
    readers = []
    for username in options["reader"]:
        found = User.objects.filter(username=username, is_active=True).first()
        if found is None:
            raise CommandError(f"There is no user {username}.")
        readers.append(found)
    labels = read_label_set(options["labels"])
    known = Project.objects.filter(name=options["project"]).exists()
    if not known and not labels:
        raise CommandError(
            f"There is no project {options['project']}: give its --labels to make it."
        )
    project = project_open(name=options["project"], labels=labels)
    if options["engine"]:
        arm = arm_open(
            project=project, engine=options["engine"], weights=options["weights"]
        )
        return project, [arm], readers
    arms = list(project.arms.all())
    if readers and not arms:
        raise CommandError("The project has no arm to assign under: give an --engine.")
    return project, arms, readers


def read_label_set(text: str) -> dict[str, int]:
    """Read ``liver=1,pancreas=2``, or a JSON file that maps names to numbers.

    Also the other way round, as dataset.json of the Medical Segmentation Decathlon has
    it under "labels"; background is left out.
    """
    if not text:
        return {}
    path = Path(text)
    try:
        if "=" not in text:
            found = json.loads(path.read_text())
            found = found.get("labels", found)
            pairs = [(k, v) if str(v).isdecimal() else (v, k) for k, v in found.items()]
        else:
            pairs = [part.rsplit("=", 1) for part in text.split(",") if part.strip()]
        labels = {str(name).strip(): int(value) for name, value in pairs}
    except (OSError, ValueError, AttributeError) as error:
        raise CommandError(
            f"--labels {text}: give liver=1,pancreas=2 or a JSON file ({error})."
        ) from error
    labels = {name: value for name, value in labels.items() if value != 0}
    wrong = [n for n, value in labels.items() if not 1 <= value <= 254 or not n]
    if wrong or len(set(labels.values())) != len(labels):
        raise CommandError("--labels: numbers are 1 to 254, each given once.")
    return labels
