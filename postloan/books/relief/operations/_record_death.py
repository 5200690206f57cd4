"""Record that the customer has died; the product says what stops."""

from datetime import date, datetime

from postloan.books.payments.servicing import Happened
from postloan.books.relief.changes import Change
from postloan.books.relief.relieving import relieve


def record_death(
    *,
    loan_id: int,
    value_date: date,
    key: str,
    reason: str,
    by: str,
    at: datetime,
) -> Happened:
    """
    Return what the record did on this loan: interest and penalties stop as its product says.

    Harmless twice by `key`. Refusals: as `relieving.relieve`.
    """
    change = Change(kind="death", value_date=value_date, key=key)
    return relieve(loan_id=loan_id, change=change, reason=reason, by=by, at=at)
