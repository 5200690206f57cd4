"""Let a loan bear no interest for some time."""

from datetime import date, datetime

from postloan.books.payments.servicing import Happened
from postloan.books.relief.changes import Change
from postloan.books.relief.relieving import relieve


def pause_interest(
    *,
    loan_id: int,
    value_date: date,
    to_date: date,
    key: str,
    reason: str,
    by: str,
    at: datetime,
) -> Happened:
    """
    Return what the change did: no interest from `value_date` to `to_date`, the first day that bears interest again.

    Harmless twice by `key`. Refusals: as `relieving.relieve`.
    """
    fields = {"to_date": to_date.isoformat()}
    change = Change(kind="interest_pause", value_date=value_date, key=key, fields=fields)
    return relieve(loan_id=loan_id, change=change, reason=reason, by=by, at=at)
