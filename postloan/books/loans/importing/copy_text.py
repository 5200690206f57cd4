"""
Rows of the database as text for COPY, table by table.

The columns of each table stand here once: preparation writes them in this
order and loading names them to the database in the same order. Format: CSV,
nothing between the commas is NULL, a quoted nothing is the empty string.
Schedules alone travel in another form (`copy_binary`).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

CUSTOMERS = "customers_customer"
CONTACT_POINTS = "customers_contactpoint"
LOANS = "loans_loan"
SCHEDULES = "loans_scheduleversion"
INSTALMENTS = "loans_instalment"
POSTINGS = "ledger_posting"

# In the order in which they must be written: each row finds what it points at.
TABLES: dict[str, tuple[str, ...]] = {
    CUSTOMERS: (
        "id",
        "source",
        "external_id",
        "name_encrypted",
        "language",
        "time_zone",
        "region",
        "is_invented",
        "created_at",
    ),
    CONTACT_POINTS: ("customer_id", "kind", "value_encrypted", "value_hash", "state"),
    LOANS: (
        "id",
        "source",
        "external_id",
        "customer_id",
        "product_version_id",
        "currency",
        "principal_minor",
        "rate_ppm",
        "rate_per",
        "instalments",
        "instalment_minor",
        "disbursed_date",
        "grade",
        "takeover_date",
        "opening_paid_principal_minor",
        "opening_paid_interest_minor",
        "opening_paid_fee_minor",
        "opening_status",
        "status",
        "schedule_version_no",
        "next_instalment_no",
        "next_due_date",
        "principal_outstanding_minor",
        "accrued_interest_minor",
        "past_due_since_date",
        "bucket",
        "next_event_date",
    ),
    SCHEDULES: (
        "loan_id",
        "version_no",
        "reason",
        "business_date",
        "from_instalment_no",
        "row_from_date",
        "due_dates",
        "principal_minor",
        "interest_minor",
    ),
    INSTALMENTS: (
        "loan_id",
        "instalment_no",
        "schedule_version_no",
        "due_date",
        "principal_due_minor",
        "interest_due_minor",
        "penalty_counted_through_date",
    ),
    POSTINGS: ("entry_id", "debit_id", "credit_id", "amount_minor", "loan_id", "instalment_no"),
}

FORMATS = dict.fromkeys(TABLES, "csv") | {SCHEDULES: "binary"}


def copy_text(*, table: str, columns: dict[str, Any]) -> bytes:
    """Return the rows of `table` as CSV; `columns` holds an array, series or single value for every column."""
    frame = pl.select(**{name: _column(columns[name]) for name in TABLES[table]})
    text: str = frame.write_csv(include_header=False, null_value="")
    return text.encode()


def _column(values: Any) -> Any:
    if isinstance(values, pl.Series | pl.Expr):
        return values
    if isinstance(values, np.ndarray | list):
        return pl.Series(values)
    return pl.lit(values)


def where(*, values: npt.NDArray[Any], is_given: npt.NDArray[np.bool_]) -> pl.Series:
    """Return the values as a series, NULL where not given."""
    series = pl.Series(values)
    return pl.select(pl.when(pl.Series(is_given)).then(series)).to_series()


def bytea_text(*, value: bytes) -> str:
    """Return bytes as PostgreSQL reads them."""
    return f"\\x{value.hex()}"
