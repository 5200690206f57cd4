"""`postloan import-book FILE --mapping MAPPING.toml --as-of DATE`: take a lender's tape over."""

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.books.ledger.operations import BooksAlreadyOpen
from postloan.books.loans import operations
from postloan.books.loans.importing.mapping import LoadedMapping, MappingRefused, load_mapping
from postloan.books.loans.importing.reading import ColumnsMissing, TapeUnreadable
from postloan.books.loans.importing.surveying import TapeEmpty, TapeTooLong
from postloan.books.loans.importing.tie_out import TieOutFailed
from postloan.cli.import_report import print_report
from postloan.lab.persons import InventedPeople

REFUSALS = (
    BooksAlreadyOpen,
    ColumnsMissing,
    TapeEmpty,
    TapeTooLong,
    TapeUnreadable,
    TieOutFailed,
    operations.NothingToLoad,
    operations.RejectsNotWritable,
    operations.TapeChanged,
)


class Command(BaseCommand):
    help = "Take over a lender's loan book from a CSV tape, described by a mapping (docs/rules/import.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the tape: CSV, plain or gzipped")
        parser.add_argument("--mapping", type=Path, required=True, metavar="MAPPING.toml")
        parser.add_argument("--as-of", type=day, metavar="DATE", help="last day in the tape; default: the mapping's")
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument("--rejects", type=Path, metavar="FILE", help="load the good rows, put the bad ones here")
        parser.add_argument("--max-rows", type=int, default=operations.MAX_ROWS, metavar="N")
        parser.add_argument("--workers", type=int, metavar="N", help="processes that prepare rows; default: by size")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            mapping = load_mapping(file=options["mapping"])
            imported = operations.import_book(
                tape=options["file"],
                mapping=mapping,
                as_of=_as_of(options["as_of"], mapping),
                by="import-book",
                at=timezone.now(),
                dry_run=options["dry_run"],
                rejects=options["rejects"],
                max_rows=options["max_rows"],
                people=invented_people(mapping),
                workers=options["workers"],
                progress=self._progress if sys.stderr.isatty() else None,
            )
        except operations.BadRowsFound as found:
            print_report(imported=found.imported, stream=self.stdout)
            raise CommandError(f"{found} (--rejects FILE loads the others)") from None
        except (MappingRefused, *REFUSALS) as refusal:
            raise CommandError(f"Nothing was imported: {refusal}") from None
        print_report(imported=imported, stream=self.stdout)
        if options["dry_run"] and imported.bad_row_count:
            raise CommandError(f"{imported.bad_row_count} of {imported.rows} rows are bad")

    def _progress(self, done: int, total: int) -> None:
        self.stderr.write(f"\r{done:,} of {total:,} rows", ending="" if done < total else "\n")


def invented_people(mapping: LoadedMapping) -> InventedPeople | None:
    """Return the people to invent where the mapping asks for them."""
    wanted = mapping.mapping.people
    return InventedPeople(seed=wanted.seed) if wanted.invent else None


def _as_of(given: date | None, mapping: LoadedMapping) -> date:
    as_of = given or mapping.mapping.tape.as_of
    if as_of is None:
        raise CommandError("say with --as-of which day is the last one in the tape")
    return as_of


def day(text: str) -> date:
    """Read a date written as 2018-06-30; argparse names this function where it cannot."""
    return date.fromisoformat(text)
