"""
Age the loans: since when something is unpaid, which bucket that is, and whether the loan is paid off.

Days past due are business date minus oldest unpaid due date, 0 on the due date
itself. Rule: docs/rules/ageing.md.
"""

from dataclasses import replace

import polars as pl

from postloan.close.night import OPEN_TOTAL_MINOR, Night
from postloan.kernel.ageing import AgeingTerms, bucket_index_many, days_past_due_many


def age(night: Night) -> Night:
    """Settle instalments with nothing open, then set past-due date, bucket and status of each loan."""
    settled = OPEN_TOTAL_MINOR == 0
    instalments = night.instalments.with_columns(
        pl.when(settled)
        .then(pl.col("settled_date").fill_null(pl.lit(night.business_date)))
        .otherwise(pl.col("settled_date"))
        .alias("settled_date")
    )
    oldest = (
        instalments.filter(pl.col("settled_date").is_null())
        .group_by("loan_id")
        .agg(pl.col("due_date").min().alias("oldest_date"))
    )
    loans = night.loans.join(oldest, on="loan_id", how="left", maintain_order="left").with_columns(
        pl.col("oldest_date").alias("past_due_since_date")
    )
    is_paid_off = (
        (pl.col("status") == "active")
        & pl.col("next_instalment_no").is_null()
        & pl.col("oldest_date").is_null()
        & (pl.col("principal_outstanding_minor") == 0)
    )
    loans = loans.with_columns(
        pl.when(is_paid_off).then(pl.lit("closed")).otherwise(pl.col("status")).alias("status"),
        pl.when(is_paid_off).then(pl.lit(night.business_date)).otherwise(pl.col("closed_date")).alias("closed_date"),
    ).drop("oldest_date")
    aged = [_with_bucket(night, terms.ageing, rows) for terms, rows in night.by_product(loans)]
    return replace(night, instalments=instalments, loans=pl.concat(aged).sort("loan_id") if aged else loans)


def _with_bucket(night: Night, ageing: AgeingTerms, loans: pl.DataFrame) -> pl.DataFrame:
    days = days_past_due_many(
        past_due_since=loans["past_due_since_date"].to_numpy().astype("datetime64[D]"),
        business_date=night.business_date,
        terms=ageing,
    )
    return loans.with_columns(
        pl.Series("bucket", bucket_index_many(days_past_due=days, bands=ageing.bands), dtype=pl.Int16)
    )
