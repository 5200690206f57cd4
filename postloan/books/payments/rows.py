"""Write what came of receipts: receipts, allocations, journal entries, instalments and loans, each in one statement."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from postloan.books.ledger.chart import RECEIVABLE, AccountNo
from postloan.books.ledger.models import JournalEntry, Posting
from postloan.books.loans.models import COMPONENTS
from postloan.books.payments.account import LoanAccount, Taking
from postloan.books.payments.models import Allocation, Receipt
from postloan.ground.rows import update_rows

_INSTALMENT_FIELDS = [
    *(f"{name}_paid_minor" for name in COMPONENTS),
    "penalty_due_minor",
    "penalty_minor_days",
    "penalty_counted_through_date",
    "settled_date",
]
_LOAN_FIELDS = [
    "principal_outstanding_minor",
    "past_due_since_date",
    "next_event_date",
    "status",
    "closed_date",
]


def write_rows(*, accounts: Sequence[LoanAccount], at: datetime) -> None:
    """Write everything the accounts took in; the entry of a receipt carries its penalty and its allocation together."""
    takings = [taking for account in accounts for taking in account.takings]
    Receipt.objects.bulk_create(taking.receipt for taking in takings)
    Allocation.objects.bulk_create(
        Allocation(
            receipt=taking.receipt,
            loan_id=taking.receipt.loan_id,
            instalment_no=part.instalment_no,
            component=part.component,
            amount_minor=part.amount_minor,
            business_date=taking.receipt.booked_date,
        )
        for taking in takings
        for part in taking.parts
    )
    entries = JournalEntry.objects.bulk_create(
        JournalEntry(
            business_date=taking.receipt.booked_date,
            kind=JournalEntry.Kind.RECEIPT,
            source=f"receipt:{taking.receipt.pk}",
            currency=taking.receipt.currency,
            recorded_at=at,
        )
        for taking in takings
    )
    Posting.objects.bulk_create(
        posting for entry, taking in zip(entries, takings, strict=True) for posting in _postings(entry, taking)
    )
    update_rows(rows=[row for account in accounts for row in account.instalments], fields=_INSTALMENT_FIELDS)
    update_rows(rows=[account.loan for account in accounts], fields=_LOAN_FIELDS)


def _postings(entry: JournalEntry, taking: Taking) -> Iterator[Posting]:
    loan_id = taking.receipt.loan_id
    for instalment_no, amount_minor in taking.penalties:
        yield Posting(
            entry=entry,
            debit_id=AccountNo.PENALTY_RECEIVABLE,
            credit_id=AccountNo.PENALTY_INCOME,
            amount_minor=amount_minor,
            loan_id=loan_id,
            instalment_no=instalment_no,
        )
    for part in taking.parts:
        yield Posting(
            entry=entry,
            debit_id=AccountNo.BANK,
            credit_id=RECEIVABLE[part.component],
            amount_minor=part.amount_minor,
            loan_id=loan_id,
            instalment_no=part.instalment_no,
        )
    if taking.receipt.unapplied_minor:
        yield Posting(
            entry=entry,
            debit_id=AccountNo.BANK,
            credit_id=AccountNo.UNAPPLIED_RECEIPTS,
            amount_minor=taking.receipt.unapplied_minor,
            loan_id=loan_id,
        )
