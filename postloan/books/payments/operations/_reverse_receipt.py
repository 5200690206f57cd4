"""Take a receipt back: the bank took the money away again, or it was booked in error."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db import transaction

from postloan.books.ledger.models import JournalEntry
from postloan.books.loans.models import LoanEvent
from postloan.books.payments.models import Receipt
from postloan.books.payments.servicing import NewEvent, happen, hold_loan, reversal_of
from postloan.books.payments.servicing import receipt_id as engine_id

ReversalReason = Literal["error", "debit_return", "bounced"]


class UnknownReceipt(LookupError):
    """No receipt with this id."""


class ReceiptWasRefunded(ValueError):
    """A part of the receipt was paid back to the customer: that money is gone, so the receipt cannot be taken back."""


@dataclass(frozen=True)
class ReversedReceipt:
    """The receipt as it stands now, and the event that took it back; `is_new` says whether this call did."""

    receipt: Receipt
    event: LoanEvent
    is_new: bool


@transaction.atomic
def reverse_receipt(
    *, receipt_id: int, value_date: date | None = None, why: ReversalReason, reason: str = "", by: str, at: datetime
) -> ReversedReceipt:
    """
    Return the receipt, reversed whole as if it had never come in; taken back before, it is returned as it stands.

    The loan is replayed without it: what it had paid is owed again with its original due dates (also where it had
    closed the loan), lateness since then is charged today, other money takes its place. `value_date` is the day the
    bank took it back, not later than the open day, which it is unless said.

    Refusals: UnknownReceipt, ReceiptWasRefunded; of the engine EventInFuture, EventBeforeOpening (before the receipt
    itself), or the name of a later event that cannot be without this money.
    """
    loan_id = Receipt.objects.filter(pk=receipt_id).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise UnknownReceipt(f"receipt {receipt_id}")
    held = hold_loan(loan_id=loan_id)
    receipt = Receipt.objects.select_for_update().get(pk=receipt_id)
    if known := reversal_of(loan=held.loan, of=_id_of(receipt)):
        return ReversedReceipt(receipt=receipt, event=known, is_new=False)
    if receipt.refunded_minor:
        raise ReceiptWasRefunded(f"{receipt.refunded_minor} of receipt {receipt_id}")
    happened = happen(
        held=held,
        new=NewEvent(
            kind="reversal",
            key=f"reversal:{_id_of(receipt)}",
            value_date=value_date or held.business_date,
            payload={"of": _id_of(receipt), "reason": why},
            reason=reason,
        ),
        by=by,
        at=at,
        corrects=JournalEntry.objects.filter(source=f"receipt:{receipt.pk}").first(),
    )
    receipt.refresh_from_db()
    return ReversedReceipt(receipt=receipt, event=happened.event, is_new=True)


def _id_of(receipt: Receipt) -> str:
    return engine_id(receipt)
