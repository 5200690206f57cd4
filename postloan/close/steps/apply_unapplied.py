"""
Apply money that is already here to what was raised tonight, as of tomorrow morning.

Money paid ahead waits as unapplied until its instalment falls due. The
waterfall decides what it pays; within a loan the money that came first goes first, by the day it counts from.
"""

from dataclasses import replace

import numpy as np
import polars as pl

from postloan.books.ledger.chart import RECEIVABLE, AccountNo
from postloan.books.ledger.models import JournalEntry
from postloan.close.night import ALLOCATIONS, Night, open_minor, shaped
from postloan.kernel.allocation import COMPONENTS, allocate_many
from postloan.kernel.product_terms import ProductTerms


def apply_unapplied(night: Night) -> Night:
    """Allocate unapplied money of the night's loans to their open instalments; post it."""
    if night.receipts.is_empty():
        return night
    owed = night.instalments.join(
        night.loans.select("loan_id", "product_version_id", "currency"), on="loan_id", maintain_order="left"
    ).filter(pl.col("loan_id").is_in(night.receipts["loan_id"].unique().implode()))
    paid = pl.concat([_paid_by_product(night, terms, rows) for terms, rows in night.by_product(owed)] or [_NONE])
    if paid.is_empty():
        return night
    allocations = _split_over_receipts(paid, night.receipts)
    for component in COMPONENTS:
        night = night.with_postings(
            kind=JournalEntry.Kind.ALLOCATION.value,
            debit=AccountNo.UNAPPLIED_RECEIPTS,
            credit=RECEIVABLE[component],
            rows=paid.filter(pl.col("component") == component),
            amount="amount_minor",
        )
    principal = paid.filter(pl.col("component") == "principal").group_by("loan_id").agg(pl.col("amount_minor").sum())
    return replace(
        night,
        allocations=allocations,
        instalments=_with_paid(night.instalments, paid),
        loans=night.loans.join(principal, on="loan_id", how="left", maintain_order="left")
        .with_columns(pl.col("principal_outstanding_minor") - pl.col("amount_minor").fill_null(0))
        .drop("amount_minor"),
    )


_NONE = pl.DataFrame(
    schema={
        "loan_id": pl.Int64,
        "instalment_no": pl.Int16,
        "due_date": pl.Date,
        "currency": pl.String,
        "component": pl.String,
        "place": pl.Int64,
        "amount_minor": pl.Int64,
    }
)


def _paid_by_product(night: Night, terms: ProductTerms, owed: pl.DataFrame) -> pl.DataFrame:
    """Return what the money of these loans pays: a row for each component of an instalment that gets some."""
    owed = owed.sort("loan_id", "due_date", "instalment_no")
    loan_ids = owed["loan_id"].unique(maintain_order=True)
    money = night.receipts.group_by("loan_id").agg(pl.col("unapplied_minor").sum())
    available = pl.DataFrame({"loan_id": loan_ids}).join(money, on="loan_id", how="left", maintain_order="left")
    split = allocate_many(
        available_minor=available["unapplied_minor"].to_numpy(),
        loan_index=np.searchsorted(loan_ids.to_numpy(), owed["loan_id"].to_numpy()),
        due_dates=owed["due_date"].to_numpy(),
        open_minor=owed.select(open_minor(name).alias(name) for name in COMPONENTS).to_numpy(),
        waterfall=terms.allocation.waterfall,
        on_date=night.tomorrow,
    )
    cells = [
        owed.select("loan_id", "instalment_no", "due_date", "currency").with_columns(
            pl.lit(name).alias("component"),
            pl.lit(terms.allocation.order.index(name), dtype=pl.Int64).alias("place"),
            pl.Series("amount_minor", split.paid_minor[:, place]),
        )
        for place, name in enumerate(COMPONENTS)
    ]
    return pl.concat(cells).filter(pl.col("amount_minor") > 0)


def _split_over_receipts(paid: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    """Lay the payments and the receipts of a loan end to end and return where they overlap."""
    paid = paid.sort("loan_id", "due_date", "instalment_no", "place").with_columns(
        pl.col("amount_minor").cum_sum().over("loan_id").alias("paid_to")
    )
    money = receipts.sort("loan_id", "value_date", "receipt_id").with_columns(
        pl.col("unapplied_minor").cum_sum().over("loan_id").alias("money_to")
    )
    overlap = pl.min_horizontal("paid_to", "money_to") - pl.max_horizontal(
        pl.col("paid_to") - pl.col("amount_minor"), pl.col("money_to") - pl.col("unapplied_minor")
    )
    rows = paid.join(money, on="loan_id").with_columns(overlap.alias("amount_minor"))
    return shaped(rows.filter(pl.col("amount_minor") > 0), ALLOCATIONS)


def _with_paid(instalments: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    sums = paid.group_by("loan_id", "instalment_no").agg(
        pl.col("amount_minor").filter(pl.col("component") == name).sum().alias(f"more_{name}") for name in COMPONENTS
    )
    joined = instalments.join(sums, on=["loan_id", "instalment_no"], how="left", maintain_order="left")
    return joined.with_columns(
        pl.col(f"{name}_paid_minor") + pl.col(f"more_{name}").fill_null(0) for name in COMPONENTS
    ).drop(f"more_{name}" for name in COMPONENTS)
