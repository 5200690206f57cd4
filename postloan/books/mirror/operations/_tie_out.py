"""Compare a night with the other core: counts and sums by status and bucket, and every loan in which we differ."""

import csv
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import polars as pl
from django.db import connection, transaction

from postloan.books.mirror.frames import copy_out
from postloan.books.mirror.models import Core, TieOut
from postloan.books.products.models import ProductVersion
from postloan.kernel.ageing import Bands, bucket_index_many, days_past_due_many
from postloan.kernel.money import Int64Array

DIFFERENCES_KEPT = 1_000
CONTROL = ("status", "bucket", "loans", "outstanding")


class UnknownCore(LookupError):
    """No file of this source has come."""


class ControlUnreadable(ValueError):
    """The control figures are no CSV of status, bucket, loans and outstanding; the message names the line."""


@dataclass(frozen=True)
class ControlLine:
    """What the other core counts: loans of a status word in a bucket, and their outstanding principal in minor units."""

    status: str
    bucket: str
    loans: int
    outstanding_minor: int


def read_control(*, file: Path, minor_digits: int = 2) -> list[ControlLine]:
    """Return the control figures in a CSV (status, bucket, loans, outstanding in major units). Refuses ControlUnreadable."""
    lines = []
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            if set(CONTROL) - set(reader.fieldnames or ()):
                raise ControlUnreadable(f"the header must name {', '.join(CONTROL)}")
            for row in reader:
                amount = Decimal(row["outstanding"]).scaleb(minor_digits)
                if amount != int(amount):
                    raise ControlUnreadable(f"line {reader.line_num}: an amount finer than a minor unit")
                lines.append(ControlLine(row["status"], row["bucket"], int(row["loans"]), int(amount)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ControlUnreadable(f"{file.name} cannot be read: {type(error).__name__}") from None
    except (ValueError, InvalidOperation, TypeError) as error:
        if isinstance(error, ControlUnreadable):
            raise
        raise ControlUnreadable(f"line {reader.line_num}: no number") from None
    return lines


@transaction.atomic
def tie_out(*, source: str, business_date: date, at: datetime, control: list[ControlLine] | None = None) -> TieOut:
    """
    Return the tie-out of a day, kept in place of an earlier one.

    Theirs are the control figures, or without them what the positions told; ours is what our books make
    of it: outstanding principal, and days past due from the instalments. To be run before facts of a
    later day arrive. Refuses with UnknownCore.
    """
    core = Core.objects.filter(source=source).first()
    if core is None:
        raise UnknownCore(source)
    loans = _loans(core, business_date)
    theirs = _counted(loans, "their") if control is None else _as_counts(control)
    ours = _counted(loans, "our")
    differences = _differences(loans)
    found, _ = TieOut.objects.update_or_create(
        core=core,
        business_date=business_date,
        defaults={
            "lines": _lines(theirs, ours),
            "differences": differences.head(DIFFERENCES_KEPT).to_dicts(),
            "difference_count": differences.height,
            "made_at": at,
        },
    )
    return found


_LOANS = """
    SELECT external_id, loan.product_version_id, followed.status_word, followed.status = 'active' AS is_active,
           followed.absent_since_date, followed.outstanding_minor AS their_outstanding_minor,
           followed.days_past_due AS their_days, loan.principal_outstanding_minor AS our_outstanding_minor,
           open_row.since_date
    FROM mirror_followedloan followed JOIN loans_loan loan ON loan.id = followed.loan_id
    LEFT JOIN (
        SELECT loan_id, min(due_date) AS since_date FROM loans_instalment
        WHERE settled_date IS NULL AND due_date <= '{day}' GROUP BY loan_id
    ) open_row ON open_row.loan_id = loan.id AND followed.status = 'active'
    WHERE followed.core_id = {core:d} ORDER BY external_id
"""


def _loans(core: Core, day: date) -> pl.DataFrame:
    """Return where each loan stands, there and here, with buckets by the product's bands."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
    rows = copy_out(
        sql=_LOANS.format(day=day, core=core.pk),
        schema={
            "external_id": pl.String,
            "product_version_id": pl.Int64,
            "status_word": pl.String,
            "is_active": pl.Boolean,
            "absent_since_date": pl.Date,
            "their_outstanding_minor": pl.Int64,
            "their_days": pl.Int64,
            "our_outstanding_minor": pl.Int64,
            "since_date": pl.Date,
        },
    )
    groups = [_with_ages(group, day) for group in rows.partition_by("product_version_id")]
    if not groups:
        return rows.with_columns(
            pl.lit(0).alias("our_days"), pl.lit("").alias("our_bucket"), pl.lit("").alias("their_bucket")
        )
    return pl.concat(groups).sort("external_id")


def _with_ages(loans: pl.DataFrame, day: date) -> pl.DataFrame:
    ageing = ProductVersion.objects.get(pk=loans[0, "product_version_id"]).product_terms.ageing
    days = days_past_due_many(
        past_due_since=loans["since_date"].to_numpy().astype("datetime64[D]"), business_date=day, terms=ageing
    )
    with_days = loans.with_columns(pl.Series("our_days", days, dtype=pl.Int64))
    told = with_days.with_columns(pl.col("their_days").fill_null(pl.col("our_days")))["their_days"]
    return with_days.with_columns(
        pl.Series("our_bucket", _buckets(days, ageing.bands)),
        pl.Series("their_bucket", _buckets(told.to_numpy(), ageing.bands)),
    )


def _buckets(days: Int64Array, bands: Bands) -> list[str]:
    return [bands.bands[place].name for place in bucket_index_many(days_past_due=days, bands=bands).tolist()]


def _counted(loans: pl.DataFrame, side: str) -> dict[tuple[str, str], dict[str, int]]:
    """Return counts and sums by status word and bucket; loans that are absent from the core's file count only here."""
    if side == "their":
        loans = loans.filter(pl.col("absent_since_date").is_null())
    sums = loans.group_by("status_word", pl.col(f"{side}_bucket").alias("bucket")).agg(
        pl.len().alias("loans"), pl.col(f"{side}_outstanding_minor").sum().alias("outstanding_minor")
    )
    return {
        (row["status_word"], row["bucket"]): {"loans": row["loans"], "outstanding_minor": row["outstanding_minor"]}
        for row in sums.to_dicts()
    }


def _as_counts(control: list[ControlLine]) -> dict[tuple[str, str], dict[str, int]]:
    return {
        (line.status, line.bucket): {"loans": line.loans, "outstanding_minor": line.outstanding_minor}
        for line in control
    }


def _lines(
    theirs: dict[tuple[str, str], dict[str, int]], ours: dict[tuple[str, str], dict[str, int]]
) -> list[dict[str, Any]]:
    nothing = {"loans": 0, "outstanding_minor": 0}
    return [
        {"status": key[0], "bucket": key[1], "theirs": theirs.get(key, nothing), "ours": ours.get(key, nothing)}
        for key in sorted(theirs.keys() | ours.keys())
    ]


def _differences(loans: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each loan and figure that is another there than here."""
    absent = loans.filter(pl.col("absent_since_date").is_not_null()).select(
        "external_id",
        pl.lit("absent").alias("figure"),
        pl.lit(None, dtype=pl.Int64).alias("theirs"),
        pl.col("our_outstanding_minor").alias("ours"),
    )
    told = loans.filter(pl.col("absent_since_date").is_null())
    figures = [
        told.filter(pl.col(theirs).is_not_null() & (pl.col(theirs) != pl.col(ours))).select(
            "external_id", pl.lit(name).alias("figure"), pl.col(theirs).alias("theirs"), pl.col(ours).alias("ours")
        )
        for name, theirs, ours in (
            ("outstanding_minor", "their_outstanding_minor", "our_outstanding_minor"),
            ("days_past_due", "their_days", "our_days"),
        )
    ]
    return pl.concat([absent, *figures]).sort("external_id", "figure")
