"""
Close one partition of one day: read, work out, write, mark, in one transaction.

Killed anywhere, it leaves nothing behind but perhaps a file of positions that
the repetition replaces; done, its slots stand at the day, and it is not done
again. Loans that cannot be worked out are found by halving, set aside with the
reason, and do not hold up the rest.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from time import perf_counter

import polars as pl

from postloan.books.columns import Columns, column_transaction
from postloan.close.night import Night
from postloan.close.steps import STEPS
from postloan.close.steps.read import lock_slots, read_night
from postloan.close.steps.write import write_night
from postloan.close.steps.write_positions import write_night_positions

FAULTS_AT_MOST = 100  # more than this in one partition is no faulty loan but a faulty close


class TooManyFaults(RuntimeError):
    """So many loans of one partition failed that the close itself must be at fault."""


@dataclass(frozen=True)
class Partition:
    """A run of slots, `from_slot` inclusive to `to_slot` exclusive, and its number within the run of the day."""

    partition_no: int
    from_slot: int
    to_slot: int


@dataclass(frozen=True)
class Fault:
    """A loan that could not be worked out: in which step, and why."""

    loan_id: int
    step: str
    reason: str


def close_partition(*, run_id: int, business_date: date, partition: Partition, clock: Callable[[], datetime]) -> bool:
    """Close `business_date` for one partition; returns False where that had been done before."""
    seconds: dict[str, float] = {}
    with column_transaction() as columns:
        started = perf_counter()
        slots = lock_slots(columns=columns, from_slot=partition.from_slot, to_slot=partition.to_slot)
        if (slots["closed_through_date"] >= business_date).all():
            return False
        night = read_night(
            columns=columns,
            business_date=business_date,
            from_slot=partition.from_slot,
            to_slot=partition.to_slot,
        )
        seconds["read"] = perf_counter() - started
        faults: list[Fault] = []
        night = work_out(night=night, faults=faults, seconds=seconds)
        started, at = perf_counter(), clock()
        mark = f"close:{business_date}:{partition.partition_no}"
        counts = write_night(columns=columns, night=night, mark=mark, at=at)
        _set_aside(columns, faults, business_date=business_date, at=at)
        counts["faults"] = len(faults)
        seconds["write"] = perf_counter() - started
        started = perf_counter()
        counts["positions"] = write_night_positions(night=night, part=f"{partition.partition_no:04d}")
        seconds["write_positions"] = perf_counter() - started
        _mark_done(columns, run_id, business_date, partition, counts=counts, seconds=seconds, at=at)
    return True


def work_out(*, night: Night, faults: list[Fault], seconds: dict[str, float]) -> Night:
    """
    Run the steps over a night; loans that fail go to `faults` and are left out of the night returned.

    Refuses with TooManyFaults rather than set aside a whole partition.
    """
    worked, step_name = night, ""
    try:
        for step in STEPS:
            started, step_name = perf_counter(), step.__name__
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
        first = work_out(night=night.only(ids[:half]), faults=faults, seconds=seconds)
        return first.joined_by(work_out(night=night.only(ids[half:]), faults=faults, seconds=seconds))


def _set_aside(columns: Columns, faults: list[Fault], *, business_date: date, at: datetime) -> None:
    if not faults:
        return
    rows = pl.DataFrame(faults).with_columns(pl.lit(business_date).alias("business_date"), pl.lit(at).alias("found_at"))
    columns.append(table="close_faultyloan", rows=rows)
    columns.update(
        table="loans_loan", keys=["id"], rows=rows.select(pl.col("loan_id").alias("id"), set_aside_at="found_at")
    )


def _mark_done(
    columns: Columns,
    run_id: int,
    business_date: date,
    partition: Partition,
    *,
    counts: dict[str, int],
    seconds: dict[str, float],
    at: datetime,
) -> None:
    timings = json.dumps({name: round(value, 4) for name, value in seconds.items()})
    columns.execute(
        f"UPDATE ledger_bookslot SET closed_through_date = '{business_date}' "
        f"WHERE slot >= {partition.from_slot} AND slot < {partition.to_slot}"
    )
    columns.execute(
        "INSERT INTO close_closepartition "
        "(run_id, partition_no, from_slot, to_slot, finished_at, counts, step_seconds) VALUES "
        f"({run_id}, {partition.partition_no}, {partition.from_slot}, {partition.to_slot}, "
        f"'{at.isoformat()}', '{json.dumps(counts)}', '{timings}')"
    )
