"""Write what another core is to be told of a day."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.care.core_results import DayNotOver, UnknownCore, write_core_results


class Command(BaseCommand):
    """`postloan core-results SOURCE --date DATE --out FOLDER`"""

    help = "Write the results of our contacts about a core's loans as JSON lines (docs/rules/mirror.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="under which the core's loans are known")
        parser.add_argument("--date", type=date.fromisoformat, required=True, metavar="DATE", help="a day that is over")
        parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = write_core_results(
                source=options["source"], day=options["date"], folder=options["out"], at=timezone.now()
            )
        except (DayNotOver, UnknownCore, OSError) as refusal:
            raise CommandError(f"Nothing was written: {refusal}") from None
        self.stdout.write(f"{found.file}: {found.records:,} records, sha256 {found.sha256}")
