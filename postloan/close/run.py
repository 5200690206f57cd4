"""
Run the close of a day, or of all days up to one: plan it once, close what is not closed yet, check.

Whoever runs it holds an advisory lock; a second runner is told so and does
nothing. A run that was killed is taken up where it stopped.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from postloan.books.ledger.queries import get_business_date
from postloan.care.reminders.tasks import defer_reminders
from postloan.close.checks import check_close
from postloan.close.models import CloseRun, FaultyLoan
from postloan.close.partitions import Partition, close_partition
from postloan.close.plan import plan_partitions
from postloan.ground.audit import operations as audit

ADVISORY_LOCK = 7_061_001  # one number of the database's lock space, used by the close alone

Clock = Callable[[], datetime]
Progress = Callable[[date, int, int], None]  # business date, partitions done, partitions in all


class CloseAlreadyRunning(RuntimeError):
    """Another process is closing the books."""


class NotTheBusinessDate(ValueError):
    """The day asked for is not the next day to close: it is closed already, or one before it is not."""


def close_day(
    *,
    business_date: date,
    by: str,
    clock: Clock,
    progress: Progress | None = None,
    rehearsal_at: datetime | None = None,
) -> CloseRun:
    """
    Close the books of `business_date` and return the finished run.

    The reminders of the next day go into the queue with it; a rehearsal says at
    which instant they are to act (`rehearsal_at`), otherwise the clock decides.
    A run whose checks do not hold comes back as `failed`. Refusals:
    CloseAlreadyRunning, NotTheBusinessDate, ledger.queries.BooksNotOpen. Repeating
    it after a kill finishes what is left.
    """
    with _alone():
        open_date = get_business_date()
        _finish_interrupted(open_date=open_date, by=by, clock=clock, rehearsal_at=rehearsal_at)
        if business_date != open_date:
            raise NotTheBusinessDate(f"the books are open for {open_date}, not {business_date}")
        run, _ = CloseRun.objects.get_or_create(
            business_date=business_date,
            defaults={
                "started_at": clock(),
                "partitions": [[part.from_slot, part.to_slot] for part in plan_partitions(business_date=business_date)],
            },
        )
        done = set(run.marks.values_list("partition_no", flat=True))
        for no, (from_slot, to_slot) in enumerate(run.partitions):
            if no not in done:
                part = Partition(no, from_slot, to_slot)
                close_partition(run_id=run.pk, business_date=business_date, partition=part, clock=clock)
            if progress:
                progress(business_date, no + 1, len(run.partitions))
        return _finish(run=run, by=by, clock=clock, rehearsal_at=rehearsal_at)


def _finish_interrupted(*, open_date: date, by: str, clock: Clock, rehearsal_at: datetime | None) -> None:
    """Finish runs that were killed between their last partition and their checks."""
    for run in CloseRun.objects.filter(finished_at__isnull=True, business_date__lt=open_date):
        _finish(run=run, by=by, clock=clock, rehearsal_at=rehearsal_at)


def close_through(*, through_date: date, by: str, clock: Clock, progress: Progress | None = None) -> list[CloseRun]:
    """Close every day from the open business date to `through_date`, both inclusive; none if that is closed."""
    runs = []
    while (business_date := get_business_date()) <= through_date:
        runs.append(close_day(business_date=business_date, by=by, clock=clock, progress=progress))
    return runs


@transaction.atomic
def _finish(*, run: CloseRun, by: str, clock: Clock, rehearsal_at: datetime | None) -> CloseRun:
    run.checks = check_close(business_date=run.business_date)
    run.finished_at = clock()
    has_faults = FaultyLoan.objects.filter(solved_at__isnull=True).exists()
    holds = all(check["holds"] for check in run.checks)
    run.state = CloseRun.State.AMBER if has_faults else CloseRun.State.FINISHED
    if not holds:
        run.state = CloseRun.State.FAILED
    run.save(update_fields=["checks", "finished_at", "state"])
    defer_reminders(contact_date=run.business_date + timedelta(days=1), rehearsal_at=rehearsal_at)
    audit.record_act(
        by=by,
        action="close_day",
        subject_kind="books",
        subject_id=run.business_date.isoformat(),
        at=run.finished_at,
        details={"state": run.state},
    )
    return run


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
        if not cursor.fetchone()[0]:
            raise CloseAlreadyRunning("another process is closing the books")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
