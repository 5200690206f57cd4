"""Closed days, written directly: for tests of pages that only read them."""

from datetime import UTC, date, datetime, timedelta

from postloan.books.loans.models import Loan
from postloan.close.models import ClosePartition, CloseRun, FaultyLoan

COUNTS = {"loans": 812, "instalments": 301, "postings": 900, "reminders": 640, "faults": 0}
STEP_SECONDS = {
    "read": 0.31,
    "raise_due": 0.12,
    "charge_penalties": 0.04,
    "age": 0.02,
    "plan_reminders": 0.08,
    "write": 0.55,
}


def make_close_run(
    *,
    business_date: date = date(2018, 7, 1),
    partitions: int = 2,
    state: str = "finished",
    checks: list[object] | None = None,
) -> CloseRun:
    """Return a run with its partitions, closed the evening of its business date."""
    started = datetime.combine(business_date, datetime.min.time(), tzinfo=UTC) + timedelta(hours=15)
    run = CloseRun.objects.create(
        business_date=business_date,
        state=state,
        partitions=[[number * 32, number * 32 + 31] for number in range(partitions)],
        started_at=started,
        finished_at=started + timedelta(seconds=2),
        checks=checks if checks is not None else [{"name": "slots_behind", "expected": 0, "found": 0, "holds": True}],
    )
    for number in range(partitions):
        ClosePartition.objects.create(
            run=run,
            partition_no=number,
            from_slot=number * 32,
            to_slot=number * 32 + 32,
            finished_at=started + timedelta(seconds=1 + number),
            counts=COUNTS,
            step_seconds=STEP_SECONDS,
        )
    return run


def make_fault(*, loan: Loan, business_date: date = date(2018, 7, 1)) -> FaultyLoan:
    """Return a loan set aside by the close."""
    return FaultyLoan.objects.create(
        loan=loan,
        business_date=business_date,
        step="raise_due",
        reason="The plan has no row 5",
        found_at=datetime(2018, 7, 1, 15, tzinfo=UTC),
    )
