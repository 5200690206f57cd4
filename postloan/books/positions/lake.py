"""
The lake of positions: one Parquet file for each business date and partition.

A row says where a loan stood when a day closed. Loans that changed are written
daily, everybody at month end; where a loan stood on any day is its last row up
to that day. A file appears whole or not at all, and writing it again gives the
same file. The schema has a version, kept beside the files: a column that is
added reads as null from older files; a lake of a later version is refused.
"""

import json
import os
from datetime import date
from pathlib import Path

import polars as pl
from django.conf import settings

SCHEMA_VERSION = 2  # 2: disbursed_date, schedule_version_no, next_event_date
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
    "disbursed_date": pl.Date,
    "schedule_version_no": pl.Int16,
    "next_event_date": pl.Date,
}


class LakeIsNewer(RuntimeError):
    """The lake was written by a later version of Postloan; reading it with this one would lose columns."""


def position_file(*, business_date: date, part: str) -> Path:
    """Return where the positions of one partition of one day lie."""
    return _lake() / f"business_date={business_date}" / f"part-{part}.parquet"


def write_positions(*, rows: pl.DataFrame, business_date: date, part: str) -> Path:
    """
    Write positions (columns POSITION; those of later versions may be missing and are null) as one file.

    The file appears whole or not at all, and replaces an earlier one.
    """
    path = position_file(business_date=business_date, part=part)
    path.parent.mkdir(parents=True, exist_ok=True)
    _declare_version()
    shaped = rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in POSITION.items()
    ).sort("loan_id")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    shaped.write_parquet(draft, compression="zstd", compression_level=3)
    with draft.open("rb") as written:
        os.fsync(written.fileno())  # the file must not be emptier than the books after a power cut
    draft.replace(path)
    return path


def remove_drafts(*, business_date: date) -> None:
    """Remove what killed workers left half written of a day. No worker may be writing it."""
    for draft in (_lake() / f"business_date={business_date}").glob(".part-*"):
        draft.unlink(missing_ok=True)


def position_dates(*, through_date: date) -> list[date]:
    """Return the days up to `through_date` that have positions, oldest first."""
    folders = (folder.name.removeprefix("business_date=") for folder in _lake().glob("business_date=*"))
    return sorted(day for day in map(date.fromisoformat, folders) if day <= through_date)


def position_files(*, through_date: date) -> list[tuple[date, Path]]:
    """Return the files of each day up to `through_date`, oldest first."""
    days = position_dates(through_date=through_date)
    return [(day, path) for day in days for path in _files_of(day)]


def scan_positions(*, through_date: date, only: list[date] | None = None) -> pl.LazyFrame:
    """Return all rows written up to `through_date`, or on the days `only`, with their `business_date`."""
    _refuse_newer()
    days = position_dates(through_date=through_date) if only is None else sorted(only)
    files = [path for day in days for path in _files_of(day)]
    schema = {**POSITION, "business_date": pl.Date}
    if not files:
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(
        files,
        schema=POSITION,
        missing_columns="insert",
        hive_partitioning=True,
        hive_schema={"business_date": pl.Date},
    ).select(*schema)


def _lake() -> Path:
    return Path(settings.POSITIONS_DIR)


def _files_of(day: date) -> list[Path]:
    return sorted((_lake() / f"business_date={day}").glob("part-*.parquet"))


def _version_file() -> Path:
    return _lake() / "_schema.json"


def _declare_version() -> None:
    """Write the version of the schema beside the files, once."""
    file = _version_file()
    if file.exists() and json.loads(file.read_text())["schema_version"] >= SCHEMA_VERSION:
        _refuse_newer()
        return
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(json.dumps({"schema_version": SCHEMA_VERSION, "columns": list(POSITION)}))
    draft.replace(file)


def _refuse_newer() -> None:
    file = _version_file()
    if file.exists() and (found := json.loads(file.read_text())["schema_version"]) > SCHEMA_VERSION:
        raise LakeIsNewer(f"the lake has schema version {found}, this Postloan knows {SCHEMA_VERSION}")
