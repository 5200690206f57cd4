"""Questions to the lake of positions: where the book stood on any day."""

from datetime import date, timedelta

import polars as pl

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.books.positions.lake import scan_positions


def get_positions(*, as_of_date: date) -> pl.DataFrame:
    """Return each loan's last position up to `as_of_date`."""
    rows = scan_positions(through_date=as_of_date).collect()
    return rows.sort("loan_id", "business_date").unique("loan_id", keep="last", maintain_order=True)


def get_buckets_by_day(*, from_date: date, through_date: date) -> pl.DataFrame:
    """
    Return loans and principal outstanding by bucket for each closed day from `from_date` to `through_date` inclusive.

    Columns: business_date, bucket, loans, outstanding_minor. Only active loans
    count. A row of the lake moves a loan from where it was to where it is; the
    running sum of these moves is the book of each day.
    """
    try:
        last_closed = get_business_date() - timedelta(days=1)
    except BooksNotOpen:
        return _BUCKETS.clear()
    rows = scan_positions(through_date=through_date).filter(pl.col("business_date") <= last_closed)
    rows = rows.sort("loan_id", "business_date").select(
        "loan_id",
        "business_date",
        pl.when(pl.col("status") == "active").then(pl.col("bucket")).alias("bucket"),
        pl.col("principal_outstanding_minor").alias("outstanding_minor"),
    )
    before = rows.with_columns(
        pl.col("bucket").shift(1).over("loan_id"),
        -pl.col("outstanding_minor").shift(1).over("loan_id"),
        pl.lit(-1).alias("loans"),
    )
    moves = (
        pl.concat([rows.with_columns(pl.lit(1).alias("loans")), before])
        .filter(pl.col("bucket").is_not_null())
        .group_by("business_date", "bucket")
        .agg(pl.col("loans").sum(), pl.col("outstanding_minor").sum())
        .collect()
    )
    if moves.is_empty():
        return _BUCKETS.clear()
    days = rows.select("business_date").unique().collect()
    grid = days.join(moves.select("bucket").unique(), how="cross")
    sums = (
        grid.join(moves, on=["business_date", "bucket"], how="left")
        .sort("bucket", "business_date")
        .with_columns(
            pl.col("loans").fill_null(0).cum_sum().over("bucket"),
            pl.col("outstanding_minor").fill_null(0).cum_sum().over("bucket"),
        )
    )
    return sums.filter(pl.col("business_date") >= from_date).select(_BUCKETS.columns).sort("business_date", "bucket")


_BUCKETS = pl.DataFrame(
    schema={"business_date": pl.Date, "bucket": pl.Int16, "loans": pl.Int64, "outstanding_minor": pl.Int64}
)
