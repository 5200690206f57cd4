"""`postloan debit-file [--date DATE]`: announce debits, tell the customers, hand the files whose day has come to the bank."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.payments import operations
from postloan.care.debits.operations import tell_debits

BY = "debit-file"


class Command(BaseCommand):
    help = (
        "Announce debits, make files of those whose day has come, and hand them to the bank (docs/operating/bank.md)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--date", type=date.fromisoformat, metavar="DATE", help="the day, YYYY-MM-DD; default: the business date"
        )
        parser.add_argument("--announce-only", action="store_true", help="make no files")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            on_date = options["date"] or get_business_date()
            at = timezone.now()
            announced = operations.announce_debits(on_date=on_date, by=BY, at=at)
            self.stdout.write(f"{announced:,} debits announced on {on_date}")
            told = tell_debits(at=at, by=BY)
            self.stdout.write(f"{told.told:,} told to their customers, {told.waiting:,} wait to be told")
            if options["announce_only"]:
                return
            for file in operations.make_debit_files(on_date=on_date, by=BY, at=at):
                self.stdout.write(
                    f"{file.file_id}: {file.debits:,} debits of {file.currency}, {file.total_minor:,} minor units, "
                    f"to be collected on {file.collect_date}"
                )
            handed = operations.hand_over_debit_files(by=BY, at=at)
            self.stdout.write(f"{len(handed):,} files handed over")
        except (BooksNotOpen, operations.FileMalformed) as refusal:
            raise CommandError(str(refusal)) from None
