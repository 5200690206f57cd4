"""
Questions risk asks of the lake: buckets, roll rates, cures, vintages and cohorts, from one month end to the next.

Every active loan has a row at each month end, so these read month ends only: a
year of a million loans is twelve million rows. A loan without a row at the next
month end has left the book (paid off, charged off). Shares are whole millionths
of what was there at the beginning, floored; amounts are minor units.
"""

from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from postloan.books.positions.lake import position_dates, scan_positions

LEFT = -1  # the bucket of a loan that has left the book
THIRTY_DAYS_PAST_DUE = 2  # the first bucket of more than thirty days in the house's bands


def month_ends(*, from_date: date, through_date: date) -> list[date]:
    """Return the month ends from `from_date` to `through_date` inclusive that have positions."""
    days = position_dates(through_date=through_date)
    return [day for day in days if day >= from_date and (day + timedelta(days=1)).day == 1]


def get_buckets_by_month(*, from_date: date, through_date: date) -> pl.DataFrame:
    """Return loans and principal by bucket for each month end: business_date, bucket, loans, outstanding_minor."""
    rows = _active(month_ends(from_date=from_date, through_date=through_date))
    return (
        rows.group_by("business_date", "bucket")
        .agg(pl.len().cast(pl.Int64).alias("loans"), pl.col("outstanding_minor").sum())
        .sort("business_date", "bucket")
        .collect()
    )


def get_roll_rates(*, from_date: date, through_date: date) -> pl.DataFrame:
    """
    Return how each bucket moved to the next month end: business_date (the earlier), bucket, to_bucket, loans,
    outstanding_minor (at the earlier), share_ppm of the bucket's outstanding. `to_bucket` -1 has left the book.
    """
    moves = _moves(month_ends(from_date=from_date, through_date=through_date))
    whole = pl.col("outstanding_minor").sum().over("business_date", "bucket")
    return moves.with_columns(_ppm(pl.col("outstanding_minor"), whole)).sort("business_date", "bucket", "to_bucket")


def get_cure_rates(*, from_date: date, through_date: date) -> pl.DataFrame:
    """
    Return of the loans past due at a month end how many are not a month on: business_date, bucket, loans, cured,
    share_ppm. Cured is back at 0 days past due in the book; a loan that left is not counted as cured.
    """
    moves = _moves(month_ends(from_date=from_date, through_date=through_date)).filter(pl.col("bucket") > 0)
    return (
        moves.group_by("business_date", "bucket")
        .agg(pl.col("loans").sum(), pl.col("loans").filter(pl.col("to_bucket") == 0).sum().alias("cured"))
        .with_columns(_ppm(pl.col("cured"), pl.col("loans")))
        .sort("business_date", "bucket")
    )


def get_vintages(*, from_date: date, through_date: date) -> pl.DataFrame:
    """
    Return by month of disbursement and months on book the loans, those more than 30 days past due, and share_ppm.

    Columns: vintage (first day of the month), months_on_book, loans, past_30. Loans
    written before the lake knew the disbursement date have vintage null. Only loans
    still in the book are counted.
    """
    rows = _active(month_ends(from_date=from_date, through_date=through_date))
    months = (pl.col("business_date").dt.year() - pl.col("vintage").dt.year()).cast(pl.Int32) * 12 + (
        pl.col("business_date").dt.month().cast(pl.Int32) - pl.col("vintage").dt.month().cast(pl.Int32)
    )
    return (
        rows.with_columns(pl.col("disbursed_date").dt.truncate("1mo").alias("vintage"))
        .with_columns(months.alias("months_on_book"))
        .group_by("vintage", "months_on_book")
        .agg(
            pl.len().cast(pl.Int64).alias("loans"),
            (pl.col("bucket") >= THIRTY_DAYS_PAST_DUE).sum().cast(pl.Int64).alias("past_30"),
        )
        .with_columns(_ppm(pl.col("past_30"), pl.col("loans")))
        .sort("vintage", "months_on_book")
        .collect()
    )


def get_cohorts(*, from_date: date, through_date: date) -> pl.DataFrame:
    """
    Follow the loans that became past due: cohort (month end first seen past due in the period), months_on, loans of
    the cohort, still_past_due, cured, left, share_ppm still past due.
    """
    days = month_ends(from_date=from_date, through_date=through_date)
    rows = _active(days).select("loan_id", "business_date", "bucket").collect()
    place = pl.DataFrame(
        {"business_date": days, "place": range(len(days))}, schema_overrides={"business_date": pl.Date}
    )
    late = rows.filter(pl.col("bucket") > 0)
    first = late.group_by("loan_id").agg(pl.col("business_date").min().alias("cohort"))
    size = first.group_by("cohort").agg(pl.len().cast(pl.Int64).alias("loans"))
    followed = (
        rows.join(first, on="loan_id")
        .filter(pl.col("business_date") >= pl.col("cohort"))
        .join(place, on="business_date")
        .join(place.rename({"business_date": "cohort", "place": "from_place"}), on="cohort")
        .with_columns((pl.col("place") - pl.col("from_place")).alias("months_on"))
    )
    seen = followed.group_by("cohort", "months_on").agg(
        (pl.col("bucket") > 0).sum().cast(pl.Int64).alias("still_past_due"),
        (pl.col("bucket") == 0).sum().cast(pl.Int64).alias("cured"),
    )
    return (
        seen.join(size, on="cohort")
        .with_columns((pl.col("loans") - pl.col("still_past_due") - pl.col("cured")).alias("left"))
        .with_columns(_ppm(pl.col("still_past_due"), pl.col("loans")))
        .select("cohort", "months_on", "loans", "still_past_due", "cured", "left", "share_ppm")
        .sort("cohort", "months_on")
    )


def _active(days: list[date]) -> pl.LazyFrame:
    """Return the active loans at the given month ends."""
    rows = scan_positions(through_date=date.max, only=days).filter(pl.col("status") == "active")
    return rows.select(
        "business_date",
        "loan_id",
        "bucket",
        "disbursed_date",
        pl.col("principal_outstanding_minor").alias("outstanding_minor"),
    )


def _moves(days: list[date]) -> pl.DataFrame:
    """Return for each month end but the last how many loans, and how much, went from which bucket to which."""
    moves = [_move(earlier, later) for earlier, later in pairwise(days)]
    return pl.concat(moves) if moves else _NO_MOVES


def _move(earlier: date, later: date) -> pl.DataFrame:
    before = _active([earlier]).select("business_date", "loan_id", "bucket", "outstanding_minor")
    after = _active([later]).select("loan_id", to_bucket="bucket")
    return (
        before.join(after, on="loan_id", how="left")
        .group_by("business_date", "bucket", pl.col("to_bucket").fill_null(LEFT))
        .agg(pl.len().cast(pl.Int64).alias("loans"), pl.col("outstanding_minor").sum())
        .collect()
    )


_NO_MOVES = pl.DataFrame(
    schema={
        "business_date": pl.Date,
        "bucket": pl.Int16,
        "to_bucket": pl.Int16,
        "loans": pl.Int64,
        "outstanding_minor": pl.Int64,
    }
)


def _ppm(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part * 1_000_000 // whole).otherwise(0).cast(pl.Int64).alias("share_ppm")
