"""
Run the close of a day, or of all days up to one: plan it once, close what is not closed yet, check.

Days that were missed are closed in one pass. Whoever runs it holds an advisory
lock; a second runner is told so and does nothing. A run that was killed is
taken up where it stopped.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from importlib.metadata import version

from django.conf import settings
from django.db import connection, transaction

from postloan.books.accounting.operations import sum_postings
from postloan.books.ledger.queries import get_business_date
from postloan.books.payments.operations import stop_accruals
from postloan.books.positions import lake
from postloan.care.reminders.tasks import defer_reminders
from postloan.close.checks import check_close
from postloan.close.executors import Executor, executor_of
from postloan.close.models import CloseRun, FaultyLoan, PartitionAtWork
from postloan.close.passes import Partition, Pass
from postloan.close.plan import plan_partitions
from postloan.close.workers import Task
from postloan.ground.audit import operations as audit

ADVISORY_LOCK = 7_061_001  # one number of the database's lock space, used by the close alone
DAYS_IN_A_PASS = 31  # more missed days are closed in several passes, so that memory stays bounded

Clock = Callable[[], datetime]
Progress = Callable[[date, int, int], None]  # last day of the pass, partitions done, partitions in all


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
    CloseAlreadyRunning, NotTheBusinessDate, ledger.queries.BooksNotOpen,
    workers.UnknownExecutor. Repeating it after a kill finishes what is left.
    """
    with _alone(), executor_of(setting=settings.CLOSE_EXECUTOR) as executor:
        for run in _finish_interrupted(
            executor=executor, by=by, clock=clock, progress=progress, rehearsal_at=rehearsal_at
        ):
            if run.business_date == business_date:
                return run
        open_date = get_business_date()
        if business_date != open_date:
            raise NotTheBusinessDate(f"the books are open for {open_date}, not {business_date}")
        runs = _begin(from_date=business_date, through_date=business_date, clock=clock)
        return _close(runs, executor=executor, by=by, clock=clock, progress=progress, rehearsal_at=rehearsal_at)[-1]


def close_through(*, through_date: date, by: str, clock: Clock, progress: Progress | None = None) -> list[CloseRun]:
    """
    Close every day from the open business date to `through_date`, both inclusive; none if that is closed.

    Several days are one pass: a loan is read and written once, every day keeps its
    own postings and positions, and contacts are planned for the day after the last
    only. Refusals as those of `close_day`.
    """
    with _alone(), executor_of(setting=settings.CLOSE_EXECUTOR) as executor:
        runs = _finish_interrupted(executor=executor, by=by, clock=clock, progress=progress, rehearsal_at=None)
        while (from_date := get_business_date()) <= through_date:
            last = min(through_date, from_date + timedelta(days=DAYS_IN_A_PASS - 1))
            begun = _begin(from_date=from_date, through_date=last, clock=clock)
            runs += _close(begun, executor=executor, by=by, clock=clock, progress=progress, rehearsal_at=None)
        return [run for run in runs if run.business_date <= through_date]


@transaction.atomic
def _begin(*, from_date: date, through_date: date, clock: Clock) -> list[CloseRun]:
    """Write down the pass before any of it is done: its days, and how the slots are cut."""
    cuts = plan_partitions(from_date=from_date, through_date=through_date)
    partitions = [[part.from_slot, part.to_slot] for part in cuts]
    started_at = clock()
    return CloseRun.objects.bulk_create(
        CloseRun(
            business_date=from_date + timedelta(days=place),
            pass_through_date=through_date,
            started_at=started_at,
            partitions=partitions,
            software_version=version("postloan"),
            executor=settings.CLOSE_EXECUTOR,
        )
        for place in range((through_date - from_date).days + 1)
    )


def _finish_interrupted(
    *, executor: Executor, by: str, clock: Clock, progress: Progress | None, rehearsal_at: datetime | None
) -> list[CloseRun]:
    """Finish the pass that was killed, with the days and partitions it was begun with."""
    runs = list(CloseRun.objects.filter(finished_at__isnull=True).order_by("business_date"))
    if not runs:
        return []
    return _close(runs, executor=executor, by=by, clock=clock, progress=progress, rehearsal_at=rehearsal_at)


def _close(
    runs: Sequence[CloseRun],
    *,
    executor: Executor,
    by: str,
    clock: Clock,
    progress: Progress | None,
    rehearsal_at: datetime | None,
) -> list[CloseRun]:
    """Close what is not closed yet of one pass, then check it."""
    last = runs[-1]
    days = Pass(from_date=runs[0].business_date, run_ids=tuple(run.pk for run in runs))
    partitions = [Partition(no, *slots) for no, slots in enumerate(last.partitions)]
    finished = set(last.marks.values_list("partition_no", flat=True))

    def done(task: Task) -> None:
        finished.add(task.partition.partition_no)
        if progress:
            progress(last.business_date, len(finished), len(partitions))

    at, now = clock(), time.time()
    tasks = [Task(days, part, at=at, handed_out_unix=now) for part in partitions if part.partition_no not in finished]
    if tasks:
        executor.run(tasks=tasks, done=done)
    return _finish(runs, by=by, clock=clock, rehearsal_at=rehearsal_at)


@transaction.atomic
def _finish(runs: Sequence[CloseRun], *, by: str, clock: Clock, rehearsal_at: datetime | None) -> list[CloseRun]:
    stop_accruals(closed_date=runs[-1].business_date, by=by, at=clock())
    sum_postings()  # first: the checks of a month end read the sums
    has_faults = FaultyLoan.objects.filter(solved_at__isnull=True).exists()
    for run in runs:
        run.checks = check_close(business_date=run.business_date)
        run.finished_at = clock()
        run.state = CloseRun.State.AMBER if has_faults else CloseRun.State.FINISHED
        if not all(check["holds"] for check in run.checks):
            run.state = CloseRun.State.FAILED
        run.save(update_fields=["checks", "finished_at", "state"])
        lake.remove_drafts(business_date=run.business_date)
        audit.record_act(
            by=by,
            action="close_day",
            subject_kind="books",
            subject_id=run.business_date.isoformat(),
            at=run.finished_at,
            details={"state": run.state},
        )
    PartitionAtWork.objects.filter(run__in=runs).delete()
    defer_reminders(contact_date=runs[-1].business_date + timedelta(days=1), rehearsal_at=rehearsal_at)
    return list(runs)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
        if not cursor.fetchone()[0]:
            raise CloseAlreadyRunning("another process is closing the books")
        try:
            yield
        finally:
            if connection.is_usable():  # where the database died the lock died with it
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
