"""
Raise what falls due tomorrow: a row of the plan becomes a demand.

Its interest is fully earned when today is over (days are half-open), so what was
accrued moves to receivable and the rest is income of today. Rule: docs/rules/instalments.md.
"""

from dataclasses import replace

import polars as pl

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry
from postloan.close.night import INSTALMENTS, Night, shaped

KIND = JournalEntry.Kind.RAISE_DUE.value


def raise_due(night: Night) -> Night:
    """Add an instalment for each row due by tomorrow, post its interest and fees, and move the loans to their next row."""
    due = night.plan.filter(pl.col("due_date") <= night.tomorrow)
    if due.is_empty():
        return night
    due = due.join(
        night.loans.select(
            "loan_id", "currency", "schedule_version_no", "accrued_interest_minor", next_no="next_instalment_no"
        ),
        on="loan_id",
        maintain_order="left",
    ).filter(pl.col("instalment_no") >= pl.col("next_no"))  # earlier rows were raised by an earlier day of the pass
    if due.is_empty():
        return night
    due = due.with_columns(
        # What was accrued belongs to the running row, the first of a loan to fall due.
        pl.when(pl.col("instalment_no") == pl.col("instalment_no").min().over("loan_id"))
        .then(pl.col("accrued_interest_minor"))
        .otherwise(0)
        .alias("accrued_minor")
    )
    night = (
        night.with_postings(
            kind=KIND,
            debit=AccountNo.INTEREST_RECEIVABLE,
            credit=AccountNo.ACCRUED_INTEREST,
            rows=due,
            amount="accrued_minor",
        )
        .with_postings(
            kind=KIND,
            debit=AccountNo.INTEREST_RECEIVABLE,
            credit=AccountNo.INTEREST_INCOME,
            rows=due,
            amount=pl.col("interest_minor") - pl.col("accrued_minor"),
        )
        .with_postings(
            kind=KIND,
            debit=AccountNo.FEE_RECEIVABLE,
            credit=AccountNo.FEE_INCOME,
            rows=due,
            amount="fee_minor",
        )
    )
    return replace(night, instalments=_with_new(night, due), loans=_moved_on(night, due))


def _with_new(night: Night, due: pl.DataFrame) -> pl.DataFrame:
    amounts = {f"{name}_due_minor": pl.col(f"{name}_minor") for name in ("principal", "interest", "fee")}
    zeros = [name for name in INSTALMENTS if name.endswith(("_minor", "_days")) and name not in amounts]
    new = due.with_columns(
        **amounts,
        **dict.fromkeys(zeros, pl.lit(0)),
        penalty_counted_through_date=pl.lit(None),
        settled_date=pl.lit(None),
        kind=pl.lit("regular"),
        original_due_date=pl.lit(None),
    )
    return pl.concat([night.instalments, shaped(new, INSTALMENTS)]).sort("loan_id", "due_date", "instalment_no")


def _moved_on(night: Night, due: pl.DataFrame) -> pl.DataFrame:
    """Return the loans with the first row not yet due as their running row, or none after the last."""
    ahead = night.plan.filter(pl.col("due_date") > night.tomorrow)
    running = ahead.unique("loan_id", keep="first", maintain_order=True).select(
        "loan_id",
        pl.col("instalment_no").alias("to_instalment_no"),
        pl.col("due_date").alias("to_due_date"),
        pl.col("from_date").alias("to_from_date"),
        pl.col("interest_minor").alias("to_interest_minor"),
    )
    raised = pl.col("loan_id").is_in(due["loan_id"].unique().implode())
    joined = night.loans.join(running, on="loan_id", how="left", maintain_order="left")
    moved = {
        "next_instalment_no": "to_instalment_no",
        "next_due_date": "to_due_date",
        "row_from_date": "to_from_date",
        "row_interest_minor": "to_interest_minor",
    }
    return joined.with_columns(
        *(pl.when(raised).then(pl.col(to)).otherwise(pl.col(name)).alias(name) for name, to in moved.items()),
        pl.when(raised).then(0).otherwise(pl.col("accrued_interest_minor")).alias("accrued_interest_minor"),
    ).drop(*moved.values())
