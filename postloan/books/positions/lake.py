"""
The lake of positions: one Parquet file for each business date and partition.

A row says where a loan stood when a day closed. Loans that changed are written
daily, everybody at month end; where a loan stood on any day is its last row up
to that day. A file appears whole or not at all, and writing it again gives the
same file.
"""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
from django.conf import settings

POSITION = {
    "loan_id": pl.Int64,
    "customer_id": pl.Int64,
    "product_version_id": pl.Int64,
    "status": pl.String,
    "bucket": pl.Int16,
    "days_past_due": pl.Int32,
    "principal_outstanding_minor": pl.Int64,
    "accrued_interest_minor": pl.Int64,
    "past_due_minor": pl.Int64,
    "next_due_date": pl.Date,
}


def position_file(*, business_date: date, part: str) -> Path:
    """Return where the positions of one partition of one day lie."""
    return Path(settings.POSITIONS_DIR) / f"business_date={business_date}" / f"part-{part}.parquet"


def write_positions(*, rows: pl.DataFrame, business_date: date, part: str) -> Path:
    """Write positions (columns POSITION) as one file, whole or not at all, replacing an earlier one."""
    path = position_file(business_date=business_date, part=part)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    rows.select(pl.col(name).cast(dtype) for name, dtype in POSITION.items()).write_parquet(draft)
    draft.replace(path)
    return path


def remove_drafts(*, business_date: date) -> None:
    """Remove what killed workers left half written of a day. No worker may be writing it."""
    for draft in (Path(settings.POSITIONS_DIR) / f"business_date={business_date}").glob(".part-*"):
        draft.unlink(missing_ok=True)


def position_files(*, through_date: date) -> Iterator[tuple[date, Path]]:
    """Yield the files of each day up to `through_date`, oldest first."""
    for folder in sorted(Path(settings.POSITIONS_DIR).glob("business_date=*")):
        day = date.fromisoformat(folder.name.removeprefix("business_date="))
        if day <= through_date:
            for path in sorted(folder.glob("part-*.parquet")):
                yield day, path


def scan_positions(*, through_date: date) -> pl.LazyFrame:
    """Return all rows written up to `through_date` with their `business_date`."""
    scans = [
        pl.scan_parquet(path).with_columns(pl.lit(day).alias("business_date"))
        for day, path in position_files(through_date=through_date)
    ]
    return pl.concat(scans) if scans else pl.LazyFrame(schema={**POSITION, "business_date": pl.Date})
