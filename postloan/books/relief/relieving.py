"""Let a change happen to a loan: one road for all kinds."""

from datetime import datetime

from django.db import transaction

from postloan.books.payments.servicing import Happened, HeldLoan, NewEvent, happen, hold_loan
from postloan.books.relief.changes import Change


class ReasonMissing(ValueError):
    """Relief is agreed for a reason, and the reason is kept."""


@transaction.atomic
def relieve(*, loan_id: int, change: Change, reason: str, by: str, at: datetime) -> Happened:
    """
    Return what the change did, or what it did the first time it was asked for with this key.

    Refusals: ReasonMissing, UnknownLoan, EventKeyReused, LoanHasNoPlan, and those of the engine (EventRefused) by name.
    """
    if not reason.strip():
        raise ReasonMissing("say why")
    return happen(held=hold_loan(loan_id=loan_id), new=event_of(change=change, reason=reason), by=by, at=at)


def event_of(*, change: Change, reason: str = "") -> NewEvent:
    """Return the change as the event it becomes."""
    return NewEvent(
        kind=change.kind,
        key=f"relief:{change.key}",
        value_date=change.value_date,
        payload=dict(change.fields),
        reason=reason.strip()[:200],
    )


__all__ = ["HeldLoan", "ReasonMissing", "event_of", "relieve"]
