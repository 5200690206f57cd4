"""Take in what another core tells of the loans it keeps."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.books.ledger.queries import BooksNotOpen
from postloan.books.loans.importing.mapping import MappingRefused
from postloan.books.loans.importing.reading import ColumnsMissing, TapeUnreadable
from postloan.books.mirror import operations
from postloan.books.mirror.mapping import KINDS, KindNotMapped, load_sync_mapping
from postloan.books.mirror.projecting import PlanHasGaps

REFUSALS = (
    BooksNotOpen,
    ColumnsMissing,
    KindNotMapped,
    MappingRefused,
    PlanHasGaps,
    TapeUnreadable,
    operations.DayInFuture,
    operations.NothingTold,
    operations.SourceTaken,
)
ROWS_SHOWN = 20


class Command(BaseCommand):
    """`postloan sync-book FILE --kind positions|instalments|receipts --mapping MAPPING.toml --date DATE [--full]`"""

    help = "Follow loans that another core keeps: take in a file of it, all or nothing (docs/rules/mirror.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV, CSV.gz, JSON lines or Parquet")
        parser.add_argument("--kind", choices=KINDS, required=True)
        parser.add_argument("--mapping", type=Path, required=True, metavar="MAPPING.toml")
        parser.add_argument(
            "--date", type=date.fromisoformat, required=True, metavar="DATE", help="the core's day that had closed"
        )
        parser.add_argument("--full", action="store_true", help="the file tells everything, not only what changed")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = operations.sync_file(
                file=options["file"],
                kind=options["kind"],
                mapping=load_sync_mapping(file=options["mapping"]),
                as_of=options["date"],
                is_full=options["full"],
                by="sync-book",
                at=timezone.now(),
            )
        except operations.SyncRefused as refusal:
            for row in refusal.bad_rows[:ROWS_SHOWN]:
                self.stdout.write(f"row {row.row_no}, {row.column or 'the whole row'}: {row.kind}: {row.reason}")
            raise CommandError(str(refusal)) from None
        except REFUSALS as refusal:
            raise CommandError(f"Nothing was written: {refusal}") from None
        file = found.file
        if found.was_there:
            self.stdout.write(f"this file came before, at {file.received_at:%Y-%m-%d %H:%M}: nothing to do")
            return
        self.stdout.write(
            f"{file.kind} of {file.as_of_date}: {file.rows_read:,} rows, {file.rows_taken:,} taken, "
            f"{file.rows_same:,} known, {file.rows_older:,} older than what is held"
        )
        if file.kind == "positions":
            self.stdout.write(f"{file.loans_new:,} new loans, {file.loans_absent:,} no longer told")
