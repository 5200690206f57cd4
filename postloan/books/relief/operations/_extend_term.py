"""Repay the rest in more instalments."""

from datetime import date, datetime
from typing import Literal

from postloan.books.payments.servicing import Happened
from postloan.books.relief.changes import Change
from postloan.books.relief.relieving import relieve


def extend_term(
    *,
    loan_id: int,
    value_date: date,
    more_instalments: int,
    arrears: Literal["keep", "into_plan"] = "keep",
    key: str,
    reason: str,
    by: str,
    at: datetime,
) -> Happened:
    """
    Return what the change did: so many instalments more than there are now; what is past due stays or joins the plan.

    Harmless twice by `key`. Refusals: as `relieving.relieve`.
    """
    fields = {"more_instalments": more_instalments, "arrears": arrears}
    change = Change(kind="extension", value_date=value_date, key=key, fields=fields)
    return relieve(loan_id=loan_id, change=change, reason=reason, by=by, at=at)
