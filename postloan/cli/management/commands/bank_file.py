"""`postloan bank-file [FILE …] [--date DATE] [--ask]`: take what the bank says: statuses, money, returns."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.payments import operations
from postloan.books.payments.debit_queries import find_bank_items

BY = "bank-file"
REFUSALS = (operations.BankFileRefused, operations.BankFileChanged, operations.ValueDateInFuture)


class Command(BaseCommand):
    help = "Take the files that the bank has left, or the FILEs given (docs/operating/bank.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="default: all that wait at the bank")
        parser.add_argument(
            "--date", type=date.fromisoformat, metavar="DATE", help="the day, YYYY-MM-DD; default: the business date"
        )
        parser.add_argument("--ask", action="store_true", help="ask again about debits unanswered for too long")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            on_date = options["date"] or get_business_date()
        except BooksNotOpen as refusal:
            raise CommandError(str(refusal)) from None
        if options["files"]:
            self._take_given(options["files"], on_date)
        else:
            self._take_waiting(on_date)
        if options["ask"]:
            asked = operations.ask_for_answers(on_date=on_date, by=BY, at=timezone.now())
            self.stdout.write(f"{len(asked):,} files asked about again")
        if items := find_bank_items().count():
            self.stdout.write(f"{items:,} bank items wait for a person")

    def _take_given(self, files: list[Path], on_date: date) -> None:
        for path in files:
            try:
                content = path.read_bytes()
                found = operations.take_bank_file(content=content, on_date=on_date, by=BY, at=timezone.now())
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}") from None
            except REFUSALS as refusal:
                raise CommandError(f"{path}: nothing of it was taken: {refusal}") from None
            told = self._told(found.bank_file.counts) if found.is_new else "was taken before"
            self.stdout.write(f"{path.name}: {told}")

    def _take_waiting(self, on_date: date) -> None:
        post = operations.take_bank_files(on_date=on_date, by=BY, at=timezone.now())
        for name, file in post.taken.items():
            self.stdout.write(f"{name}: {self._told(file.counts)}")
        for name in post.known:
            self.stdout.write(f"{name}: was taken before")
        for name, reason in post.early.items():
            self.stdout.write(f"{name}: waits, the books are not open for it yet: {reason}")
        if post.refused:
            told = "; ".join(f"{name}: {reason}" for name, reason in post.refused.items())
            raise CommandError(f"laid aside, nothing of it was taken: {told}")
        if not (post.taken or post.known or post.early):
            self.stdout.write("Nothing waits at the bank.")

    def _told(self, counts: dict[str, int]) -> str:
        told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items() if count)
        return told or "accepted, nothing to do"
