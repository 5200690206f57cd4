"""Put everything owed into a plan made for this customer (up to 60 months)."""

from datetime import date, datetime

from postloan.books.payments.servicing import Happened
from postloan.books.relief.changes import Change
from postloan.books.relief.relieving import relieve


def personalise_plan(
    *,
    loan_id: int,
    value_date: date,
    instalments: int,
    first_due_date: date,
    rate_ppm: int | None = None,
    key: str,
    reason: str,
    by: str,
    at: datetime,
) -> Happened:
    """
    Return what the change did: one new plan of up to 60 rows, at a rate agreed for it.

    Sixty months are the bound of the credit card measures, Article 70 (商业银行信用卡业务监督管理办法); once it is
    signed collecting stops unless it is broken (the contact rules hold that).

    Harmless twice by `key`. Refusals: as `relieving.relieve`.
    """
    fields = {"instalments": instalments, "first_due_date": first_due_date.isoformat()} | (
        {} if rate_ppm is None else {"rate_ppm": rate_ppm}
    )
    change = Change(kind="personalised_plan", value_date=value_date, key=key, fields=fields)
    return relieve(loan_id=loan_id, change=change, reason=reason, by=by, at=at)
