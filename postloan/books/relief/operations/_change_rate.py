"""Let a running loan bear another rate from a day on."""

from datetime import date, datetime
from typing import Literal

from postloan.books.payments.servicing import Happened
from postloan.books.relief.changes import Change
from postloan.books.relief.relieving import relieve


def change_rate(
    *,
    loan_id: int,
    value_date: date,
    rate_ppm: int,
    keep: Literal["term", "instalment"] = "term",
    key: str,
    reason: str,
    by: str,
    at: datetime,
) -> Happened:
    """
    Return what the change did: from `value_date` (also a past one) the loan bears `rate_ppm`, per its own period.

    The days of the running row are split, with one rounding. `keep` the term (new instalment) or the instalment (new
    term).

    Harmless twice by `key`. Refusals: as `relieving.relieve`.
    """
    fields = {"rate_ppm": rate_ppm, "keep": keep}
    change = Change(kind="rate_change", value_date=value_date, key=key, fields=fields)
    return relieve(loan_id=loan_id, change=change, reason=reason, by=by, at=at)
