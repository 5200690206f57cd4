"""
Close one partition: read, work out day by day, write, mark, in one transaction.

Killed anywhere, it leaves nothing behind but perhaps files of positions that
the repetition replaces; done, its slots stand at the last day of the pass, and
it is not done again. Loans that cannot be worked out are found by halving, set
aside with the reason, and do not hold up the rest.
"""

from collections.abc import Callable
from datetime import datetime
from time import perf_counter

from postloan.books.columns import column_transaction
from postloan.close.night import Night
from postloan.close.passes import Fault, Partition, Pass
from postloan.close.steps import STEPS
from postloan.close.steps.read import lock_slots, read_book
from postloan.close.steps.write import Written, mark_done, write_book
from postloan.close.steps.write_positions import write_night_positions

FAULTS_AT_MOST = 100  # more than this in one partition is no faulty loan but a faulty close


class TooManyFaults(RuntimeError):
    """So many loans of one partition failed that the close itself must be at fault."""


def close_partition(
    *,
    days: Pass,
    partition: Partition,
    clock: Callable[[], datetime],
    watch: Callable[[str], None] = lambda phase: None,
) -> bool:
    """
    Close the days of a pass for one partition; returns False where that had been done before.

    `watch` is told what begins: wait (for receipts under way), read, each step, write. Contacts are
    planned by the last day only: those of days gone by would come too late.
    """
    with column_transaction(is_repeatable=True) as columns:
        watch("wait")
        asked = perf_counter()
        slots = lock_slots(columns=columns, from_slot=partition.from_slot, to_slot=partition.to_slot)
        if (slots["closed_through_date"] >= days.through_date).all():
            return False
        watch("read")
        held_since = perf_counter()
        book = read_book(columns=columns, partition=partition, days=days)
        reading = {"wait": held_since - asked, "read": perf_counter() - held_since}
        written = Written()
        for run_id, business_date in days.days():
            seconds = reading if business_date == days.from_date else {}
            faults: list[Fault] = []
            night = book.night_of(business_date=business_date, plans_contacts=business_date == days.through_date)
            night = work_out(night=night, faults=faults, seconds=seconds, watch=watch)
            book = book.after(night, set_aside=frozenset(fault.loan_id for fault in faults))
            watch("write_positions")
            started = perf_counter()
            positions = write_night_positions(night=night, part=f"{partition.partition_no:04d}")
            seconds["write_positions"] = perf_counter() - started
            written.add(run_id=run_id, night=night, faults=faults, positions=positions, seconds=seconds)
        watch("write")
        write_book(columns=columns, book=book, written=written, partition=partition, clock=clock)
        mark_done(
            columns=columns, written=written, partition=partition, at=clock(), held_seconds=perf_counter() - held_since
        )
    return True


def work_out(
    *, night: Night, faults: list[Fault], seconds: dict[str, float], watch: Callable[[str], None] = lambda phase: None
) -> Night:
    """
    Run the steps over a night; loans that fail go to `faults` and are left out of the night returned.

    Refuses with TooManyFaults rather than set aside a whole partition.
    """
    worked, step_name = night, ""
    try:
        for step in STEPS:
            started, step_name = perf_counter(), step.__name__
            watch(step_name)
            worked = step(worked)
            seconds[step_name] = seconds.get(step_name, 0.0) + perf_counter() - started
        return worked
    except Exception as error:  # whatever is wrong with one loan must not stop the others
        ids = night.loans["loan_id"]
        if len(ids) == 1:
            faults.append(Fault(loan_id=ids[0], step=step_name, reason=f"{type(error).__name__}: {error}"[:500]))
            if len(faults) > FAULTS_AT_MOST:
                raise TooManyFaults(
                    f"more than {FAULTS_AT_MOST} loans failed, the last in {step_name}: {error}"
                ) from error
            return night.only(ids.clear())
        if not len(ids):
            raise
        half = len(ids) // 2
        first = work_out(night=night.only(ids[:half]), faults=faults, seconds=seconds, watch=watch)
        return first.joined_by(work_out(night=night.only(ids[half:]), faults=faults, seconds=seconds, watch=watch))
