"""Ask less for some months."""

from datetime import date, datetime

from postloan.books.payments.servicing import Happened
from postloan.books.relief.changes import Change
from postloan.books.relief.relieving import relieve


def reduce_instalments(
    *,
    loan_id: int,
    value_date: date,
    instalment_minor: int,
    rows: int,
    key: str,
    reason: str,
    by: str,
    at: datetime,
) -> Happened:
    """
    Return what the change did: the next `rows` instalments ask at most `instalment_minor`; the rest is repaid after them.

    Harmless twice by `key`. Refusals: as `relieving.relieve`.
    """
    fields = {"instalment_minor": instalment_minor, "rows": rows}
    change = Change(kind="reduced_instalments", value_date=value_date, key=key, fields=fields)
    return relieve(loan_id=loan_id, change=change, reason=reason, by=by, at=at)
