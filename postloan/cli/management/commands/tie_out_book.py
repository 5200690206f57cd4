"""Compare the loans of another core with what our books make of them."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.books.mirror import operations


class Command(BaseCommand):
    """`postloan tie-out-book SOURCE --date DATE [--control FILE.csv]`"""

    help = "Compare a night of another core with ours: by status and bucket, and loan by loan (docs/rules/mirror.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="under which the core's loans are known")
        parser.add_argument("--date", type=date.fromisoformat, required=True, metavar="DATE")
        parser.add_argument("--control", type=Path, metavar="FILE", help="CSV: status, bucket, loans, outstanding")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            control = operations.read_control(file=options["control"]) if options["control"] else None
            found = operations.tie_out(
                source=options["source"], business_date=options["date"], at=timezone.now(), control=control
            )
        except (operations.ControlUnreadable, operations.UnknownCore) as refusal:
            raise CommandError(f"Nothing was compared: {refusal}") from None
        self.stdout.write(f"{'status':<20}{'bucket':<8}{'loans':>12}{'here':>12}{'outstanding':>20}{'here':>20}")
        for line in found.lines:
            theirs, ours = line["theirs"], line["ours"]
            self.stdout.write(
                f"{line['status']:<20}{line['bucket']:<8}{theirs['loans']:>12,}{ours['loans']:>12,}"
                f"{theirs['outstanding_minor']:>20,}{ours['outstanding_minor']:>20,}"
                + ("" if theirs == ours else "  DIFFERS")
            )
        if not found.holds:
            raise CommandError(f"the day does not tie out; {found.difference_count:,} figures of loans differ")
        self.stdout.write("the day ties out")
