"""Close the open business date, or every day up to a date."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.close.models import CloseRun
from postloan.close.run import CloseAlreadyRunning, close_through


class Command(BaseCommand):
    """`postloan close-day [--through DATE]`"""

    help = "Close the open business date, or every day up to and including --through."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--through", type=date.fromisoformat, metavar="DATE", help="last day to close, YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            open_date = get_business_date()
            through = options["through"] or open_date
            if through < open_date:
                self.stdout.write(f"{through} is closed; the books are open for {open_date}.")
                return
            for day in range((through - open_date).days + 1):
                runs = close_through(
                    through_date=open_date + timedelta(days=day),
                    by="close-day",
                    clock=timezone.now,
                    progress=self._show,
                )
                for run in runs:
                    self._report(run)
        except (BooksNotOpen, CloseAlreadyRunning) as refusal:
            raise CommandError(str(refusal)) from refusal

    def _show(self, business_date: date, done: int, total: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{business_date}: partition {done} of {total}", ending="")

    def _report(self, run: CloseRun) -> None:
        marks = list(run.marks.all())
        counts: dict[str, int] = {}
        for mark in marks:
            for name, count in mark.counts.items():
                counts[name] = counts.get(name, 0) + count
        seconds = sum(sum(mark.step_seconds.values()) for mark in marks)
        told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items() if count)
        self.stdout.write(f"\r{run.business_date} {run.state} in {seconds:.2f} s: {told or 'nothing to do'}")
        for check in run.checks:
            if not check["holds"]:
                raise CommandError(f"check {check['name']}: expected {check['expected']}, found {check['found']}")
