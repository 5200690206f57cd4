"""Give a loan another day of the month, as the customer asked."""

from datetime import date, datetime

from postloan.books.payments.servicing import Happened
from postloan.books.relief.changes import Change
from postloan.books.relief.relieving import relieve


def change_due_day(
    *,
    loan_id: int,
    value_date: date,
    due_day: int,
    key: str,
    reason: str,
    by: str,
    at: datetime,
) -> Happened:
    """
    Return what the change did: rows to come fall due on `due_day` (1 to 31), months that are shorter on their last day.

    Harmless twice by `key`. Refusals: as `relieving.relieve`.
    """
    fields = {"due_day": due_day}
    change = Change(kind="due_day_change", value_date=value_date, key=key, fields=fields)
    return relieve(loan_id=loan_id, change=change, reason=reason, by=by, at=at)
