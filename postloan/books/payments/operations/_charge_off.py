"""Take a loan off the books as a loss. The debt is still owed."""

from datetime import date, datetime

from django.db import transaction

from postloan.books.loans.models import LoanEvent
from postloan.books.payments.servicing import NewEvent, happen, hold_loan


class ReasonMissing(ValueError):
    """A charge-off needs a reason."""


@transaction.atomic
def charge_off(
    *, loan_id: int, reason: str, value_date: date | None = None, key: str = "charge_off", by: str, at: datetime
) -> LoanEvent:
    """
    Return the charge-off on record; charged off before under the same key, the first.

    Everything owed leaves the books as a loss and nothing more is earned; rows go on falling due, off the books, and
    what is paid from now on is a recovery. Refusals: ReasonMissing, UnknownLoan, LoanHasNoPlan, EventKeyReused, and
    the engine's by name (LoanClosed, LoanChargedOff, EventInFuture, EventBeforeOpening).
    """
    if not reason.strip():
        raise ReasonMissing(f"loan {loan_id}")
    held = hold_loan(loan_id=loan_id)
    known = LoanEvent.objects.filter(loan_id=loan_id, key=key, kind="charge_off").first()
    if known is not None:
        return known
    new = NewEvent(
        kind="charge_off",
        key=key,
        value_date=value_date or held.business_date,
        payload={"reason": reason[:200]},
        reason=reason[:200],
    )
    return happen(held=held, new=new, by=by, at=at).event
