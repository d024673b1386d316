"""Print user time and machine time of every case of a project as CSV."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import Project
from annotation.selectors.case_times import CaseTimes, project_times
from annotation.timing.activity import Rules


class Command(BaseCommand):
    """``manage.py times --project P [--idle-after 30] [--wait-for-final]``."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        defaults = Rules()
        parser.add_argument("--project", required=True, help="slug or name")
        parser.add_argument(
            "--idle-after",
            type=float,
            default=defaults.idle_after_s,
            help="seconds without a sign of the reader after which they are idle",
        )
        parser.add_argument(
            "--action",
            type=float,
            default=defaults.action_s,
            help="seconds a scroll or a change of the view counts for",
        )
        parser.add_argument(
            "--wait-for-final",
            action="store_true",
            help="waiting ends with the final answer, not with the first one shown",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["project"]
        project = Project.objects.filter(slug=name) | Project.objects.filter(name=name)
        if not project:
            raise CommandError(f"There is no project “{name}”.")
        if options["idle_after"] <= 0 or options["action"] < 0:
            raise CommandError("--idle-after and --action are positive seconds.")
        rules = Rules(
            idle_after_s=options["idle_after"],
            action_s=options["action"],
            wait_for_final=options["wait_for_final"],
        )
        columns = [field.name for field in fields(CaseTimes)]
        writer = csv.DictWriter(self.stdout, columns, lineterminator="\n")
        writer.writeheader()
        for times in project_times(project=project.get(), rules=rules):
            writer.writerow(times.as_row())
