"""Give everything owed new due dates, at the loan's own rate."""

from datetime import date, datetime

from postloan.books.payments.servicing import Happened
from postloan.books.relief.changes import Change
from postloan.books.relief.relieving import relieve


def re_age(
    *,
    loan_id: int,
    value_date: date,
    instalments: int,
    first_due_date: date,
    key: str,
    reason: str,
    by: str,
    at: datetime,
) -> Happened:
    """
    Return what the change did: days past due start at 0 again, the contractual ageing goes on. This is no cure.

    Harmless twice by `key`. Refusals: as `relieving.relieve`.
    """
    fields = {"instalments": instalments, "first_due_date": first_due_date.isoformat()}
    change = Change(kind="reageing", value_date=value_date, key=key, fields=fields)
    return relieve(loan_id=loan_id, change=change, reason=reason, by=by, at=at)
