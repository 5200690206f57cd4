"""
Verify the night's figures before they are written. A loan whose figures do not hold is set aside by name.

These are the conditions the database would refuse anyway, said early enough
that one loan does not hold up its partition, and those it cannot see.
"""

import polars as pl

from postloan.books.ledger.chart import RECEIVABLE, AccountNo
from postloan.close.night import Night, on_book_minor, open_minor
from postloan.kernel.allocation import COMPONENTS

PRINCIPAL_ON_BOOK = pl.col("principal_outstanding_minor") - pl.col("principal_off_book_minor")


class FiguresDoNotHold(ValueError):
    """A condition that every loan must meet is broken; the message names it."""


def verify(night: Night) -> Night:
    """Return the night unchanged, or refuse with FiguresDoNotHold."""
    if night.loans["row_interest_minor"].is_null().any():
        missing = night.loans.filter(pl.col("next_due_date").is_not_null() & pl.col("row_interest_minor").is_null())
        if missing.height:
            raise FiguresDoNotHold("the active schedule has no row for the next instalment")
    if (night.loans["principal_outstanding_minor"] < 0).any():
        raise FiguresDoNotHold("more principal was paid than was outstanding")
    if night.loans.filter(~pl.col("needs_replay") & (pl.col("accrued_interest_minor") < 0)).height:
        raise FiguresDoNotHold("accrued interest fell below zero")
    for name in COMPONENTS:
        if night.instalments.filter((open_minor(name) < 0) | (pl.col(f"{name}_due_minor") < 0)).height:
            raise FiguresDoNotHold(f"more {name} was paid or waived than was due")
    owed_open = night.instalments.group_by("loan_id").agg(open_minor("principal").sum().alias("open_principal"))
    over = night.loans.join(owed_open, on="loan_id").filter(
        pl.col("open_principal") > pl.col("principal_outstanding_minor")
    )
    if over.height:
        raise FiguresDoNotHold("more principal is due than is outstanding")
    _verify_tie(night)
    return night


def _verify_tie(night: Night) -> None:
    """Compare what each loan's figures moved by with what was posted for it, account by account."""
    moved = {
        AccountNo.LOAN_PRINCIPAL: _moved(night.loans_before, night.loans, PRINCIPAL_ON_BOOK),
        AccountNo.ACCRUED_INTEREST: _moved(night.loans_before, night.loans, pl.col("accrued_interest_minor")),
        **{
            RECEIVABLE[name]: pl.concat(
                [
                    _moved(night.instalments_before, night.instalments, on_book_minor(name)),
                    _moved(night.loans_before, night.loans, pl.col(f"moved_{name}_minor")),
                ]
            )
            for name in ("interest", "fee", "penalty")
        },
    }
    for account, changes in moved.items():
        posted = pl.concat(
            [
                night.postings.filter(pl.col("debit_id") == account).select("loan_id", value="amount_minor"),
                night.postings.filter(pl.col("credit_id") == account).select("loan_id", value=-pl.col("amount_minor")),
            ]
        )
        difference = (
            pl.concat([changes, posted.with_columns(-pl.col("value"))])
            .filter(~pl.col("loan_id").is_in(night.kept_elsewhere.implode()))
            .group_by("loan_id")
            .agg(pl.sum("value"))
        )
        if difference.filter(pl.col("value") != 0).height:
            raise FiguresDoNotHold(f"the change of {account.name.lower()} is not what was posted")


def _moved(before: pl.DataFrame, after: pl.DataFrame, figure: pl.Expr) -> pl.DataFrame:
    return pl.concat(
        [after.select("loan_id", figure.alias("value")), before.select("loan_id", (-figure).alias("value"))]
    )
