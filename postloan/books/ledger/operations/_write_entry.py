"""Write one journal entry with its postings, inside the transaction of the event it tells of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from postloan.books.ledger.chart import AccountNo
from postloan.books.ledger.models import JournalEntry, Posting


class NothingToPost(ValueError):
    """An entry without a single posting was asked for."""


@dataclass(frozen=True)
class Leg:
    """`amount_minor` (> 0) debited to one account and credited to another."""

    debit: AccountNo
    credit: AccountNo
    amount_minor: int
    loan_id: int | None = None
    instalment_no: int | None = None


def write_entry(
    *,
    business_date: date,
    kind: str,
    source: str,
    currency: str,
    legs: Sequence[Leg],
    at: datetime,
    corrects: JournalEntry | None = None,
) -> JournalEntry:
    """
    Return the entry written for the event named `source`.

    The database refuses a second entry with the same source, an amount that is
    not positive, and any later change. Refuses an entry without legs (NothingToPost).
    """
    assert connection.in_atomic_block, "a journal entry shares the transaction of its event"
    if not legs:
        raise NothingToPost(source)
    entry = JournalEntry.objects.create(
        business_date=business_date, kind=kind, source=source, currency=currency, corrects=corrects, recorded_at=at
    )
    Posting.objects.bulk_create(
        Posting(
            entry=entry,
            debit_id=leg.debit,
            credit_id=leg.credit,
            amount_minor=leg.amount_minor,
            loan_id=leg.loan_id,
            instalment_no=leg.instalment_no,
        )
        for leg in legs
    )
    return entry
