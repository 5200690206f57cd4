"""Hold one loan while something happens to it: its slot first, then the loan (docs/decisions/0031-the-slot-is-the-lock.md)."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from postloan.books.loans.models import Loan


class UnknownLoan(LookupError):
    """No loan with this id."""


class LoanKeptElsewhere(ValueError):
    """Another core keeps the loan: what happens to it happens there, and is told by its files (books/mirror)."""


@dataclass(frozen=True)
class HeldLoan:
    """A locked loan and the day its books are open for."""

    loan: Loan
    business_date: date


def hold_loan(*, loan_id: int) -> HeldLoan:
    """
    Return the loan, locked until the transaction ends, with the business date of its slot.

    Refuses UnknownLoan and LoanKeptElsewhere.

    The slot is held FOR SHARE: what happens is booked on one side of the close.
    """
    assert connection.in_atomic_block, "a held loan is let go at the end of a transaction"
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT closed_through_date FROM ledger_bookslot
            WHERE slot = (SELECT slot FROM loans_loan WHERE id = %s) FOR SHARE
            """,
            [loan_id],
        )
        row = cursor.fetchone()
    locked = Loan.objects.select_for_update(of=("self",)).select_related("product_version")
    loan = locked.filter(pk=loan_id).first()
    if row is None or loan is None:
        raise UnknownLoan(f"loan {loan_id}")
    if loan.kept_elsewhere:
        raise LoanKeptElsewhere(f"loan {loan_id}")
    closed_through: date = row[0]
    return HeldLoan(loan=loan, business_date=closed_through + timedelta(days=1))
