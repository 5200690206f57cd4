"""The rows of an export as they stream from the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.db import connection

By = Literal["entry", "day"]
ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a posting, or a day's sum: an account of a product debited or credited, in minor units."""

    business_date: date
    entry_id: int | None
    kind: str
    source: str
    currency: str
    product_id: int | None
    account_id: int
    loan_id: int | None
    instalment_no: int | None
    debit_minor: int
    credit_minor: int


_PRODUCT = """
    LEFT JOIN loans_loan loan ON loan.id = posting.loan_id
    LEFT JOIN products_productversion version ON version.id = loan.product_version_id
"""
_POSTINGS = f"""
    SELECT entry.business_date, entry.id, entry.kind, entry.source, entry.currency, version.product_id,
           posting.debit_id, posting.credit_id, posting.loan_id, posting.instalment_no, posting.amount_minor
    FROM ledger_journalentry entry JOIN ledger_posting posting ON posting.entry_id = entry.id {_PRODUCT}
    WHERE entry.business_date BETWEEN %(from)s AND %(through)s
    ORDER BY entry.business_date, entry.id, posting.id
"""
_ENTRIES = f"""
    SELECT entry.business_date, entry.id, entry.kind, entry.source, entry.currency, version.product_id,
           posting.debit_id, posting.credit_id,
           CASE WHEN min(posting.loan_id) = max(posting.loan_id) THEN min(posting.loan_id) END, NULL,
           sum(posting.amount_minor)::bigint
    FROM ledger_journalentry entry JOIN ledger_posting posting ON posting.entry_id = entry.id {_PRODUCT}
    WHERE entry.business_date BETWEEN %(from)s AND %(through)s
    GROUP BY entry.id, version.product_id, posting.debit_id, posting.credit_id
    ORDER BY entry.business_date, entry.id, posting.debit_id, posting.credit_id, version.product_id
"""


def posting_legs(*, from_date: date, through_date: date) -> Iterator[Leg]:
    """Yield both sides of every posting of the period, by day and entry."""
    yield from _legs(_POSTINGS, from_date, through_date)


def entry_legs(*, from_date: date, through_date: date) -> Iterator[Leg]:
    """Yield the sides of every entry, summed over its loans by product and account; a lone loan is named."""
    yield from _legs(_ENTRIES, from_date, through_date)


def _legs(sql: str, from_date: date, through_date: date) -> Iterator[Leg]:
    for day, entry, kind, source, currency, product, debit, credit, loan, no, amount in _stream(
        sql, {"from": from_date, "through": through_date}
    ):
        yield Leg(day, entry, kind, source, currency, product, debit, loan, no, amount, 0)
        yield Leg(day, entry, kind, source, currency, product, credit, loan, no, 0, amount)


def _stream(sql: str, parameters: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows
