"""
At month end, accrue the interest of every running row through today.

Posted now is what has accrued exactly, rounded once, less what was posted
before, so months sum to the interest of the row. Rule: docs/rules/accrual.md.
"""

from dataclasses import replace

import polars as pl

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry
from postloan.close.night import Night
from postloan.kernel.accrual import row_interest_accrued_many


def accrue(night: Night) -> Night:
    """Post the interest earned through today and not yet posted, for active loans with a running row."""
    if not night.is_month_end:
        return night
    running = night.loans.filter(
        pl.col("status") == "active",
        pl.col("next_due_date").is_not_null(),
        ~pl.col("kept_elsewhere") & ~pl.col("needs_replay"),
    )
    accrued = [
        rows.select("loan_id", "currency", "accrued_interest_minor", instalment_no="next_instalment_no").with_columns(
            pl.Series(
                "accrued_minor",
                row_interest_accrued_many(
                    interest_minor=rows["row_interest_minor"].to_numpy(),
                    from_dates=rows["row_from_date"].to_numpy(),
                    due_dates=rows["next_due_date"].to_numpy(),
                    to_date=night.tomorrow,
                    rounding=terms.schedule.interest_rounding,
                ),
            )
        )
        for terms, rows in night.by_product(running)
    ]
    if not accrued:
        return night
    found = pl.concat(accrued)
    more = pl.col("accrued_minor") - pl.col("accrued_interest_minor")
    kind = JournalEntry.Kind.ACCRUAL.value
    night = night.with_postings(
        kind=kind, debit=AccountNo.ACCRUED_INTEREST, credit=AccountNo.INTEREST_INCOME, rows=found, amount=more
    ).with_postings(
        kind=kind, debit=AccountNo.INTEREST_INCOME, credit=AccountNo.ACCRUED_INTEREST, rows=found, amount=-more
    )
    loans = night.loans.join(
        found.select("loan_id", "accrued_minor"), on="loan_id", how="left", maintain_order="left"
    ).with_columns(pl.col("accrued_minor").fill_null(pl.col("accrued_interest_minor")).alias("accrued_interest_minor"))
    return replace(night, loans=loans.drop("accrued_minor"))
