"""Write the night in sets: COPY of what is new, one UPDATE … FROM a staging table for what changed."""

from datetime import datetime

import polars as pl

from postloan.books.columns import Columns
from postloan.close.night import ALLOCATIONS, POSTINGS, Night

_LOAN_FIELDS = [
    "status",
    "next_instalment_no",
    "next_due_date",
    "principal_outstanding_minor",
    "accrued_interest_minor",
    "past_due_since_date",
    "bucket",
    "next_event_date",
    "closed_date",
]


def write_night(*, columns: Columns, night: Night, mark: str, at: datetime) -> dict[str, int]:
    """
    Write all the steps made and return how many rows of each kind.

    `mark` names the partition and day (`close:2018-07-01:0`); the journal entries
    carry it, so a second writing of the same night is refused by the database.
    """
    changed_loans = night.loans.join(night.loans_before, on=night.loans.columns, how="anti", nulls_equal=True)
    changed = night.instalments.join(
        night.instalments_before, on=night.instalments.columns, how="anti", nulls_equal=True
    )
    new = changed.join(night.instalments_before, on=["loan_id", "instalment_no"], how="anti")
    updated = changed.join(night.instalments_before, on=["loan_id", "instalment_no"], how="semi")
    columns.append(table="loans_instalment", rows=new)
    columns.update(
        table="loans_instalment",
        keys=["loan_id", "instalment_no"],
        rows=updated.drop("schedule_version_no", "due_date"),
    )
    columns.update(
        table="loans_loan", keys=["id"], rows=changed_loans.select(pl.col("loan_id").alias("id"), *_LOAN_FIELDS)
    )
    _write_allocations(columns, night)
    entries = _write_entries(columns, night, mark=mark, at=at)
    columns.append(table="reminders_reminder", rows=night.reminders)
    return {
        "loans": night.loans.height,
        "loans_changed": changed_loans.height,
        "instalments_raised": new.height,
        "instalments_changed": updated.height,
        "entries": entries,
        "postings": night.postings.height,
        "allocations": night.allocations.height,
        "reminders": night.reminders.height,
    }


def _write_allocations(columns: Columns, night: Night) -> None:
    if night.allocations.is_empty():
        return
    columns.append(
        table="payments_allocation",
        rows=night.allocations.select(*ALLOCATIONS, pl.lit(night.business_date).alias("business_date")),
    )
    columns.stage(
        name="applied",
        rows=night.allocations.group_by("receipt_id").agg(pl.col("amount_minor").sum()).sort("receipt_id"),
    )
    columns.execute(
        "UPDATE payments_receipt SET allocated_minor = allocated_minor + applied.amount_minor, "
        "unapplied_minor = unapplied_minor - applied.amount_minor "
        "FROM pg_temp.applied WHERE payments_receipt.id = applied.receipt_id"
    )


def _write_entries(columns: Columns, night: Night, *, mark: str, at: datetime) -> int:
    """Write one entry for each kind and currency of the night's postings, and the postings under them."""
    heads = night.postings.select("kind", "currency").unique().sort("kind", "currency")
    if heads.is_empty():
        return 0
    columns.stage(name="night_entry", rows=heads)
    entries = columns.read(
        f"""
        INSERT INTO ledger_journalentry (business_date, kind, source, currency, recorded_at)
        SELECT '{night.business_date}', kind, '{mark}:' || kind || ':' || currency, currency, '{at.isoformat()}'
        FROM pg_temp.night_entry
        RETURNING id AS entry_id, kind, currency
        """
    )
    rows = night.postings.join(entries, on=["kind", "currency"], maintain_order="left")
    columns.append(
        table="ledger_posting", rows=rows.select("entry_id", *(name for name in POSTINGS if name not in heads.columns))
    )
    return heads.height
