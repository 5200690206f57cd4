"""A seeded book in the test database, and everything a close makes of it as plain values, to be compared."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
from django.db import connection

from postloan.books.positions import lake
from postloan.lab.load_book import BookWishes, load_book

AS_OF = date(2026, 9, 1)
NOW = datetime(2026, 9, 2, 15, tzinfo=UTC)

# What the close writes, without what depends on the hour and on the order of arrival: instants and drawn ids.
QUERIES = {
    "slots": "SELECT slot, closed_through_date FROM ledger_bookslot ORDER BY slot",
    "loans": """
        SELECT id, status, next_instalment_no, next_due_date, principal_outstanding_minor, accrued_interest_minor,
               past_due_since_date, bucket, next_event_date, closed_date, set_aside_at IS NULL
        FROM loans_loan ORDER BY id
    """,
    "instalments": "SELECT * FROM loans_instalment ORDER BY loan_id, instalment_no",
    "receipts": """
        SELECT bank_reference, booked_date, allocated_minor, unapplied_minor, refunded_minor FROM payments_receipt ORDER BY 1
    """,
    "allocations": """
        SELECT bank_reference, allocation.loan_id, instalment_no, component, allocation.amount_minor, business_date
        FROM payments_allocation allocation JOIN payments_receipt receipt ON receipt.id = receipt_id ORDER BY 1, 2, 3, 4
    """,
    "postings": """
        SELECT business_date, kind, debit_id, credit_id, loan_id, instalment_no, amount_minor
        FROM ledger_posting posting JOIN ledger_journalentry entry ON entry.id = entry_id
        ORDER BY 1, 2, 3, 4, 5, 6, 7
    """,
    "entries": "SELECT business_date, kind, currency, count(*) FROM ledger_journalentry GROUP BY 1, 2, 3 ORDER BY 1, 2",
    "reminders": "SELECT loan_id, customer_id, instalment_no, due_date, kind, contact_date FROM reminders_reminder "
    "ORDER BY loan_id, due_date, kind",
    "faults": "SELECT loan_id, business_date, step FROM close_faultyloan ORDER BY 1, 2",
}


def a_seeded_book(*, loans: int = 400, seed: int = 7, as_of_date: date = AS_OF) -> None:
    """Every product, every due day, one loan in five past due, some paid ahead."""
    wishes = BookWishes(loans=loans, as_of_date=as_of_date, seed=seed, past_due_mille=200, paid_ahead_mille=100)
    load_book(wishes=wishes, by="test", at=NOW)


def everything(*, without: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """Return all that the close is answerable for."""
    found: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        for name, query in QUERIES.items():
            if name not in without:
                cursor.execute(query)
                found[name] = cursor.fetchall()
    rows = lake.scan_positions(through_date=date.max).collect()
    found["positions"] = rows.sort("business_date", "loan_id").select(pl.exclude("part")).rows()
    return found


def differences(left: dict[str, list[Any]], right: dict[str, list[Any]]) -> dict[str, Any]:
    """Return what differs, a few rows of each kind, so that a failing test can be read."""
    return {
        name: (
            len(left[name]),
            len(right[name]),
            [pair for pair in zip(left[name], right[name], strict=False) if pair[0] != pair[1]][:3],
        )
        for name in left
        if left[name] != right[name]
    }
