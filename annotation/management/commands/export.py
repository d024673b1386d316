"""``manage.py export --project P --format nifti OUT``: masks leave the house."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import Project, User
from annotation.selectors.masks import SELECTIONS
from annotation.services.export import project_export
from annotation.timing.activity import Rules
from inference_worker.contract.errors import SlicewiseError


class Command(BaseCommand):
    """Write masks with a manifest, checked by reading every file again."""

    help = (
        "Export masks as NIfTI on the grid of their source images, with a manifest of "
        "revisions, engines, times and checksums."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("out", type=Path, help="a folder, absent or empty")
        parser.add_argument("--project", required=True, help="slug or name")
        parser.add_argument("--format", choices=["nifti"], default="nifti")
        parser.add_argument(
            "--masks",
            choices=list(SELECTIONS),
            default="submitted",
            help="; ".join(f"{name}: {what}" for name, what in SELECTIONS.items()),
        )
        parser.add_argument(
            "--idle-after",
            type=float,
            default=Rules().idle_after_s,
            help="seconds, a rule of the time analysis",
        )
        parser.add_argument("--by", default="", help="username, for the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["project"]
        found = Project.objects.filter(slug=name) | Project.objects.filter(name=name)
        project = found.first()
        if project is None:
            raise CommandError(f"There is no project “{name}”.")
        if options["idle_after"] <= 0:
            raise CommandError("--idle-after is a positive number of seconds.")
        actor = User.objects.filter(username=options["by"]).first()
        if options["by"] and actor is None:
            raise CommandError(f"There is no user {options['by']}.")
        try:
            export = project_export(
                project=project,
                out=options["out"].absolute(),
                selection=options["masks"],
                rules=Rules(idle_after_s=options["idle_after"]),
                actor=actor,
            )
        except SlicewiseError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
        self.stdout.write(
            f"{export.masks} masks in {options['out']}, each read back and equal; "
            f"manifest {export.manifest_sha256[:12]}…"
        )
