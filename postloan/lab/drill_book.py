"""
The book that drills are played on, and all a close makes of it as plain rows, to be compared.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from postloan.books.positions import lake
from postloan.lab.load_book import BookWishes, load_book

AS_OF_DATE = date(2026, 9, 26)  # the fifth day of the drill is a month end
BUILT_AT = datetime(2026, 9, 27, 15, tzinfo=UTC)

# What the close answers for, without what depends on the hour (instants) and the order of arrival (drawn ids).
QUERIES = {
    "slots": "SELECT slot, closed_through_date FROM ledger_bookslot ORDER BY slot",
    "loans": """
        SELECT id, status, next_instalment_no, next_due_date, principal_outstanding_minor, accrued_interest_minor,
               past_due_since_date, bucket, next_event_date, closed_date, set_aside_at IS NULL
        FROM loans_loan ORDER BY id
    """,
    "instalments": "SELECT * FROM loans_instalment ORDER BY loan_id, instalment_no",
    "receipts": """
        SELECT bank_reference, booked_date, allocated_minor, unapplied_minor, refunded_minor
        FROM payments_receipt ORDER BY 1
    """,
    "allocations": """
        SELECT bank_reference, allocation.loan_id, instalment_no, component, allocation.amount_minor, business_date
        FROM payments_allocation allocation JOIN payments_receipt receipt ON receipt.id = receipt_id
        ORDER BY 1, 2, 3, 4
    """,
    "postings": """
        SELECT business_date, kind, debit_id, credit_id, loan_id, instalment_no, amount_minor
        FROM ledger_posting posting JOIN ledger_journalentry entry ON entry.id = entry_id
        ORDER BY 1, 2, 3, 4, 5, 6, 7
    """,
    "entries": """
        SELECT business_date, kind, currency, count(*) FROM ledger_journalentry GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """,
    "reminders": """
        SELECT loan_id, customer_id, instalment_no, due_date, kind, contact_date
        FROM reminders_reminder ORDER BY loan_id, due_date, kind
    """,
    "faults": "SELECT loan_id, business_date, step FROM close_faultyloan ORDER BY 1, 2",
}


def everything(*, without: Sequence[str] = ()) -> dict[str, list[Any]]:
    """Return all that the close is answerable for, as rows in a fixed order."""
    found: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        for name, query in QUERIES.items():
            if name not in without:
                cursor.execute(query)
                found[name] = cursor.fetchall()
    rows = lake.scan_positions(through_date=date.max).collect()
    found["positions"] = rows.sort("business_date", "loan_id").rows()
    return found


def differences(left: dict[str, list[Any]], right: dict[str, list[Any]]) -> dict[str, Any]:
    """Return what differs: counts of rows, and the first few pairs, so that a failure can be read."""
    found: dict[str, Any] = {}
    for name, rows in left.items():
        if rows != right[name]:
            pairs = [pair for pair in zip(rows, right[name], strict=False) if pair[0] != pair[1]]
            found[name] = (len(rows), len(right[name]), pairs[:3])
    return found


def build(loans: int) -> None:
    """Fill the stage's database."""
    wishes = BookWishes(loans=loans, as_of_date=AS_OF_DATE, seed=3, past_due_mille=150, paid_ahead_mille=100)
    load_book(wishes=wishes, by="drill", at=BUILT_AT)


def write_everything(file: str) -> None:
    """Write what the close has made as JSON."""
    Path(file).write_text(json.dumps(everything(), default=str))
