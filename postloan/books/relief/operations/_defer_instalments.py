"""Move all instalments not yet due to later dates."""

from datetime import date, datetime
from typing import Literal

from postloan.books.payments.servicing import Happened
from postloan.books.relief.changes import Change
from postloan.books.relief.relieving import relieve


def defer_instalments(
    *,
    loan_id: int,
    value_date: date,
    periods: int = 0,
    new_due_date: date | None = None,
    interest: Literal["accrues", "free"] = "accrues",
    key: str,
    reason: str,
    by: str,
    at: datetime,
) -> Happened:
    """
    Return what the change did: rows to come move by `periods`, or so that the next one falls due on `new_due_date`.

    The time in between bears interest or is free.

    Harmless twice by `key`. Refusals: as `relieving.relieve`.
    """
    fields: dict[str, str | int] = {"interest": interest}
    if periods:
        fields["periods"] = periods
    if new_due_date is not None:
        fields["new_due_date"] = new_due_date.isoformat()
    change = Change(kind="deferral", value_date=value_date, key=key, fields=fields)
    return relieve(loan_id=loan_id, change=change, reason=reason, by=by, at=at)
