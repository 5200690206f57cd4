"""Close the open business date, or every day up to a date."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.close import queries, watching
from postloan.close.models import CloseRun
from postloan.close.run import CloseAlreadyRunning, close_through
from postloan.close.workers import UnknownExecutor


class Command(BaseCommand):
    """`postloan close-day [--through DATE] [--executor inline|processes:N|ray[:ADDRESS]]`"""

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
        """Rewrite one line on a terminal: partitions by phase, the step at work, the end to expect."""
        if not sys.stdout.isatty():
            return
        at = timezone.now()
        seen = watching.get_progress(run=queries.get_run(business_date=business_date), at=at)
        phases = ", ".join(
            f"{sum(part.state == phase for part in seen.partitions)} {word}"
            for phase, word in (("read", "reading"), ("work", "at work"), ("write", "writing"))
            if any(part.state == phase for part in seen.partitions)
        )
        end = f", done at about {timezone.localtime(seen.expected_end_at):%H:%M:%S}" if seen.expected_end_at else ""
        line = f"{business_date}: {done} of {total} partitions, {seen.loans_done:,} loans; {phases or 'checking'}{end}"
        self.stdout.write(f"\r\033[K{line}", ending="")
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


def write_report(*, run: CloseRun, at: datetime) -> Path:
    """Write the report of a run into var/close and return the file: counts, timings, partitions, checks, faults."""
    marks = list(run.marks.order_by("partition_no"))
    summary = queries.summarise(run=run, marks=marks)
    report = {
        "business_date": run.business_date.isoformat(),
        "state": run.state,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "seconds": (summary.elapsed or timedelta()).total_seconds(),
        "pass_through_date": run.pass_through_date.isoformat() if run.pass_through_date else None,
        "software_version": run.software_version,
        "executor": run.executor,
        "counts": summary.counts,
        "step_seconds": {step.step: step.seconds for step in summary.steps},
        "partitions": [
            {"partition_no": mark.partition_no, "counts": mark.counts, "step_seconds": mark.step_seconds}
            for mark in marks
        ],
        "checks": run.checks,
        "faults": [
            {"loan_id": fault.loan_id, "step": fault.step, "reason": fault.reason}
            for fault in queries.get_faults(business_date=run.business_date)
        ],
        "written_at": at.isoformat(),
    }
    file = Path(settings.VAR_DIR) / "close" / f"{run.business_date}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report, indent=1))
    return file
