"""
Charge what lateness costs, once grace is over: a penalty by the day, or a late fee once.

Only loans with work tonight are looked at; a penalty by the day is counted
exactly up to today whenever it is looked at, so days in between are not lost.
Rule: docs/rules/penalties.md.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry
from postloan.close.night import OPEN_TOTAL_MINOR, Night, open_minor
from postloan.kernel.penalties import (
    DateArray,
    LateFeeTerms,
    PenaltyTerms,
    late_fees_to_raise_many,
    penalties_to_raise_many,
    penalty_start_dates,
)


def charge_penalties(night: Night) -> Night:
    """Raise the penalty and late fee of overdue instalments through today, and post them."""
    late = night.instalments.filter(pl.col("due_date") < night.business_date, OPEN_TOTAL_MINOR > 0).join(
        night.loans.filter(~pl.col("kept_elsewhere") & ~pl.col("needs_replay")).select(
            "loan_id", "product_version_id", "grace_days", "currency"
        ),
        on="loan_id",
        maintain_order="left",
    )
    charged = [
        _charge(rows, terms.penalty, night.business_date, terms.last_free_dates(due_dates=rows["due_date"].to_numpy()))
        if terms.penalty
        else _charge_once(
            rows, terms.late_fee, night.business_date, terms.last_free_dates(due_dates=rows["due_date"].to_numpy())
        )
        for terms, rows in night.by_product(late)
        if terms.penalty or terms.late_fee
    ]
    if not charged:
        return night
    raised = pl.concat(charged)
    night = night.with_postings(
        kind=JournalEntry.Kind.PENALTY.value,
        debit=AccountNo.PENALTY_RECEIVABLE,
        credit=AccountNo.PENALTY_INCOME,
        rows=raised,
        amount="raise_minor",
    )
    joined = night.instalments.join(
        raised.select("loan_id", "instalment_no", "raise_minor", "minor_days", "through_date"),
        on=["loan_id", "instalment_no"],
        how="left",
        maintain_order="left",
    )
    instalments = joined.with_columns(
        pl.col("penalty_due_minor") + pl.col("raise_minor").fill_null(0),
        pl.col("minor_days").fill_null(pl.col("penalty_minor_days")).alias("penalty_minor_days"),
        pl.col("through_date").fill_null(pl.col("penalty_counted_through_date")).alias("penalty_counted_through_date"),
    ).drop("raise_minor", "minor_days", "through_date")
    return replace(night, instalments=instalments)


def _charge(rows: pl.DataFrame, terms: PenaltyTerms, on_date: date, last_free_dates: DateArray) -> pl.DataFrame:
    overdue = (
        open_minor("principal") if terms.basis == "overdue_principal" else OPEN_TOTAL_MINOR - open_minor("penalty")
    )
    found = penalties_to_raise_many(
        terms=terms,
        overdue_minor=rows.select(overdue.alias("overdue"))["overdue"].to_numpy(),
        last_free_dates=last_free_dates,
        on_date=on_date,
        counted_minor_days=rows["penalty_minor_days"].to_numpy(),
        counted_through_dates=rows["penalty_counted_through_date"].to_numpy(),
        raised_minor=rows["penalty_due_minor"].to_numpy(),
        cap_principal_minor=rows["principal_due_minor"].to_numpy(),
    )
    return rows.with_columns(
        pl.Series("raise_minor", found.to_raise_minor),
        pl.Series("minor_days", found.minor_days),
        pl.Series("through_date", found.through_dates),
    )


def _charge_once(
    rows: pl.DataFrame, terms: LateFeeTerms | None, on_date: date, last_free_dates: DateArray
) -> pl.DataFrame:
    """Charge the late fee where its day has come. A count that has passed that day says that it was charged."""
    assert terms is not None
    counted_through = rows["penalty_counted_through_date"].to_numpy().astype("datetime64[D]")
    starts = penalty_start_dates(terms=terms, last_free_dates=last_free_dates)
    fees = late_fees_to_raise_many(
        terms=terms,
        unpaid_minor=rows.select((OPEN_TOTAL_MINOR - open_minor("penalty")).alias("unpaid"))["unpaid"].to_numpy(),
        last_free_dates=last_free_dates,
        on_date=on_date,
        was_raised=counted_through >= starts,  # NaT compares as False
    )
    through = np.where(starts <= np.datetime64(on_date, "D"), np.datetime64(on_date, "D"), counted_through)
    return rows.with_columns(
        pl.Series("raise_minor", fees),
        pl.col("penalty_minor_days").alias("minor_days"),
        pl.Series("through_date", through.astype("datetime64[D]")),
    )
