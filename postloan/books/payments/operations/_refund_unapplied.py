"""Pay money that is held for the customer back to them."""

from datetime import date, datetime

from django.db import transaction

from postloan.books.loans.models import LoanEvent
from postloan.books.payments.servicing import NewEvent, happen, hold_loan


@transaction.atomic
def refund_unapplied(
    *,
    loan_id: int,
    key: str,
    amount_minor: int,
    value_date: date | None = None,
    reason: str = "",
    by: str,
    at: datetime,
) -> LoanEvent:
    """
    Return the refund on record: money received and not allocated goes back, the oldest first.

    The same key again returns the first. Refusals: UnknownLoan, EventKeyReused, and the engine's by name
    (AmountNotPositive, MoreThanCredit, EventInFuture, EventBeforeOpening).
    """
    held = hold_loan(loan_id=loan_id)
    new = NewEvent(
        kind="refund",
        key=key,
        value_date=value_date or held.business_date,
        payload={"amount_minor": amount_minor, "currency": held.loan.currency},
        reason=reason,
    )
    return happen(held=held, new=new, by=by, at=at).event
