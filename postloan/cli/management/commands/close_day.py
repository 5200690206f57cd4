"""Close the open business date, or every day up to a date."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date, timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.close import queries, watching
from postloan.close.models import CloseRun
from postloan.close.reporting import write_report
from postloan.close.run import CloseAlreadyRunning, close_through
from postloan.close.workers import UnknownExecutor

SAID_EVERY_SECONDS = 5.0


class Command(BaseCommand):
    """`postloan close-day [--through DATE] [--executor inline|processes:N|ray[:ADDRESS]]`"""

    _said_at = -SAID_EVERY_SECONDS
    help = "Close the open business date, or every day up to and including --through, missed days in one pass."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--through", type=date.fromisoformat, metavar="DATE", help="last day to close, YYYY-MM-DD")
        parser.add_argument("--executor", help="who does the partitions: inline, processes:N, ray or ray:ADDRESS")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["executor"]:
            settings.CLOSE_EXECUTOR = options["executor"]
        try:
            open_date = get_business_date()
            through = options["through"] or open_date
            runs = close_through(through_date=through, by="close-day", clock=timezone.now, progress=self._show)
        except (BooksNotOpen, CloseAlreadyRunning, UnknownExecutor) as refusal:
            raise CommandError(str(refusal)) from refusal
        if not runs:
            self.stdout.write(f"{through} is closed; the books are open for {open_date}.")
        self._report(runs)

    def _show(self, business_date: date, done: int, total: int) -> None:
        """Say how far it is: one line rewritten on a terminal, elsewhere a line now and then."""
        if not sys.stdout.isatty() and monotonic() - self._said_at < SAID_EVERY_SECONDS:
            return
        self._said_at = monotonic()
        at = timezone.now()
        seen = watching.get_progress(run=queries.get_run(business_date=business_date), at=at)
        steps = ", ".join(f"{step.at_work} at {step.step.replace('_', ' ')}" for step in seen.steps if step.at_work)
        end = f", done at about {timezone.localtime(seen.expected_end_at):%H:%M:%S}" if seen.expected_end_at else ""
        line = f"{business_date}: {done} of {total} partitions, {seen.loans_done:,} loans; {steps or 'checking'}{end}"
        self.stdout.write(
            f"\r\033[K{line}" if sys.stdout.isatty() else line, ending="" if sys.stdout.isatty() else "\n"
        )
        self.stdout.flush()

    def _report(self, runs: Sequence[CloseRun]) -> None:
        for run in runs:
            summary = queries.summarise(run=run, marks=list(run.marks.all()))
            clear = "\r\033[K" if sys.stdout.isatty() else ""
            told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in summary.counts.items() if count)
            seconds = (summary.elapsed or timedelta()).total_seconds()
            self.stdout.write(f"{clear}{run.business_date} {run.state} in {seconds:.2f} s: {told or 'nothing to do'}")
            file = write_report(run=run, at=timezone.now())
            if run is runs[-1]:
                self.stdout.write(f"report: {file}")
        broken = [(run, check) for run in runs for check in run.checks if not check["holds"]]
        for run, check in broken:
            raise CommandError(
                f"{run.business_date}, check {check['name']}: expected {check['expected']}, found {check['found']}"
            )
