"""
Write what a pass made of a partition, in sets: COPY of what is new, one UPDATE … FROM a staging table for what changed.

Loans and instalments are written once with their last figures; postings,
allocations and marks carry the day they belong to.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from time import perf_counter

import polars as pl

from postloan.books.columns import Columns
from postloan.close.book import Book
from postloan.close.night import ALLOCATIONS, POSTINGS, Night
from postloan.close.passes import Fault, Partition
from postloan.close.steps.write_bills import write_bills

_LOAN_FIELDS = [
    "status",
    "schedule_version_no",
    "next_instalment_no",
    "next_due_date",
    "principal_outstanding_minor",
    "accrued_interest_minor",
    "past_due_since_date",
    "bucket",
    "next_event_date",
    "closed_date",
    "principal_off_book_minor",
    "contractual_past_due_since_date",
]


_MOVED = [f"moved_{name}_minor" for name in ("interest", "fee", "penalty")]
_OFF_BOOK = [f"{name}_off_book_minor" for name in ("interest", "fee", "penalty")]


@dataclass
class DayWritten:
    """What one day of the pass made of the partition."""

    run_id: int
    business_date: date
    postings: pl.DataFrame
    allocations: pl.DataFrame
    reminders: pl.DataFrame
    plans: pl.DataFrame
    faults: list[Fault]
    counts: dict[str, int]
    seconds: dict[str, float]


@dataclass
class Written:
    """The days of a pass, in order."""

    days: list[DayWritten] = field(default_factory=list)

    def add(self, *, run_id: int, night: Night, faults: list[Fault], positions: int, seconds: dict[str, float]) -> None:
        """Keep what a night made until the pass is written."""
        heads = night.postings.select("kind", "currency").n_unique() if night.postings.height else 0
        counts = {
            "loans": night.loans.height,
            "bills_cut": night.plans.filter(pl.col("reason") == "billed").height,
            "instalments_raised": night.instalments.height - night.instalments_before.height,
            "postings": night.postings.height,
            "entries": heads,
            "allocations": night.allocations.height,
            "reminders": night.reminders.height,
            "positions": positions,
            "faults": len(faults),
        }
        self.days.append(
            DayWritten(
                run_id=run_id,
                business_date=night.business_date,
                postings=night.postings,
                allocations=night.allocations,
                reminders=night.reminders,
                plans=night.plans,
                faults=faults,
                counts=counts,
                seconds=seconds,
            )
        )


def write_book(
    *, columns: Columns, book: Book, written: Written, partition: Partition, clock: Callable[[], datetime]
) -> None:
    """
    Write everything and move the slots on.

    The journal entries carry day and partition in their source
    (`close:2018-07-01:0:…`), so a second writing is refused by the database.
    """
    at, last, started = clock(), written.days[-1], perf_counter()
    last.counts |= _write_loans(columns, book)
    _write_allocations(columns, written)
    write_bills(columns=columns, book=book, plans=[(day.business_date, day.plans) for day in written.days])
    _write_postings(columns, written, partition=partition, at=at)
    columns.append(table="reminders_reminder", rows=last.reminders)
    _set_aside(columns, written, at=at)
    columns.execute(
        f"UPDATE ledger_bookslot SET closed_through_date = '{last.business_date}' "
        f"WHERE slot >= {partition.from_slot} AND slot < {partition.to_slot}"
    )
    last.seconds["write"] = perf_counter() - started


def _write_loans(columns: Columns, book: Book) -> dict[str, int]:
    before = book.instalments_as_read
    changed = book.instalments.join(before, on=book.instalments.columns, how="anti", nulls_equal=True)
    new = changed.join(before, on=["loan_id", "instalment_no"], how="anti")
    updated = changed.join(before, on=["loan_id", "instalment_no"], how="semi")
    columns.append(table="loans_instalment", rows=new)
    columns.update(
        table="loans_instalment",
        keys=["loan_id", "instalment_no"],
        rows=updated.drop("schedule_version_no", "due_date", "kind", "original_due_date", *_OFF_BOOK),
    )
    if book.histories:  # only what went through the engine moves on or off the books
        replayed = updated.filter(pl.col("loan_id").is_in(list(book.histories)))
        keys = ["loan_id", "instalment_no"]
        columns.update(table="loans_instalment", keys=keys, rows=replayed.select(*keys, *_OFF_BOOK))
    loans = book.changed_loans()
    columns.update(table="loans_loan", keys=["id"], rows=loans.select(pl.col("loan_id").alias("id"), *_LOAN_FIELDS))
    moved = loans.filter("needs_replay").select(pl.col("loan_id").alias("id"), *_MOVED)
    if moved.height:
        columns.update(table="loans_loan", keys=["id"], rows=moved)
    return {"loans_changed": loans.height, "instalments_changed": updated.height}


def _write_allocations(columns: Columns, written: Written) -> None:
    rows = pl.concat(
        day.allocations.select(*ALLOCATIONS, pl.lit(day.business_date).alias("business_date")) for day in written.days
    )
    if rows.is_empty():
        return
    columns.append(table="payments_allocation", rows=rows)
    columns.stage(
        name="applied",
        rows=rows.group_by("receipt_id").agg(pl.col("amount_minor").sum()).sort("receipt_id"),
    )
    columns.execute(
        "UPDATE payments_receipt SET allocated_minor = allocated_minor + applied.amount_minor, "
        "unapplied_minor = unapplied_minor - applied.amount_minor "
        "FROM pg_temp.applied WHERE payments_receipt.id = applied.receipt_id"
    )


def _write_postings(columns: Columns, written: Written, *, partition: Partition, at: datetime) -> None:
    """Write one entry for each day, kind and currency, and the postings under them."""
    rows = pl.concat(
        day.postings.with_columns(pl.lit(day.business_date).alias("business_date")) for day in written.days
    )
    if rows.is_empty():
        return
    keys = ["business_date", "kind", "currency"]
    columns.stage(name="night_entry", rows=rows.select(keys).unique().sort(keys))
    entries = columns.read(
        f"""
        INSERT INTO ledger_journalentry (business_date, kind, source, currency, recorded_at)
        SELECT business_date, kind,
               'close:' || business_date || ':{partition.partition_no}:' || kind || ':' || currency,
               currency, '{at.isoformat()}'
        FROM pg_temp.night_entry ORDER BY business_date, kind, currency
        RETURNING id AS entry_id, business_date, kind, currency
        """
    )
    rows = rows.join(entries, on=keys, maintain_order="left")
    columns.append(
        table="ledger_posting", rows=rows.select("entry_id", *(name for name in POSTINGS if name not in keys))
    )


def _set_aside(columns: Columns, written: Written, *, at: datetime) -> None:
    faults = [(fault, day.business_date) for day in written.days for fault in day.faults]
    if not faults:
        return
    rows = pl.DataFrame([fault for fault, _ in faults]).with_columns(
        pl.Series("business_date", [day for _, day in faults]), pl.lit(at).alias("found_at")
    )
    columns.append(table="close_faultyloan", rows=rows)
    columns.update(
        table="loans_loan", keys=["id"], rows=rows.select(pl.col("loan_id").alias("id"), set_aside_at="found_at")
    )


def mark_done(*, columns: Columns, written: Written, partition: Partition, at: datetime, held_seconds: float) -> None:
    """Mark the partition as done for every day of the pass, and with the last how long its slots were held."""
    for day in written.days:
        held_ms = str(round(1000 * held_seconds)) if day is written.days[-1] else "NULL"
        timings = json.dumps({name: round(value, 4) for name, value in day.seconds.items()})
        columns.execute(
            "INSERT INTO close_closepartition "
            "(run_id, partition_no, from_slot, to_slot, finished_at, counts, step_seconds, held_ms) VALUES "
            f"({day.run_id}, {partition.partition_no}, {partition.from_slot}, {partition.to_slot}, "
            f"'{at.isoformat()}', '{json.dumps(day.counts)}', '{timings}', {held_ms})"
        )
