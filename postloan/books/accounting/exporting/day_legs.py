"""The rows of an export by day: the daily sums."""

from collections.abc import Iterator
from datetime import date

from postloan.books.accounting.exporting.rows import By, Leg, posting_legs
from postloan.books.accounting.queries import get_day_sums


def day_legs(*, from_date: date, through_date: date) -> Iterator[Leg]:
    """Yield what each account of each product was debited and credited on each day."""
    for found in get_day_sums(from_date=from_date, through_date=through_date):
        yield Leg(
            business_date=found.business_date,
            entry_id=None,
            kind="",
            source="",
            currency=found.currency,
            product_id=found.product_id,
            account_id=found.account_id,
            loan_id=None,
            instalment_no=None,
            debit_minor=found.debit_minor,
            credit_minor=found.credit_minor,
        )


def legs_of(*, by: By, from_date: date, through_date: date) -> Iterator[Leg]:
    """Yield the rows of a table: every side of every posting, or daily sums."""
    if by == "day":
        return day_legs(from_date=from_date, through_date=through_date)
    return posting_legs(from_date=from_date, through_date=through_date)
